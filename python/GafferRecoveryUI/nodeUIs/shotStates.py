"""How far the work on each shot of a film is, from the files of the tasks that a `FindShots` node tells of them."""

import functools
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import Gaffer

import GafferRecovery
from filmrecovery.film.elements.element import find_element, split_pattern
from filmrecovery.film.elements.scope import Scope
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validation_record import read_validation
from GafferRecovery.engine import enginePackages
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.graphNodes import nodesAfter

HEADINGS = ("Aligned", "Pairs", "Recovered", "Report")


class ShotState(NamedTuple):
    """What a file tells of a shot, and whether somebody should look at it."""

    text: str
    doubtful: bool = False


class _Work(NamedTuple):
    """A task, the file or folder that tells how far it is, and how it is read: by shot and frames of the source."""

    heading: str
    path: Path
    tell: Callable[[Path, Scope, Collection[int]], ShotState]


def files(find: Gaffer.Node) -> list[Path]:
    """The files and folders that `states` reads. Where one changes, the states may. In the current context."""
    return [work.path for work in _works(find)]


def states(find: Gaffer.Node, shots: Sequence[Scope]) -> list[list[ShotState]]:
    """For each shot what is told under each of `HEADINGS`, of several stages one after the other.

    Called in the context of the script. Raises RecoveryError for files that are damaged, and RuntimeError where the
    engine cannot be imported.
    """
    works = [work for work in _works(find) if work.path.exists()]
    frames = find_element(pathPlugs.text(find["sourceFiles"])).frames
    return [
        [
            _joined([work.tell(work.path, shot, shot.of(frames)) for work in works if work.heading == heading])
            for heading in HEADINGS
        ]
        for shot in shots
    ]


def _joined(states: Sequence[ShotState]) -> ShotState:
    return ShotState(" / ".join(state.text for state in states), any(state.doubtful for state in states))


def _works(find: Gaffer.Node) -> Iterator[_Work]:
    """In the order in which the tasks were connected, which is that of the stages."""
    for node in dict.fromkeys(nodesAfter(find["shots"])):
        if isinstance(node, GafferRecovery.Align) and node["enabled"].getValue():
            yield _Work("Aligned", _path(node["fileName"]), _aligned)
        elif isinstance(node, GafferRecovery.TrainingPairs):
            folder = _path(node["directory"])
            yield _Work("Pairs", folder / "manifest.json", _pairs)
        elif isinstance(node, GafferRecovery.Validate) and not node.measuresFew():
            pattern = pathPlugs.text(node["recoveredFiles"])
            yield _Work("Recovered", Path(pattern).parent, functools.partial(_recovered, pattern))
            yield _Work("Report", ReportFolder(_path(node["directory"])).record, _reported)


def _path(plug: Gaffer.StringPlug) -> Path:
    return Path(pathPlugs.text(plug))


def _aligned(path: Path, shot: Scope, frames: Collection[int]) -> ShotState:
    aligned = _read(_alignment, path)
    found = [aligned[frame] for frame in frames if frame in aligned]
    doubtful = sum(frame.flagged for frame in found)
    text = f"{len(found)} of {len(frames)}" + (f", {doubtful} doubtful" if doubtful else "")
    return ShotState(text, not found or doubtful > 0)


def _pairs(path: Path, shot: Scope, frames: Collection[int]) -> ShotState:
    roles = [pair.role for pair in _read(_manifest, path).pairs if pair.label == shot.name]
    trained, heldOut = (roles.count(role) for role in ("train", "hold-out"))
    if not trained:
        return ShotState("none: takes the grade of the film", True)
    return ShotState(f"{trained}" + (f" and {heldOut} held out" if heldOut else ""))


def _recovered(pattern: str, folder: Path, shot: Scope, frames: Collection[int]) -> ShotState:
    prefix, padding, suffix = split_pattern(pattern)
    names = _read(_names, folder)
    there = sum(f"{prefix}{frame:0{padding}d}{suffix}" in names for frame in frames)
    return ShotState(f"{there} of {len(frames)}")


def _reported(path: Path, shot: Scope, frames: Collection[int]) -> ShotState:
    measured, failed, passed = _read(_report, path)
    if measured.isdisjoint(frames):
        return ShotState("not measured")
    failing = len(failed.intersection(frames))
    if failing:
        return ShotState("1 frame fails" if failing == 1 else f"{failing} frames fail", True)
    # Criteria of the whole film may fail all the same.
    return ShotState("passed" if passed else "no frame fails")


# What follows is made once for all shots: a film has a thousand.


def _alignment(path: Path) -> dict[int, Any]:
    alignment = enginePackages.module("filmrecovery.reference.alignment.alignment_file").read_alignment(path)
    return {frame.source: frame for frame in alignment.frames}


def _names(folder: Path) -> frozenset[str]:
    return frozenset(os.listdir(folder))


def _report(path: Path) -> tuple[frozenset[int], frozenset[int], bool]:
    """The frames that were measured, those that fail, and whether the whole film passed."""
    validation, verdict = read_validation(path)
    measured = frozenset(one.frame for one in validation.frames)
    return measured, frozenset(one.frame for one in verdict.failing), verdict.passed


def _manifest(path: Path) -> Any:
    return enginePackages.module("filmrecovery.training.pairs.pair_manifest").parse_manifest(path)


def _read(read: Callable[[Path], Any], path: Path) -> Any:
    return _kept(read, path, fileState(path))


# The table is made again when any of its files changes, which the folder of the frames does all the time in a render.
@functools.lru_cache(32)
def _kept(read: Callable[[Path], Any], path: Path, state: str) -> Any:
    return read(path)
