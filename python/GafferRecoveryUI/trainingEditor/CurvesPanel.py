from collections.abc import Sequence
from typing import Any

import Gaffer
import GafferUI
import imath
from Qt import QtCore, QtWidgets

from GafferRecoveryUI.trainingEditor.CurvesWidget import CurvesWidget
from GafferRecoveryUI.trainingEditor.DrawnRun import DrawnRun

_MOST_SMOOTHING = 0.99
_SLIDER_STEPS, _FIRST = 100, 30


class CurvesPanel(GafferUI.Widget):
    """The curves of the selected runs, and how they are drawn."""

    def __init__(self, **kw: Any) -> None:
        column = GafferUI.ListContainer(spacing=4, borderWidth=4)
        GafferUI.Widget.__init__(self, column, **kw)
        with column, GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=8) as row:
            self.__log = GafferUI.BoolWidget(
                "Log Scale",
                True,
                toolTip="Draws values by their logarithms, so that small changes near the end are seen too.",
            )
            GafferUI.Spacer(imath.V2i(1), parenting={"expand": True})
            label = GafferUI.Label("Smoothing")
        toolTip = (
            "Smooths the loss. What is smoothed away stays in sight, pale, of up to four runs. "
            "The hold-out error is never smoothed."
        )
        label.setToolTip(toolTip)
        self.__smoothing = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self.__smoothing.setRange(0, _SLIDER_STEPS)
        self.__smoothing.setFixedWidth(120)
        self.__smoothing.setToolTip(toolTip)
        row._qtWidget().layout().addWidget(self.__smoothing)
        self.__curves = CurvesWidget()
        column._qtWidget().layout().addWidget(self.__curves, 1)
        self.__log.stateChangedSignal().connect(Gaffer.WeakMethod(self.__logChanged))
        self.__smoothing.valueChanged.connect(Gaffer.WeakMethod(self.__smoothingChanged))
        self.__smoothing.setValue(_FIRST)

    def setRuns(self, runs: Sequence[DrawnRun]) -> None:
        """Shows the curves of these runs."""
        self.__curves.setRuns(runs)

    def curves(self) -> CurvesWidget:
        return self.__curves

    def __logChanged(self, widget: GafferUI.BoolWidget) -> None:
        self.__curves.setLog(widget.getState())

    def __smoothingChanged(self, value: int) -> None:
        # Most of what is useful lies near 1.
        self.__curves.setSmoothing(_MOST_SMOOTHING * (1 - (1 - value / _SLIDER_STEPS) ** 3))
