from dataclasses import dataclass

from Qt import QtGui

from filmrecovery.training.runs.run_overview import RunOverview
from GafferRecoveryUI.trainingEditor.graphRuns import RunCurves


@dataclass(frozen=True)
class DrawnRun:
    """A run as its curves are drawn."""

    name: str
    colour: QtGui.QColor
    overview: RunOverview
    curves: RunCurves
