import math
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from Qt import QtCore, QtGui, QtWidgets

from GafferRecoveryUI.mousePlace import mousePlace
from GafferRecoveryUI.roundUp import roundUp
from GafferRecoveryUI.shotEditor.FrameFacts import FrameFacts, ShotFacts
from GafferRecoveryUI.shotEditor.lanes import Bar, Lane, lanes
from GafferRecoveryUI.shotEditor.TimeAxis import TimeAxis
from GafferRecoveryUI.StillWidget import BACKGROUND, FAINT, GROUND, TEXT, StillWidget

_GUTTER, _RULER, _GAP, _RIGHT = 112, 20, 4, 8
_LEAST_PICTURES, _MOST_PICTURES = 40, 150
_LEAST_ROWS = 0.6
"""How far rows of bars shrink where there is little room: this share of their height."""
_CURSOR, _SELECTED = QtGui.QColor(119, 156, 189), QtGui.QColor(119, 156, 189, 60)
_WHEEL, _WIDEST_CELL = 1.0015, 240.0
_NUMBER_ROOM = 44
"""For a frame number, in pixels."""


class Chosen(NamedTuple):
    """What the mouse has chosen: a frame, and whether the others up to it, or beside it, are chosen too."""

    frame: int
    extends: bool
    toggles: bool


class FilmStripWidget(StillWidget):
    """The pictures of a shot over time and, under them, rows of bars for what is known of each frame.

    A click goes to a frame, the wheel zooms, and a drag plays over the frames.
    """

    def __init__(
        self,
        chosen: Callable[[Chosen], None],
        image: Callable[[int], QtGui.QImage | None],
        wanted: Callable[[list[int]], None],
        scrolled: Callable[[], None],
    ) -> None:
        StillWidget.__init__(self)
        self.__chosen, self.__image, self.__wanted, self.__scrolled = chosen, image, wanted, scrolled
        self.setMinimumSize(320, 190)
        # The editor has keys for roles.
        self.setFocusPolicy(QtCore.Qt.ClickFocus)
        self.__shot = ShotFacts()
        self.__lanes: list[Lane] = lanes(self.__shot)
        self.__aspect = 1.6
        self.__frame: int | None = None
        self.__selected: frozenset[int] = frozenset()
        self.__cell: float | None = None
        self.__offset = 0.0
        self.__dragging = False

    def setShot(self, shot: ShotFacts) -> None:
        """Shows these frames."""
        if shot is not self.__shot:
            self.__shot, self.__lanes = shot, lanes(shot)
            self.redraw()

    def setFrame(self, frame: int) -> None:
        """Marks the frame that the script is at, and keeps it in view."""
        if frame != self.__frame:
            self.__frame = frame
            index = self.__indexOf(frame)
            if index is not None:
                self.setOffset(self.axis().showing(index))
            self.update()

    def setSelected(self, frames: Collection[int]) -> None:
        """Marks the frames that are chosen."""
        self.__selected = frozenset(frames)
        self.update()

    def showAll(self) -> None:
        """Makes all frames fit into the width."""
        self.__cell, self.__offset = None, 0.0
        self.redraw()

    def showSpan(self, frame: int) -> None:
        """Makes the shot that a frame is of fit into the width."""
        index = self.__indexOf(frame)
        for first, stop in self.__shot.spans():
            if index is not None and first <= index < stop:
                width = self.axis().width
                self.__cell = width / (stop - first)
                self.__offset = first * self.__cell
                self.redraw()

    def setOffset(self, offset: float) -> None:
        """Scrolls to so many pixels from the first frame."""
        offset = min(max(0.0, offset), self.axis().longest())
        if offset != self.__offset:
            self.__offset = offset
            self.redraw()

    def axis(self) -> TimeAxis:
        """Where the frames lie."""
        width = max(1.0, self.width() - _GUTTER - _RIGHT)
        count = len(self.__shot.frames)
        fitting = width / max(1, count)
        cell = max(fitting, self.__cell or 0.0)
        axis = TimeAxis(count, _GUTTER, width, cell, self.__offset)
        return axis if self.__offset <= axis.longest() else TimeAxis(count, _GUTTER, width, cell, axis.longest())

    def bars(self, title: str) -> dict[int, Bar]:
        """The bars of a row by their frames."""
        lane = next(lane for lane in self.__lanes if lane.title == title)
        found = {facts.frame: lane.bar(facts) for facts in self.__shot.frames}
        return {frame: bar for frame, bar in found.items() if bar is not None}

    def placeOf(self, frame: int) -> QtCore.QPoint:
        """A place in the cell of a frame, on its picture."""
        index = self.__indexOf(frame)
        return QtCore.QPoint(round(self.axis().x((index or 0) + 0.5)), _RULER + 10)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(900, 330)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        axis = self.axis()
        if not axis.count:
            return
        if event.modifiers() & QtCore.Qt.ShiftModifier or event.angleDelta().x():
            self.setOffset(self.__offset - (event.angleDelta().x() or event.angleDelta().y()))
            return
        x = event.position().x()
        at = (x - axis.left + axis.offset) / axis.cell
        cell = axis.cell * _WHEEL ** event.angleDelta().y()
        fitting = axis.width / axis.count
        self.__cell = min(max(fitting, cell), max(fitting, _WIDEST_CELL))
        # What is under the mouse stays there.
        self.__offset = 0.0
        self.__offset = min(max(0.0, at * self.__cell - (x - axis.left)), self.axis().longest())
        self.redraw()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() == QtCore.Qt.LeftButton and mousePlace(event).x() >= _GUTTER:
            self.__dragging = True
            self.__choose(event, moves=False)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        if self.__dragging and not event.modifiers():
            self.__choose(event, moves=True)

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self.__dragging = False

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.ToolTip:
            text = self.__toolTipAt(event.pos())
            if text:
                QtWidgets.QToolTip.showText(event.globalPos(), text, self)
            else:
                QtWidgets.QToolTip.hideText()
            return True
        return QtWidgets.QWidget.event(self, event)

    def __choose(self, event: QtGui.QMouseEvent, moves: bool) -> None:
        axis = self.axis()
        if not axis.count:
            return
        frame = self.__shot.frames[axis.nearest(mousePlace(event).x())].frame
        if moves and frame == self.__frame:
            return
        modifiers = event.modifiers()
        self.__chosen(
            Chosen(frame, bool(modifiers & QtCore.Qt.ShiftModifier), bool(modifiers & QtCore.Qt.ControlModifier))
        )

    def __indexOf(self, frame: int) -> int | None:
        return next((index for index, facts in enumerate(self.__shot.frames) if facts.frame == frame), None)

    def __toolTipAt(self, place: QtCore.QPoint) -> str:
        if place.x() < _GUTTER:
            return next((lane.toolTip for lane, top in self.__rows() if top <= place.y() <= top + lane.height), "")
        index = self.axis().index(place.x())
        return "\n".join(self.__shot.frames[index].sentences()) if index is not None else ""

    def __rows(self) -> Iterator[tuple[Lane, float]]:
        """The rows of bars, as high as there is room, and their upper edges."""
        share = min(max(_LEAST_ROWS, (self.__room() - _LEAST_PICTURES) / self.__rowsHeight()), 1.0)
        top = _RULER + self.__picturesHeight() + 2 * _GAP
        for lane in self.__lanes:
            row = lane._replace(height=math.floor(share * lane.height))
            yield row, top
            top += row.height + _GAP

    def __room(self) -> float:
        """For the pictures and the rows of bars."""
        return self.height() - _RULER - (3 + len(self.__lanes)) * _GAP

    def __rowsHeight(self) -> int:
        return sum(lane.height for lane in self.__lanes)

    def __picturesHeight(self) -> float:
        return min(max(_LEAST_PICTURES, self.__room() - self.__rowsHeight()), _MOST_PICTURES)

    def _drawStill(self, painter: QtGui.QPainter) -> None:
        axis = self.axis()
        self.__drawTitles(painter, axis)
        if axis.count:
            painter.setClipRect(QtCore.QRectF(axis.left, 0, axis.width, self.height()))
            self.__drawRuler(painter, axis)
            self.__drawPictures(painter, axis)
            for lane, top in self.__rows():
                self.__drawBars(painter, axis, lane, top)
            self.__drawShots(painter, axis)
        self.__scrolled()

    def __drawTitles(self, painter: QtGui.QPainter, axis: TimeAxis) -> None:
        painter.fillRect(QtCore.QRectF(axis.left, _RULER, axis.width, self.__picturesHeight()), GROUND)
        align = QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter
        small = QtGui.QFont(self.font())
        small.setPointSizeF(max(6.0, small.pointSizeF() * 0.78) if small.pointSizeF() > 0 else 7.0)
        for lane, top in self.__rows():
            painter.fillRect(QtCore.QRectF(axis.left, top, axis.width, lane.height), GROUND)
            place = QtCore.QRectF(0, top, _GUTTER - 8, lane.height)
            painter.setFont(self.font())
            painter.setPen(TEXT)
            if lane.scale and lane.height >= 26:
                painter.drawText(place.adjusted(0, -1, 0, -lane.height / 2 + 2), align, lane.title)
                painter.setFont(small)
                painter.setPen(FAINT)
                painter.drawText(place.adjusted(0, lane.height / 2, 0, 1), align, lane.scale)
            else:
                painter.drawText(place, align, lane.title)
        painter.setFont(self.font())

    def __drawRuler(self, painter: QtGui.QPainter, axis: TimeAxis) -> None:
        painter.setPen(FAINT)
        every = round(roundUp(math.ceil(_NUMBER_ROOM / axis.cell)))
        for index in axis.visible():
            frame = self.__shot.frames[index].frame
            if frame % every == 0 or (index == 0 and every - frame % every > every / 2):
                place = QtCore.QRectF(axis.x(index + 0.5) - 40, 0, 80, _RULER - 2)
                if index == 0:
                    place.moveLeft(max(place.left(), axis.left - 28))
                painter.drawText(place, QtCore.Qt.AlignCenter, str(frame))

    def __drawPictures(self, painter: QtGui.QPainter, axis: TimeAxis) -> None:
        """A picture for each cell or, where those are narrow, for as many as a picture covers."""
        height = self.__picturesHeight()
        visible = axis.visible()
        known = next((image for index in visible if (image := self.__imageAt(index)) and not image.isNull()), None)
        if known is not None:
            self.__aspect = known.width() / known.height()
        every = max(1, round(height * self.__aspect / axis.cell))
        covered = list(self.__covered(visible, every))
        self.__wanted([self.__shot.frames[index].frame for index, _ in covered])
        painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
        for index, count in covered:
            place = QtCore.QRectF(axis.x(index), _RULER, count * axis.cell - 1, height)
            image = self.__imageAt(index)
            if image is not None and not image.isNull():
                _drawImage(painter, place, image)
            elif image is not None:
                painter.setPen(FAINT)
                painter.drawText(place, QtCore.Qt.AlignCenter, "cannot\nbe read")
            painter.setPen(QtGui.QPen(BACKGROUND, 1))
            painter.drawLine(QtCore.QLineF(place.right() + 0.5, _RULER, place.right() + 0.5, _RULER + height))

    def __covered(self, visible: range, every: int) -> Iterator[tuple[int, int]]:
        """The cells whose pictures are seen, and how many cells each covers: none goes on into another shot."""
        for first, stop in self.__shot.spans():
            for index in range(first, stop, every):
                count = min(every, stop - index)
                if index < visible.stop and index + count > visible.start:
                    yield index, count

    def __imageAt(self, index: int) -> QtGui.QImage | None:
        return self.__image(self.__shot.frames[index].frame)

    def __drawBars(self, painter: QtGui.QPainter, axis: TimeAxis, lane: Lane, top: float) -> None:
        together = max(1, math.ceil(1.0 / axis.cell))
        gap = 1.0 if axis.cell >= 4 else 0.0
        visible = axis.visible()
        found = False
        for index in range(visible.start - visible.start % together, visible.stop, together):
            bars = [bar for facts in self.__shot.frames[index : index + together] if (bar := lane.bar(facts))]
            if not bars:
                continue
            found = True
            bar = max(bars, key=lambda bar: bar.weight)
            height = bar.level * lane.height
            width = max(1.0, together * axis.cell - gap)
            painter.fillRect(QtCore.QRectF(axis.x(index), top + lane.height - height, width, height), bar.colour)
            if bar.mark:
                painter.setBrush(TEXT)
                painter.setPen(QtCore.Qt.NoPen)
                painter.setRenderHint(QtGui.QPainter.Antialiasing)
                painter.drawEllipse(QtCore.QPointF(axis.x(index) + width / 2, top + 4.5), 3, 3)
                painter.setRenderHint(QtGui.QPainter.Antialiasing, False)
        if lane.middle and found:
            painter.setPen(QtGui.QPen(FAINT, 1, QtCore.Qt.DotLine))
            middle = top + lane.height / 2
            painter.drawLine(QtCore.QLineF(axis.left, middle, axis.left + axis.width, middle))
        if not found and lane.none:
            painter.setPen(FAINT)
            place = QtCore.QRectF(axis.left + 8, top, axis.width - 16, lane.height)
            painter.drawText(place, QtCore.Qt.AlignVCenter | QtCore.Qt.AlignLeft, lane.none)
        if lane.title == "Reference" and axis.cell >= _NUMBER_ROOM:
            self.__drawReferences(painter, axis, top, lane.height)

    def __drawReferences(self, painter: QtGui.QPainter, axis: TimeAxis, top: float, height: float) -> None:
        painter.setPen(TEXT)
        for index in axis.visible():
            reference = self.__shot.frames[index].reference
            if reference is not None:
                place = QtCore.QRectF(axis.x(index), top - 2, axis.cell, height)
                painter.drawText(place, QtCore.Qt.AlignCenter, str(reference))

    def __drawShots(self, painter: QtGui.QPainter, axis: TimeAxis) -> None:
        """A line where a shot begins."""
        painter.setPen(QtGui.QPen(TEXT, 1.5))
        bottom = self.height()
        for first, _ in self.__shot.spans()[1:]:
            x = axis.x(first) - 0.5
            painter.drawLine(QtCore.QLineF(x, 2, x, bottom))

    def _drawOver(self, painter: QtGui.QPainter) -> None:
        """The frames that are chosen, and a frame around the one that the script is at."""
        axis = self.axis()
        if not axis.count:
            return
        painter.setClipRect(QtCore.QRectF(axis.left - 2, 0, axis.width + 4, self.height()))
        for index in axis.visible():
            facts: FrameFacts = self.__shot.frames[index]
            place = QtCore.QRectF(axis.x(index), 0, axis.cell, self.height())
            if facts.frame in self.__selected and len(self.__selected) > 1:
                painter.fillRect(place, _SELECTED)
            if facts.frame == self.__frame:
                painter.setPen(QtGui.QPen(_CURSOR, 2))
                painter.setBrush(QtCore.Qt.NoBrush)
                painter.drawRect(place.adjusted(0, 1, -0.5, -1))
                painter.setPen(TEXT)
                label = QtCore.QRectF(place.center().x() - 22, 1, 44, _RULER - 3)
                painter.fillRect(label, _CURSOR.darker(160))
                painter.drawText(label, QtCore.Qt.AlignCenter, str(facts.frame))


def _drawImage(painter: QtGui.QPainter, place: QtCore.QRectF, image: QtGui.QImage) -> None:
    """Fills the place; of a wider picture the middle is seen."""
    seen = QtCore.QRectF(image.rect())
    if place.width() * image.height() < image.width() * place.height():
        width = image.height() * place.width() / place.height()
        seen = QtCore.QRectF((image.width() - width) / 2, 0, width, image.height())
    else:
        height = image.width() * place.height() / place.width()
        seen = QtCore.QRectF(0, (image.height() - height) / 2, image.width(), height)
    painter.drawImage(place, image, seen)
