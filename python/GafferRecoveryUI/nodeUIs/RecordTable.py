import math
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import Gaffer
import GafferUI
from Qt import QtCore, QtGui, QtWidgets

from filmrecovery.base.errors import RecoveryError
from GafferRecovery.files.fileState import fileState

_LINE_HEIGHT, _MOST_LINES = 20, 12
_DOUBTFUL = QtGui.QColor(224, 166, 80)
_POLL_MILLISECONDS = 2000
_MARGIN = 90
"""In pixels, of a panel that a long table fills."""


class Row(NamedTuple):
    """A line of the table: the text of each column, the frame of the source, and whether it is doubtful.

    A `chosen` one stays on top, however the table is sorted.
    """

    cells: Sequence[str]
    frame: int | None = None
    doubtful: bool = False
    chosen: bool = False


class Table(NamedTuple):
    """The content of a file of the engine: a summary above the table, the headings of the columns, and the lines."""

    summary: str
    headings: Sequence[str] = ()
    rows: Sequence[Row] = ()


class RecordTable(GafferUI.PlugValueWidget):
    """A plug and, below it, a table of what the engine wrote into the node's `fileName`.

    A click on a line goes to its frame, and one on a heading sorts by it; a third one brings the first order back, in
    which doubtful lines, which are coloured, come first. Chosen lines stay on top. The table is as high as its lines,
    or as the panel where those are many. Away from its node the table stands without the plug: `showsPlug` is off then.
    Subclasses implement `table`, `file` if they show another file, `others` if the table depends on more than it, and
    `fault`.
    """

    _VALUE_NEEDS_FILE = False
    """Whether the plug has no value, which Gaffer shows as an error, before the file is there."""

    def __init__(self, plug: Gaffer.Plug, showsPlug: bool = True, **kw: Any) -> None:
        self.__showsPlug = showsPlug
        column = self.__column = GafferUI.ListContainer(spacing=4)
        GafferUI.PlugValueWidget.__init__(self, column, plug, **kw)
        self.__shown: tuple[object, ...] | None = None
        self.__rows: list[Row] = []
        self.__content = Table("")
        self.__sorted: tuple[int, bool] | None = None
        self.__panel: QtWidgets.QScrollArea | None = None
        with column:
            self.__plugWidget = GafferUI.ListContainer()
            self.__summary = GafferUI.Label("")
        self.__summary._qtWidget().setWordWrap(True)
        self.__summary._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Maximum)
        self.__table = QtWidgets.QTableWidget()
        self.__table.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
        self.__table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
        self.__table.verticalHeader().setDefaultSectionSize(_LINE_HEIGHT)
        self.__table.verticalHeader().hide()
        self.__table.horizontalHeader().setStretchLastSection(True)
        self.__table.horizontalHeader().setSortIndicatorShown(True)
        self.__table.horizontalHeader().setSectionsClickable(True)
        self.__table.horizontalHeader().sectionClicked.connect(Gaffer.WeakMethod(self.__headingClicked))
        self.__table.cellClicked.connect(Gaffer.WeakMethod(self.__clicked))
        self.__table.horizontalScrollBar().rangeChanged.connect(Gaffer.WeakMethod(self.__fit))
        column._qtWidget().layout().addWidget(self.__table)
        # Another process, the engine, writes the file.
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(_POLL_MILLISECONDS)
        self.look()

    def table(self, path: Path) -> Table:
        """The content of the file. Raises RecoveryError if it is damaged, RuntimeError if it cannot be read here.

        Like the following it is called in the context of the plug.
        """
        raise NotImplementedError

    def file(self) -> Path | None:
        """The file to show; None if no file is named."""
        fileName = self.getPlug().node()["fileName"].getValue()
        return Path(self.context().substitute(fileName)) if fileName else None

    def others(self) -> tuple[str, ...]:
        """What else the table depends on. When it changes, the table is made again."""
        return ()

    def fault(self) -> str:
        """What is wrong with how the node is set, which is shown in place of the table; empty where nothing is.

        Raises what `table` raises.
        """
        return ""

    def _column(self) -> GafferUI.ListContainer:
        return self.__column

    def look(self) -> None:
        """Shows the file again if it has changed."""
        node = self.getPlug().node()
        with self.context():
            try:
                path = self.file() if node["enabled"].getValue() else None
                now = (path, fileState(path) if path else "", *(self.others() if path else ()))
            except Gaffer.ProcessException as error:
                self.__show(Table(str(error)))
                return
            if now != self.__shown:
                self.__shown = now
                self.__showValue(self.__showsPlug and (bool(now[1]) or not self._VALUE_NEEDS_FILE))
                self.__show(self.__tableOf(path))

    def __showValue(self, isThere: bool) -> None:
        """Shows the plug's own widget, which is made when there is a value: it asks for it at once."""
        self.__plugWidget.setVisible(isThere)
        if isThere and not len(self.__plugWidget):
            self.__plugWidget.append(GafferUI.PlugValueWidget.create(self.getPlug(), typeMetadata=None))

    @staticmethod
    def _valuesForUpdate(plugs: Collection[Gaffer.Plug], auxiliaryPlugs: Sequence[Any]) -> list[Any]:
        # The table does not need it, and before the file is there it may be an error.
        return []

    def _updateFromValues(self, values: Sequence[Any], exception: Exception | None) -> None:
        self.look()

    def __tableOf(self, path: Path | None) -> Table:
        if path is None:
            return Table("The node is not enabled, or no file is named.")
        try:
            if fault := self.fault():
                return Table(fault)
            if path.is_file():
                return self.table(path)
            # The table may stand on another node.
            return Table(f"There is nothing yet: dispatch {self.getPlug().node().getName()}.")
        except (RecoveryError, RuntimeError) as error:
            return Table(str(error))

    def __show(self, table: Table) -> None:
        if table.headings != self.__content.headings:
            self.__sorted = None
        self.__content = table
        self.__summary.setText(table.summary)
        self.__rows = _ordered(table.rows, self.__sorted)
        self.__table.setVisible(bool(self.__rows))
        self.__table.setColumnCount(len(table.headings))
        self.__table.setRowCount(len(self.__rows))
        self.__table.setHorizontalHeaderLabels(list(table.headings))
        header = self.__table.horizontalHeader()
        column, backwards = self.__sorted or (-1, False)
        header.setSortIndicator(column, QtCore.Qt.DescendingOrder if backwards else QtCore.Qt.AscendingOrder)
        for line, row in enumerate(self.__rows):
            for column, cell in enumerate(row.cells):
                item = QtWidgets.QTableWidgetItem(cell)
                item.setToolTip(cell)
                if row.doubtful:
                    item.setForeground(_DOUBTFUL)
                self.__table.setItem(line, column, item)
        self.__table.resizeColumnsToContents()
        self.__fit()

    def __fit(self, *bounds: int) -> None:
        """Makes the table as high as its lines, and as its scroll bar where there is something to scroll to."""
        table, bar = self.__table, self.__table.horizontalScrollBar()
        height = table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth()
        height += bar.sizeHint().height() if bar.maximum() > bar.minimum() else 0
        # With some fonts lines are higher than they were asked to be.
        heights = [table.rowHeight(line) for line in range(table.rowCount())]
        least = height + sum(heights[:_MOST_LINES])
        table.setFixedHeight(max(least, min(height + sum(heights), self.__roomOfPanel())))

    def __roomOfPanel(self) -> int:
        """The height that the table may have in the panel that it lies in: all but a margin, to scroll past it."""
        panel = self.__table.parentWidget()
        while panel is not None and not isinstance(panel, QtWidgets.QScrollArea):
            panel = panel.parentWidget()
        if panel is None:
            return 0
        if panel is not self.__panel:
            self.__panel = panel
            # Its scroll bars do not tell of a panel that grows around what it shows as a whole.
            self.__resizes = _Resizes(Gaffer.WeakMethod(self.__fit, fallbackResult=None))
            panel.viewport().installEventFilter(self.__resizes)
        return panel.viewport().height() - _MARGIN

    def __headingClicked(self, column: int) -> None:
        if self.__sorted is None or self.__sorted[0] != column:
            self.__sorted = column, False
        elif self.__sorted[1]:
            self.__sorted = None
        else:
            self.__sorted = column, True
        self.__show(self.__content)

    def __clicked(self, line: int, column: int) -> None:
        frame = self.__rows[line].frame
        if frame is not None:
            self.scriptNode()["frame"].setValue(frame)


class _Resizes(QtCore.QObject):
    """Calls a function when a widget has got another size."""

    def __init__(self, resized: Callable[[], None]) -> None:
        QtCore.QObject.__init__(self)
        self.__resized = resized

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.Resize:
            self.__resized()
        return False


def _ordered(rows: Sequence[Row], sorting: tuple[int, bool] | None) -> list[Row]:
    """The rows by a column, backwards or not, or doubtful ones first. Those that are chosen stay on top."""
    if sorting is None:
        ordered = sorted(rows, key=lambda row: not row.doubtful)
    else:
        column, backwards = sorting
        ordered = sorted(rows, key=lambda row: _order(row.cells[column]), reverse=backwards)
    return sorted(ordered, key=lambda row: not row.chosen)


def _order(cell: str) -> tuple[float, str]:
    """Cells that begin with a number come by that number, then the others by their letters."""
    number = re.match(r"-?\d+(\.\d+)?", cell)
    return (float(number[0]) if number else math.inf), cell
