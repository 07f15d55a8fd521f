"""The node `Settings`: all that an artist sets before the first dispatch, in the order of the work.

It is a plain node. What its plugs look like is saved with the graph.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import Gaffer
import IECore

from GafferRecovery.plugs.elementSpaces import ELEMENT_SPACES

DYNAMIC = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic

FRAMES = {"frames": "trainingFrames", "holdOutFrames": "holdOutFrames", "previewFrame": "previewFrame"}
"""The names of plugs for frames: of the nodes, and of Settings."""

PEOPLE = {
    "restorationist": "Who does the recovery.",
    "institution": "The archive or company that is responsible for it.",
    "sourceElement": 'What is recovered, such as "16 mm print, reel 2, scanned in 2024".',
    "referenceSource": 'What is learnt from, such as "35 mm internegative, reel 2".',
}
"""Plugs for the headers of the frames, of Settings and of Provenance, and what they say."""

_NOT_WRITTEN: dict[str, Any] = {"stringPlugValueWidget:placeholderText": "Not written"}
_TIMELINES: dict[str, Any] = {
    "pathPlugValueWidget:placeholderText": "Automatic",
    "fileSystemPath:extensions": "otio json",
}
_DIVIDED: dict[str, Any] = {"layout:divider": True}

_DISPLAY_REFERRED = ("srgb_tx", "g24_rec709")

_FILM, _ELEMENTS, _FRAMES, _PEOPLE = "Settings.Film", "Settings.Elements", "Settings.Frames", "Settings.People"
_WIDGETS = "GafferRecoveryUI.graphSettings"


class ElementText(NamedTuple):
    """What Settings says of an element: its label, what it is, and the space that its files have as a rule.

    `sample` are the files of the sample film that stand for it.
    """

    label: str
    description: str
    space: str
    sample: str


def addSettings(
    script: Gaffer.ScriptNode,
    elements: Mapping[str, ElementText],
    frames: tuple[str, str, str] = ("", "", ""),
) -> Gaffer.Node:
    """Adds the node. Where no `frames` are given, those to train on are chosen, and elements can be aligned."""
    settings = script["Settings"] = Gaffer.Node()
    Gaffer.Metadata.registerValue(settings, "description", "All that is set before the first dispatch.")
    for section in (_FILM, _ELEMENTS, _FRAMES, _PEOPLE):
        Gaffer.Metadata.registerValue(settings, f"layout:section:{section}:collapsed", False)
    _addFilm(script, settings)
    for role, text in elements.items():
        _addElement(settings, role, text)
    # After the plugs so far and the widgets before: the two above all plugs, and one another. `user` is not counted.
    _addWidget(settings, "frameRange", "FrameRange", _FRAMES, len(settings.children(Gaffer.Plug)) + 1)
    _addShots(settings)
    _addWidget(settings, "shots", "Shots", _FRAMES, len(settings.children(Gaffer.Plug)) + 2)
    _addFrames(settings, frames)
    for name, description in PEOPLE.items():
        add(settings, name, description, _PEOPLE, **_NOT_WRITTEN)
    _addWidget(settings, "start", "Start", "Settings", 0)
    _addWidget(settings, "faults", "Faults", "Settings", 1)
    return settings


def add(
    settings: Gaffer.Node,
    name: str,
    description: str,
    section: str = _FRAMES,
    kind: type[Gaffer.ValuePlug] = Gaffer.StringPlug,
    value: Any = None,
    **metadata: Any,
) -> Gaffer.ValuePlug:
    """Adds a plug to Settings."""
    settings[name] = kind(flags=DYNAMIC) if value is None else kind(defaultValue=value, flags=DYNAMIC)
    plug = settings[name]
    values = {"description": description, "layout:section": section, "nodule:type": "", **metadata}
    for key, data in values.items():
        Gaffer.Metadata.registerValue(plug, key, data)
    return plug


def spaceMetadata(spaces: Mapping[str, str]) -> dict[str, Any]:
    """Metadata that offers these colour spaces under names that say what they are for."""
    return {
        "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
        "presetNames": IECore.StringVectorData(spaces.keys()),
        "presetValues": IECore.StringVectorData(spaces.values()),
        "presetsPlugValueWidget:allowCustom": True,
    }


def _addFilm(script: Gaffer.ScriptNode, settings: Gaffer.Node) -> None:
    add(settings, "film", "The title of the film.", _FILM, value="Untitled")
    add(settings, "shot", "The name of the shot, for folders and names of files.", _FILM, value="SHOT_010")
    add(
        settings,
        "folder",
        "The folder for all results. Each shot gets a folder in it.",
        _FILM,
        # As Gaffer itself sets it in new scripts.
        value="$HOME/gaffer/projects/${project:name}",
        **_file(leaf=False, bookmarks="project"),
    )
    for plug in ("film", "shot", "folder"):
        _variable(script, plug).setInput(settings[plug])
    # Connected to that of the script, which takes notice of values that are set, not of connections: so the default is
    # that of the script, and the value is set.
    space = add(
        settings,
        "workingSpace",
        "The colour space in which luma and chroma are exchanged: gamma 2.4 where the reference is such video, else "
        "the sRGB curve.",
        _FILM,
        value="scene_linear",
        **spaceMetadata({name: value for name, value in ELEMENT_SPACES.items() if value in _DISPLAY_REFERRED}),
    )
    space.setValue("srgb_tx")
    script["openColorIO"]["workingSpace"].setInput(space)


def _variable(script: Gaffer.ScriptNode, plug: str) -> Gaffer.ValuePlug:
    """The variable of the script that a plug of Settings sets."""
    name = {"film": "film", "shot": "shot", "folder": "projectRootDirectory"}[plug]
    return script["variables"][name]["value"]


def _addElement(settings: Gaffer.Node, role: str, text: ElementText) -> None:
    add(
        settings,
        f"{role}Files",
        f"{text.description} Choose a file of the sequence, or type its name with `#` for the digits of the frame "
        "number: `scans/print.####.exr`. Or type the reference of an asset, as the asset manager of your studio writes "
        "it.",
        _ELEMENTS,
        label=text.label,
        **_file(leaf=True, bookmarks="image")
        | {
            "plugValueWidget:type": "GafferRecoveryUI.FilesPlugValueWidget",
            "pathPlugValueWidget:placeholderText": "Choose its files",
            "fileSystemPath:includeSequences": True,
            "filmRecovery:sample": text.sample,
        },
    )
    add(
        settings,
        f"{role}Space",
        "The colour space of these files: one of the menu, or Custom for any name of the OpenColorIO config. It must "
        "not contradict the asset manager.",
        _ELEMENTS,
        value=text.space,
        label="Colour Space",
        **spaceMetadata({**ELEMENT_SPACES, "As the Asset Manager Says": ""}),
        **_DIVIDED,
    )


def _addShots(settings: Gaffer.Node) -> None:
    add(
        settings,
        "severalShots",
        "Turn this on if the source holds several shots. Each is matched, aligned, trained on and recovered as itself.",
        kind=Gaffer.BoolPlug,
        value=False,
    )
    add(
        settings,
        "shotList",
        "The shots of the source: a timeline (OpenTimelineIO), or a list as FindShots writes it. Automatic: the cuts "
        "are found.",
        **_file(leaf=True, bookmarks="recoveryReference"),
        **_TIMELINES,
    )


def _addFrames(settings: Gaffer.Node, frames: tuple[str, str, str]) -> None:
    chosen = not any(frames)
    ending = " Automatic: they are chosen when the graph is dispatched." if chosen else ""
    if chosen:
        add(
            settings,
            "alignReference",
            "Turn this off if the reference already has the framing and the frame numbers of the source: then it is "
            "neither matched nor aligned.",
            kind=Gaffer.BoolPlug,
            value=True,
        )
    descriptions = {
        "trainingFrames": "The frames to train on, such as 1,10,20-30x5: four to nine for a shot, from all parts of "
        f"it, with the first and the last frame.{ending}",
        "holdOutFrames": "Frames that are not trained on but used to measure the result."
        + (" Used where training frames are named." if chosen else " May be empty."),
        "previewFrame": "A frame that shows the progress of the training. It needs no reference."
        + (" Used where training frames are named." if chosen else " May be empty."),
    }
    labels = {"holdOutFrames": "Hold-Out Frames"}
    for (name, description), value in zip(descriptions.items(), frames, strict=True):
        metadata: dict[str, Any] = {"stringPlugValueWidget:placeholderText": "Automatic" if chosen else "None"}
        if name in labels:
            metadata["label"] = labels[name]
        add(settings, name, description, value=value, **metadata)


def _addWidget(settings: Gaffer.Node, name: str, widget: str, section: str, index: int) -> None:
    for key, value in {"widgetType": f"{_WIDGETS}.{widget}", "section": section, "index": index}.items():
        Gaffer.Metadata.registerValue(settings, f"layout:customWidget:{name}:{key}", value)


def _file(leaf: bool, bookmarks: str) -> dict[str, Any]:
    return {
        "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
        "path:leaf": leaf,
        "path:bookmarks": bookmarks,
    }
