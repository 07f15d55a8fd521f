"""What is wrong with the settings of a graph, in sentences that say what to do: told while they are set.

A dispatch would fail for the same reasons, though only when the work comes to them.
"""

import functools
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

import Gaffer

import GafferRecovery
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from GafferRecovery.engine import engineProcess
from GafferRecovery.files.fileState import fileState
from GafferRecovery.images import workingSpace
from GafferRecovery.images.sharedArea import sharedArea
from GafferRecovery.plugs import pathPlugs, resultsFolder, sentences

T = TypeVar("T")

LEAST_FREE = 200_000_000
"""Bytes that a disk should have left for results: less is full after a few frames."""

PLACE = re.compile(r"^[\w.]+ : ")
"""What Gaffer puts before an error: the plug that could not be computed, which may be one that nobody sees."""


def faults(settings: Gaffer.Node) -> list[str]:
    """The faults of the node `Settings` of a graph. Elements of which no files are chosen yet are none."""
    script = settings.scriptNode()
    readers = readersOf(settings)
    found: list[str] = []
    with script.context() as context:
        _tell(found, engineProcess.python)
        _tell(found, lambda: workingSpace.checkDisplayReferred(context))
        elements: dict[str, Element] = {}
        for role, reader in readers.items():
            element = _tell(found, functools.partial(_element, reader), _label(settings, role))
            if element is not None:
                elements[role] = element
        files = [settings[f"{role}Files"] for role in readers]
        if any(plug.getInput() is not None or plug.getValue() for plug in files):
            # Not before: a graph as it opens has no faults.
            fault = resultsFolder.fault(script)
            found += [fault] if fault else [*_unused(settings), *_shared(script)]
        frames = range(script["frameRange"]["start"].getValue(), script["frameRange"]["end"].getValue() + 1)
        if "source" in elements:
            advice = "press All of the Source, or restore the files"
            found += _missing(_label(settings, "source"), elements["source"], frames, "frames to deliver", advice)
        if not ("alignReference" in settings and settings["alignReference"].getValue()):
            found += _unaligned(settings, readers, elements)
        found += _unwritable(context.substitute("${project:rootDirectory}"))
    return [text[0].upper() + text[1:] for text in found]


def _tell(found: list[str], look: Callable[[], T], whose: str = "") -> T | None:
    """What the function returns. Where it raises an error that an artist can put right, that is added instead."""
    try:
        with sentences.ofEngine():
            return look()
    except RuntimeError as error:
        text = PLACE.sub("", str(error))
        found.append(f"{whose}: {text}" if whose else text)
    return None


def readersOf(settings: Gaffer.Node) -> dict[str, GafferRecovery.ElementReader]:
    """The nodes that read the elements, by the roles of these."""
    return {
        plug.getName().removesuffix("Files"): reader
        for plug in settings.children(Gaffer.StringPlug)
        for reader in _readers(plug)
    }


def _readers(files: Gaffer.Plug) -> Iterator[GafferRecovery.ElementReader]:
    for output in files.outputs():
        node = output.node()
        if isinstance(node, GafferRecovery.ElementReader) and output.getName() == "fileName":
            yield node
        elif isinstance(node, GafferRecovery.Asset) and output.getName() == "reference":
            yield from _readers(node["files"])


def _label(settings: Gaffer.Node, role: str) -> str:
    return Gaffer.Metadata.value(settings[f"{role}Files"], "label")


def _element(reader: GafferRecovery.ElementReader) -> Element | None:
    """The element; None where no files are chosen yet."""
    pattern = pathPlugs.text(reader["fileName"])
    if not pattern:
        return None
    workingSpace.checkSpace(reader["colorSpace"].getValue(), "the files", "choose one of the menu")
    return _listed(pattern, fileState(Path(pattern).parent))


@functools.lru_cache(16)
def _listed(pattern: str, folder: str) -> Element:
    """The element, found again where the state of its folder is another: a window looks every two seconds."""
    return find_element(pattern)


def _missing(label: str, element: Element, wanted: Collection[int], what: str, advice: str) -> Iterator[str]:
    missing = set(wanted) - set(element.frames)
    if missing:
        yield (
            f"{label}: it has the frames {format_frames(element.frames)}, and of the {what} it lacks "
            f"{format_frames(missing)}; {advice}"
        )


def _unaligned(
    settings: Gaffer.Node, readers: dict[str, GafferRecovery.ElementReader], elements: dict[str, Element]
) -> list[str]:
    """Where references are taken as they lie: those that are not of the source's size, or lack frames to learn from."""
    found: list[str] = []
    named = settings["trainingFrames"].getValue()
    frames = _tell(found, lambda: parse_frames(named), "Training Frames") if named else ()
    source = elements.pop("source", None)
    for role, element in elements.items():
        label = _label(settings, role)
        found += _missing(label, element, frames or (), "frames to train on", "name other frames, or restore the files")
        if source is None:
            continue
        shared = sorted(set(source.frames) & set(element.frames))
        if not shared:
            found.append(f"{label}: it has none of the frame numbers of {_label(settings, 'source')}; align it")
        else:
            with Gaffer.Context(Gaffer.Context.current()) as context:
                context.setFrame(shared[0])
                images = [(_label(settings, name), readers[name]["out"]) for name in ("source", role)]
                _tell(found, functools.partial(sharedArea, *images))
    return found


def _unused(settings: Gaffer.Node) -> Iterator[str]:
    """Settings that were pasted into another script, whose variables do not follow them."""
    script = settings.scriptNode()
    values = (settings["folder"].getValue(), "${project:rootDirectory}")
    named, used = (script.context().substitute(value) for value in values)
    if named != used:
        yield (
            f"Folder: this script has its results in {used or 'no folder'}, whatever is set here: these are Settings "
            "of another graph; open that one"
        )


def _shared(script: Gaffer.ScriptNode) -> Iterator[str]:
    """Another open graph whose results would replace those of this one, and the other way round."""
    place = resultsFolder.ofShot(script.context())
    for other in script.parent().children(Gaffer.ScriptNode) if script.parent() is not None else ():
        isOther = not other.isSame(script) and resultsFolder.ofGraph(other) is not None
        if isOther and resultsFolder.ofShot(other.context()) == place:
            name = other["fileName"].getValue() or other.getName()
            yield f"Folder: {name}, which is open too, has its results in {place} as well; name another folder or shot"


def _unwritable(folder: str) -> Iterator[str]:
    """Why results cannot be written: the folder, or the one that it would be made in, is locked or nearly full."""
    existing = Path(folder)
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield f"{folder}: the folder for the results cannot be written in {existing}; choose another one"
        return
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        yield f"{folder}: its disk has only {free // 1_000_000} MB left; free some space, or choose another folder"
