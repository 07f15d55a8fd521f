"""The stages of a graph: for each, where the frames to train on are chosen, and the files that tell of its frames."""

from dataclasses import dataclass, field
from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.validation.report_folder import ReportFolder
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.graphNodes import nodesAfter, nodesWith

ROLE_PLUGS = ("frames", "holdOutFrames", "previewFrame")
"""Of a stage's node: the frames to train on, to hold out and to preview, where they are named by hand."""


@dataclass(frozen=True)
class StageFiles:
    """The files that tell of the frames of a stage, for a thread to read; None where no node writes such a file.

    `byHand` are the ranges of frames to train on, to hold out and to preview that were named by hand.
    """

    pattern: str
    space: str
    sourceFrames: str = ""
    matches: Path | None = None
    alignment: Path | None = None
    selection: Path | None = None
    outliers: Path | None = None
    manifest: Path | None = None
    report: Path | None = None
    byHand: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True)
class ShotStage:
    """A stage of a graph. `node` chooses the frames or, where none does, takes those that are named."""

    name: str
    files: StageFiles
    node: Gaffer.Node = field(compare=False)


def stages(script: Gaffer.ScriptNode) -> list[ShotStage]:
    """The stages of a script, in the order of its nodes. Needs the UI thread, and reads no file."""
    found = []
    with script.context():
        for node in nodesWith(script, "calls"):
            try:
                if isinstance(node, GafferRecovery.SelectPairs):
                    found.append(ShotStage(node.relativeName(script), _ofSelection(node), node))
                elif isinstance(node, GafferRecovery.TrainingPairs) and not _isSelected(node):
                    found.append(ShotStage(node.relativeName(script), _ofPairs(node), node))
            except Gaffer.ProcessException:
                # The node shows this error itself.
                continue
    return found


def findShots(script: Gaffer.ScriptNode) -> GafferRecovery.FindShots | None:
    """The node that finds the shots of a source that holds several; None where it is one shot."""
    with script.context():
        for node in nodesWith(script, "calls"):
            if isinstance(node, GafferRecovery.FindShots) and node["enabled"].getValue():
                return node
    return None


def _ofSelection(node: GafferRecovery.SelectPairs) -> StageFiles:
    pairs = [other for other in nodesAfter(node["selectedFrames"]) if isinstance(other, GafferRecovery.TrainingPairs)]
    return StageFiles(
        pathPlugs.text(node["sourceFiles"]),
        node["sourceSpace"].getValue(),
        node["sourceFrames"].getValue(),
        _path(node["matches"]),
        _path(node["alignment"]),
        _path(node["fileName"]),
        _path(node["outliersFile"]),
        *_ofTraining(pairs[0] if pairs else None),
        _byHand(node),
    )


def _ofPairs(node: GafferRecovery.TrainingPairs) -> StageFiles:
    reader = next(
        (found for plug in ("preview", "input") if (found := _elementReader(node[plug].source().node())) is not None),
        None,
    )
    manifest, report = _ofTraining(node)
    return StageFiles(
        pathPlugs.text(reader["fileName"]) if reader else "",
        reader["colorSpace"].getValue() if reader else "",
        alignment=_path(node["alignment"]),
        manifest=manifest,
        report=report,
        byHand=_byHand(node),
    )


def _ofTraining(pairs: GafferRecovery.TrainingPairs | None) -> tuple[Path | None, Path | None]:
    """The manifest of the pairs, and the report on what was trained on them."""
    if pairs is None:
        return None, None
    folder = _path(pairs["directory"])
    reports = [
        ReportFolder(directory).record
        for node in nodesAfter(pairs["pairs"])
        if isinstance(node, GafferRecovery.Validate)
        and not node.measuresFew()
        and (directory := _path(node["directory"]))
    ]
    return folder / "manifest.json" if folder else None, reports[0] if reports else None


def _byHand(node: Gaffer.Node) -> tuple[str, str, str]:
    frames, holdOuts, preview = (node[plug].getValue() for plug in ROLE_PLUGS)
    return frames, holdOuts, preview


def _isSelected(node: GafferRecovery.TrainingPairs) -> bool:
    """Whether another node chooses the frames."""
    return node["frames"].source().direction() is Gaffer.Plug.Direction.Out


def _path(plug: Gaffer.StringPlug) -> Path | None:
    text = pathPlugs.text(plug)
    return Path(text) if text else None


def _elementReader(node: Gaffer.Node | None) -> GafferRecovery.ElementReader | None:
    """The node itself or the nearest before it that reads an element."""
    seen, level = set(), [node] if node is not None else []
    while level:
        for found in level:
            if isinstance(found, GafferRecovery.ElementReader):
                return found
        seen.update(level)
        before = [
            plug.getInput().source().node()
            for found in level
            for plug in Gaffer.Plug.RecursiveInputRange(found)
            if plug.getInput() is not None
        ]
        level = [found for found in dict.fromkeys(before) if found is not None and found not in seen]
    return None
