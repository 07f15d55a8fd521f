from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import Gaffer
import GafferUI
from Qt import QtCore, QtGui, QtWidgets

from filmrecovery.training.runs.run_status import RunState
from GafferRecoveryUI.trainingEditor import runTexts
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.runLines import COLUMNS, cells

_HEADINGS = tuple(COLUMNS)
_ORDER = QtCore.Qt.UserRole
_STATE_COLOURS = {
    RunState.RUNNING: "#80b3fe",
    RunState.STOPPED: "#efb018",
    RunState.DONE: "#6fcf7f",
    RunState.FAILED: "#ff5555",
    RunState.GONE: "#ff9a5a",
}
_TEXT, _FAINT = QtGui.QColor(224, 224, 224), QtGui.QColor(150, 150, 150)
_WIDEST = 220
_ROOM = 6
"""For figures that grow."""
_ICON_ROOM = 24
"""For the colour of a run that is selected."""


class RunsTable(GafferUI.Widget):
    """The table of the runs. A click on a heading sorts; with Ctrl or Shift several lines are selected.

    Its lines are items of Qt, which draws them without Python: that would wait for the thread that reads the runs.
    """

    def __init__(self, selectionChanged: Callable[[], None], **kw: Any) -> None:
        self.__view = QtWidgets.QTreeView()
        GafferUI.Widget.__init__(self, self.__view, **kw)
        self.__selectionChanged = selectionChanged
        self.__runs: list[GraphRun] = []
        self.__model = QtGui.QStandardItemModel()
        self.__model.setHorizontalHeaderLabels(list(_HEADINGS))
        for column, toolTip in enumerate(COLUMNS.values()):
            self.__model.horizontalHeaderItem(column).setToolTip(toolTip)
        self.__sorted = QtCore.QSortFilterProxyModel()
        self.__sorted.setSourceModel(self.__model)
        self.__sorted.setSortRole(_ORDER)
        self.__view.setModel(self.__sorted)
        self.__view.setRootIsDecorated(False)
        self.__view.setUniformRowHeights(True)
        self.__view.setAlternatingRowColors(True)
        self.__view.setAllColumnsShowFocus(True)
        self.__view.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
        self.__view.setSelectionMode(QtWidgets.QAbstractItemView.ExtendedSelection)
        self.__view.setIconSize(QtCore.QSize(12, 12))
        self.__view.setSortingEnabled(True)
        # As the runs come: those of the nodes' present settings, then the newest.
        self.__view.header().setSortIndicator(-1, QtCore.Qt.AscendingOrder)
        self.__sorted.sort(-1)
        self.__changing = False
        selected = Gaffer.WeakMethod(self.__selected, fallbackResult=None)
        self.__view.selectionModel().selectionChanged.connect(selected)
        self.__view.selectionModel().currentChanged.connect(selected)

    def setRuns(self, runs: Sequence[GraphRun]) -> None:
        """Shows these. The runs that were selected stay selected, and the first that has begun is where none was."""
        selected, current = [run.key() for run in self.selected()], self.current()
        before = [run.key() for run in self.__runs]
        keys = [run.key() for run in runs]
        self.__runs = list(runs)
        self.__changing = True
        if keys != before:
            self.__model.setRowCount(0)
            for _ in runs:
                self.__model.appendRow([QtGui.QStandardItem() for _ in _HEADINGS])
        self.__write()
        if keys != before:
            started = [run.key() for run in runs if run.overview is not None]
            kept = [key for key in selected if key in keys] or started[:1] or keys[:1]
            first = current.key() if current is not None and current.key() in kept else None
            self.select([keys.index(key) for key in kept], keys.index(first) if first else None)
            if not before:
                self.__fitColumns()
        self.__changing = False
        self.__selectionChanged()

    def setColours(self, colours: dict[Path, QtGui.QColor]) -> None:
        """Shows the colours of the curves at the names of their runs."""
        column = _HEADINGS.index("Training")
        for line, run in enumerate(self.__runs):
            colour = colours.get(run.path)
            name = colour.name() if colour is not None else ""
            item = self.__model.item(line, column)
            if item.data(_ORDER + 1) != name:
                item.setData(name, _ORDER + 1)
                item.setIcon(_icon(colour, circle=False) if colour is not None else QtGui.QIcon())

    def selected(self) -> list[GraphRun]:
        """The selected runs, from the top."""
        rows = sorted(self.__view.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.__runs[self.__sorted.mapToSource(index).row()] for index in rows]

    def current(self) -> GraphRun | None:
        """Of the selected runs the one that was clicked last; None where none is selected."""
        index = self.__view.selectionModel().currentIndex()
        selected = self.selected()
        if index.isValid():
            run = self.__runs[self.__sorted.mapToSource(index).row()]
            if run in selected:
                return run
        return selected[0] if selected else None

    def select(self, lines: Sequence[int], current: int | None = None) -> None:
        """Selects runs by their number, in the order in which they came. The first is the current one, or `current`."""
        model = self.__view.selectionModel()
        flags = QtCore.QItemSelectionModel
        changing, self.__changing = self.__changing, True
        indices = [self.__sorted.mapFromSource(self.__model.index(line, 0)) for line in lines]
        model.clearSelection()
        for index in indices:
            model.select(index, flags.Select | flags.Rows)
        if lines:
            at = lines.index(current) if current is not None else 0
            model.setCurrentIndex(indices[at], flags.NoUpdate)
        self.__changing = changing
        self.__selected()

    def cells(self) -> list[dict[str, str]]:
        """The texts as they stand, from the top, by their headings."""
        lines = range(self.__sorted.rowCount())
        return [
            {heading: self.__sorted.index(line, column).data() for column, heading in enumerate(_HEADINGS)}
            for line in lines
        ]

    def sortBy(self, heading: str) -> None:
        """Sorts the table by a column, the lowest first."""
        self.__view.sortByColumn(_HEADINGS.index(heading), QtCore.Qt.AscendingOrder)

    def __write(self) -> None:
        """Writes what has changed into the items."""
        known = [run.overview.settings for run in self.__runs if run.overview is not None]
        differences = iter(runTexts.differences(known))
        for line, run in enumerate(self.__runs):
            toolTip = runTexts.toolTip(run)
            texts = cells(run, next(differences) if run.overview is not None else "")
            for column, (heading, cell) in enumerate(zip(_HEADINGS, texts, strict=True)):
                item = self.__model.item(line, column)
                if item.data(_ORDER) != cell.order or item.text() != cell.text:
                    item.setText(cell.text)
                    item.setData(cell.order, _ORDER)
                if item.toolTip() != toolTip:
                    item.setToolTip(toolTip)
                    item.setForeground(_colour(run, heading))
                    if heading == "State":
                        item.setIcon(_icon(_stateColour(run), circle=True))

    def __fitColumns(self) -> None:
        for column in range(len(_HEADINGS)):
            self.__view.resizeColumnToContents(column)
            room = _ICON_ROOM if _HEADINGS[column] == "Training" else _ROOM
            self.__view.setColumnWidth(column, min(self.__view.columnWidth(column) + room, _WIDEST))

    def __selected(self, *changes: object) -> None:
        if not self.__changing:
            self.__selectionChanged()


def _stateColour(run: GraphRun) -> QtGui.QColor:
    if run.overview is not None:
        return QtGui.QColor(_STATE_COLOURS[run.overview.state])
    return QtGui.QColor(_STATE_COLOURS[RunState.FAILED]) if run.fault else _FAINT


def _colour(run: GraphRun, heading: str) -> QtGui.QColor:
    if heading == "State":
        return _stateColour(run)
    return _FAINT if heading == "Differs in" or (heading == "Training" and not run.node) else _TEXT


def _icon(colour: QtGui.QColor, circle: bool) -> QtGui.QIcon:
    pixmap = QtGui.QPixmap(20, 20)
    pixmap.fill(QtCore.Qt.transparent)
    painter = QtGui.QPainter(pixmap)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    painter.setPen(QtCore.Qt.NoPen)
    painter.setBrush(colour)
    if circle:
        painter.drawEllipse(4, 4, 12, 12)
    else:
        painter.drawRoundedRect(1, 3, 18, 14, 3, 3)
    painter.end()
    icon = QtGui.QIcon()
    # In a selected line Qt would mix the colour with that of the selection.
    for mode in (QtGui.QIcon.Normal, QtGui.QIcon.Selected):
        icon.addPixmap(pixmap, mode)
    return icon
