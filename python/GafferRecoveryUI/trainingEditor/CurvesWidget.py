import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from Qt import QtCore, QtGui

from filmrecovery.training.runs.run_figures import Curve
from GafferRecoveryUI.mousePlace import mousePlace
from GafferRecoveryUI.StillWidget import FAINT, GROUND, TEXT, StillWidget
from GafferRecoveryUI.trainingEditor.CurveSummary import CurveSummary
from GafferRecoveryUI.trainingEditor.DrawnRun import DrawnRun
from GafferRecoveryUI.trainingEditor.PlotAxes import PlotAxes, bounds, number

_LEFT, _RIGHT, _TOP, _BOTTOM, _BETWEEN = 66, 14, 24, 24, 46
_GRID, _BOX = QtGui.QColor(58, 58, 58), QtGui.QColor(30, 30, 30, 225)
_MOST_NAMES = 10
_ALIKE = 0.01
_WIDTH, _MOST_SOFT, _MOST_PALE = 1.5, 500, 4
_NO_RUNS = "Here are the curves of the selected runs, as soon as they train."


class CurvesWidget(StillWidget):
    """Loss and hold-out error of runs against their steps, one above the other.

    A dashed line is the error of the grade alone, and a ring the best step. Under the mouse it reads the values of the
    nearest step.
    """

    def __init__(self) -> None:
        StillWidget.__init__(self)
        self.setMinimumSize(260, 240)
        self.__runs: tuple[DrawnRun, ...] = ()
        self.__log, self.__smoothing = True, 0.0
        self.__drawnAxes: tuple[PlotAxes, PlotAxes] | None = None
        self.__mouse: float | None = None

    def setRuns(self, runs: Sequence[DrawnRun]) -> None:
        """Shows these runs."""
        if tuple(runs) == self.__runs:
            return
        self.__runs = tuple(runs)
        self.redraw()

    def setLog(self, log: bool) -> None:
        """Whether values are drawn by their logarithms. Those of a plot that has values of 0 or below are not."""
        self.__log = log
        self.redraw()

    def setSmoothing(self, smoothing: float) -> None:
        """How far the loss is smoothed, 0..1 (1 excluded). What is smoothed away stays in sight, pale, of a
        few runs."""
        self.__smoothing = smoothing
        self.redraw()

    def lossPoints(self, run: DrawnRun) -> list[tuple[float, float]]:
        """The corners of the line that is drawn of a run's loss: step and value."""
        return run.curves.loss.smoothed(self.__smoothing) if self.__smoothing else run.curves.loss.points()

    def reading(self, step: float) -> list[tuple[str, ...]]:
        """For each run its name, and its loss and hold-out error at the step of each curve nearest to `step`."""
        return [
            (run.name, *(_nearest(curve, step) for curve in (run.overview.loss, run.overview.hold_out)))
            for run in self.__runs
        ]

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(520, 420)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        self.__mouse = mousePlace(event).x()
        self.update()

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        self.__mouse = None
        self.update()

    def _drawOver(self, painter: QtGui.QPainter) -> None:
        if self.__runs and self.__drawnAxes is not None:
            painter.setRenderHint(QtGui.QPainter.Antialiasing)
            self.__drawNames(painter, *self.__drawnAxes)

    def __axes(self) -> tuple[PlotAxes, PlotAxes]:
        """Of the loss, above, and of the hold-out error."""
        width = max(1.0, self.width() - _LEFT - _RIGHT)
        height = max(1.0, (self.height() - _TOP - _BOTTOM - _BETWEEN) / 2)
        last = max([1, *(run.overview.step for run in self.__runs)])
        if len(self.__runs) == 1:
            last = max(last, self.__runs[0].overview.steps or 0)
        losses = _extremes([run.curves.loss for run in self.__runs])
        errors = _extremes([run.curves.holdOut for run in self.__runs])
        errors += [run.overview.baseline for run in self.__runs if run.overview.baseline is not None]
        result = []
        for values, top in ((losses, _TOP), (errors, _TOP + height + _BETWEEN)):
            log = self.__log and all(value > 0 for value in values)
            result.append(PlotAxes((_LEFT, top, width, height), last, *bounds(values, log), log))
        return result[0], result[1]

    def _drawStill(self, painter: QtGui.QPainter) -> None:
        if not self.__runs:
            painter.setPen(FAINT)
            painter.drawText(self.rect(), QtCore.Qt.AlignCenter | QtCore.Qt.TextWordWrap, _NO_RUNS)
            return
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        loss, errors = self.__drawnAxes = self.__axes()
        measures = dict.fromkeys(run.overview.measure for run in self.__runs if run.overview.measure)
        title = f"hold-out error ({', '.join(measures)})" if measures else "hold-out error"
        for axes, name in ((loss, "loss of the training"), (errors, title)):
            self.__drawAxes(painter, axes, name + (", logarithmic" if axes.log else ""))
        self.__drawBaselines(painter, errors)
        for run in self.__runs:
            self.__drawLoss(painter, loss, run)
            self.__drawErrors(painter, errors, run)
        if not any(run.overview.hold_out.steps for run in self.__runs):
            painter.setPen(FAINT)
            painter.drawText(QtCore.QRectF(*errors.area), QtCore.Qt.AlignCenter, self.__whyNoErrors())

    def __whyNoErrors(self) -> str:
        if any(run.overview.measure for run in self.__runs):
            return "Not measured yet."
        return "Nothing was held out, so there is no error to show."

    def __drawAxes(self, painter: QtGui.QPainter, axes: PlotAxes, title: str) -> None:
        area = QtCore.QRectF(*axes.area)
        painter.fillRect(area, GROUND)
        painter.setPen(TEXT)
        painter.drawText(QtCore.QPointF(area.left(), area.top() - 7), title)
        for value in axes.valueTicks():
            y = axes.y(value)
            painter.setPen(QtGui.QPen(_GRID, 1))
            painter.drawLine(QtCore.QPointF(area.left(), y), QtCore.QPointF(area.right(), y))
            painter.setPen(FAINT)
            place = QtCore.QRectF(0, y - 9, _LEFT - 6, 18)
            painter.drawText(place, QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter, number(value))
        for step in axes.stepTicks():
            x = axes.x(step)
            painter.setPen(QtGui.QPen(_GRID, 1))
            painter.drawLine(QtCore.QPointF(x, area.top()), QtCore.QPointF(x, area.bottom()))
            painter.setPen(FAINT)
            align = QtCore.Qt.AlignHCenter if x < area.right() - 30 else QtCore.Qt.AlignRight
            place = QtCore.QRectF(x - 60, area.bottom() + 2, 120 if align == QtCore.Qt.AlignHCenter else 60, 16)
            painter.drawText(place, align, f"{step:,.0f}")

    def __drawLoss(self, painter: QtGui.QPainter, axes: PlotAxes, run: DrawnRun) -> None:
        if self.__smoothing and len(self.__runs) <= _MOST_PALE:
            pale = QtGui.QColor(run.colour)
            pale.setAlpha(70)
            _drawLine(painter, axes, run.curves.loss.points(), QtGui.QPen(pale, 1))
        _drawLine(painter, axes, self.lossPoints(run), QtGui.QPen(run.colour, _WIDTH))

    def __drawBaselines(self, painter: QtGui.QPainter, axes: PlotAxes) -> None:
        """A line for the error of the grade alone: one for runs that hardly differ in it, as on the same pairs."""
        drawn: list[float] = []
        for run in self.__runs:
            baseline = run.overview.baseline
            if baseline is None or any(math.isclose(baseline, other, rel_tol=_ALIKE) for other in drawn):
                continue
            drawn.append(baseline)
            pen = QtGui.QPen(FAINT, 1.2, QtCore.Qt.CustomDashLine)
            pen.setDashPattern([5, 4])
            _drawLine(painter, axes, ((0.0, baseline), (axes.lastStep, baseline)), pen)
            left, top, width, _ = axes.area
            y = axes.y(baseline)
            place = QtCore.QRectF(left, y - 19 if y - 19 > top else y + 1, width - 6, 18)
            painter.drawText(place, QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter, "grade alone")

    def __drawErrors(self, painter: QtGui.QPainter, axes: PlotAxes, run: DrawnRun) -> None:
        overview = run.overview
        points = run.curves.holdOut.points()
        _drawLine(painter, axes, points, QtGui.QPen(run.colour, _WIDTH))
        painter.setPen(QtCore.Qt.NoPen)
        painter.setBrush(run.colour)
        if len(points) <= 40:
            for step, value in points:
                painter.drawEllipse(QtCore.QPointF(axes.x(step), axes.y(value)), 2.5, 2.5)
        if overview.best_step in overview.hold_out.steps:
            best = overview.hold_out.values[overview.hold_out.steps.index(overview.best_step)]
            place = QtCore.QPointF(axes.x(overview.best_step), axes.y(best))
            painter.setPen(QtGui.QPen(TEXT, 1.6))
            painter.setBrush(QtCore.Qt.NoBrush)
            painter.drawEllipse(place, 6, 6)
        painter.setBrush(QtCore.Qt.NoBrush)

    def __drawNames(self, painter: QtGui.QPainter, loss: PlotAxes, errors: PlotAxes) -> None:
        """The names of the runs and, where the mouse is over the plots, what they have at its step."""
        left, top, width, _ = loss.area
        runs = self.__runs[:_MOST_NAMES]
        heading, rows, right = "", [(run.colour, (run.name,)) for run in runs], True
        if self.__mouse is not None and left <= self.__mouse <= left + width:
            step = max(0.0, loss.step(self.__mouse))
            self.__drawMarks(painter, loss, errors, step)
            heading = f"step {step:,.0f}: loss, hold-out"
            rows = list(zip((run.colour for run in runs), self.reading(step), strict=False))
            # Not under the mouse.
            right = self.__mouse < left + width / 2
        if len(self.__runs) > _MOST_NAMES:
            heading = f"{heading + ', ' if heading else ''}{_MOST_NAMES} of {len(self.__runs)} runs"
        _drawTable(painter, heading, rows, lambda size: (left + width - size - 8 if right else left + 8, top + 8))

    def __drawMarks(self, painter: QtGui.QPainter, loss: PlotAxes, errors: PlotAxes, step: float) -> None:
        """A line at the mouse, and a dot at each value that is read."""
        painter.setPen(QtGui.QPen(FAINT, 1, QtCore.Qt.DotLine))
        for _, top, _, height in (loss.area, errors.area):
            painter.drawLine(QtCore.QLineF(self.__mouse, top, self.__mouse, top + height))
        painter.setPen(QtGui.QPen(GROUND, 1))
        for run in self.__runs:
            painter.setBrush(run.colour)
            for axes, curve in ((loss, run.overview.loss), (errors, run.overview.hold_out)):
                index = _nearestIndex(curve, step)
                if index is not None:
                    place = QtCore.QPointF(axes.x(curve.steps[index]), axes.y(curve.values[index]))
                    painter.drawEllipse(place, 4, 4)
        painter.setBrush(QtCore.Qt.NoBrush)


def _extremes(summaries: Iterable[CurveSummary]) -> list[float]:
    return [value for curve in summaries if curve.steps for value in (min(curve.lowest), max(curve.highest))]


def _drawLine(painter: QtGui.QPainter, axes: PlotAxes, points: Sequence[tuple[float, float]], pen: QtGui.QPen) -> None:
    line = QtGui.QPolygonF([QtCore.QPointF(step, axes.scaled(value)) for step, value in points])
    across, left, down, top = axes.scales()
    # A long noisy line with soft edges takes twenty times as long, and looks the same.
    rough = len(points) > _MOST_SOFT
    painter.setRenderHint(QtGui.QPainter.Antialiasing, not rough)
    painter.setPen(QtGui.QPen(pen.color(), 1) if rough else pen)
    painter.drawPolyline(QtGui.QTransform(across, 0, 0, down, left, top).map(line))
    painter.setRenderHint(QtGui.QPainter.Antialiasing)


def _drawTable(
    painter: QtGui.QPainter,
    heading: str,
    rows: Sequence[tuple[QtGui.QColor, tuple[str, ...]]],
    place: Callable[[float], tuple[float, float]],
) -> None:
    """A box with a line for each run, where `place` puts its upper left corner when it is told its width."""
    metrics = painter.fontMetrics()
    lineHeight = metrics.height() + 3
    count = max((len(row) for _, row in rows), default=0)
    widths = [max(metrics.boundingRect(row[column]).width() for _, row in rows) + 14 for column in range(count)]
    width = max(26 + sum(widths), metrics.boundingRect(heading).width() + 18)
    left, top = place(width)
    height = lineHeight * (len(rows) + bool(heading)) + 10
    painter.setPen(QtGui.QPen(_GRID.lighter(130), 1))
    painter.setBrush(_BOX)
    painter.drawRoundedRect(QtCore.QRectF(left, top, width, height), 3, 3)
    painter.setBrush(QtCore.Qt.NoBrush)
    y = top + 5
    if heading:
        painter.setPen(FAINT)
        painter.drawText(QtCore.QPointF(left + 8, y + metrics.ascent()), heading)
        y += lineHeight
    for colour, row in rows:
        painter.setPen(QtGui.QPen(colour, 2.5))
        painter.drawLine(QtCore.QPointF(left + 8, y + lineHeight / 2), QtCore.QPointF(left + 22, y + lineHeight / 2))
        painter.setPen(TEXT)
        x = left + 28
        for text, size in zip(row, widths, strict=False):
            painter.drawText(QtCore.QPointF(x, y + metrics.ascent()), text)
            x += size
        y += lineHeight


def _nearestIndex(curve: Curve, step: float) -> int | None:
    if not curve.steps:
        return None
    index = bisect_left(curve.steps, step)
    near = [place for place in (index - 1, index) if 0 <= place < len(curve.steps)]
    return min(near, key=lambda place: abs(curve.steps[place] - step))


def _nearest(curve: Curve, step: float) -> str:
    index = _nearestIndex(curve, step)
    return "" if index is None else number(curve.values[index])
