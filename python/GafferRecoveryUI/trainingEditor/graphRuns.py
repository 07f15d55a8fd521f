"""The runs of a graph: those that its Train nodes have made, and those of folders that were added."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import Gaffer
import IECore

import GafferRecovery
from filmrecovery.training.runs.run_overview import RunOverview
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.graphNodes import nodesWith
from GafferRecoveryUI.trainingEditor.CurveSummary import CurveSummary

_FOLDERS = "filmRecovery:runFolders"


@dataclass(frozen=True)
class TrainPlace:
    """A Train node, by its name in the script, and where its trainings lie."""

    node: str
    runsDirectory: Path
    model: Path


class RunCurves(NamedTuple):
    """The curves of a run, as they are drawn."""

    loss: CurveSummary
    holdOut: CurveSummary


@dataclass(frozen=True)
class GraphRun:
    """A run, or a Train node that has none yet: then it has no more than its names.

    `node` is the node whose present settings the run has; empty for a run of earlier settings, or of elsewhere.
    `fault` says why there is no overview of a run that cannot be read.
    """

    name: str
    node: str
    path: Path = Path()
    overview: RunOverview | None = None
    curves: RunCurves | None = None
    fault: str = ""

    def key(self) -> str:
        """What tells it from other lines of a table, however its figures change: the node or, of others, the folder."""
        return self.node or str(self.path)


def trainPlaces(script: Gaffer.ScriptNode) -> list[TrainPlace]:
    """The Train nodes of a script that know where they train. Needs the UI thread, and reads no file of a run."""
    places = []
    with script.context():
        for node in nodesWith(script, "work"):
            if not isinstance(node, GafferRecovery.Train):
                continue
            try:
                runs, model = (pathPlugs.text(node[plug]) for plug in ("runsDirectory", "model"))
            except Gaffer.ProcessException:
                # The node shows this error itself.
                continue
            if runs:
                places.append(TrainPlace(node.relativeName(script), Path(runs), Path(model)))
    return places


def folders(script: Gaffer.ScriptNode) -> list[Path]:
    """The folders that were added to a script, to look for runs in."""
    return [Path(folder) for folder in Gaffer.Metadata.value(script, _FOLDERS) or ()]


def setFolders(script: Gaffer.ScriptNode, chosen: Iterable[Path]) -> None:
    """Sets the folders to look for runs in. It is an edit of the script, which can be undone, and is saved with it."""
    with Gaffer.UndoScope(script):
        Gaffer.Metadata.registerValue(script, _FOLDERS, IECore.StringVectorData(list(map(str, chosen))))
