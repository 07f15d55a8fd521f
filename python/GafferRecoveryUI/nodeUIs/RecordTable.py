from collections.abc import Collection, Sequence
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


class Row(NamedTuple):
    """A line of the table: the text of each column, the frame of the source, and whether it is doubtful."""

    cells: Sequence[str]
    frame: int | None = None
    doubtful: bool = False


class Table(NamedTuple):
    """The content of a file of the engine: a summary above the table, the headings of the columns, and the lines."""

    summary: str
    headings: Sequence[str] = ()
    rows: Sequence[Row] = ()


class RecordTable(GafferUI.PlugValueWidget):
    """A plug and, below it, a table of what the engine wrote into the node's `fileName`.

    A click on a line goes to its frame. Doubtful lines are coloured and come first. Subclasses implement `table`,
    `file` if they show another file, `others` if the table depends on more than it, and `fault`.
    """

    _VALUE_NEEDS_FILE = False
    """Whether the plug has no value, which Gaffer shows as an error, before the file is there."""

    def __init__(self, plug: Gaffer.Plug, **kw: Any) -> None:
        column = self.__column = GafferUI.ListContainer(spacing=4)
        GafferUI.PlugValueWidget.__init__(self, column, plug, **kw)
        self.__shown: tuple[object, ...] | None = None
        self.__frames: list[int | None] = []
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
                self.__showValue(bool(now[1]) or not self._VALUE_NEEDS_FILE)
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
            return self.table(path) if path.is_file() else Table("There is nothing yet: dispatch this node.")
        except (RecoveryError, RuntimeError) as error:
            return Table(str(error))

    def __show(self, table: Table) -> None:
        self.__summary.setText(table.summary)
        rows = sorted(table.rows, key=lambda row: not row.doubtful)
        self.__frames = [row.frame for row in rows]
        self.__table.setVisible(bool(rows))
        self.__table.setColumnCount(len(table.headings))
        self.__table.setRowCount(len(rows))
        self.__table.setHorizontalHeaderLabels(list(table.headings))
        for line, row in enumerate(rows):
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
        # With some fonts lines are higher than they were asked to be.
        height += sum(table.rowHeight(line) for line in range(min(table.rowCount(), _MOST_LINES)))
        table.setFixedHeight(height + (bar.sizeHint().height() if bar.maximum() > bar.minimum() else 0))

    def __clicked(self, line: int, column: int) -> None:
        frame = self.__frames[line]
        if frame is not None:
            self.scriptNode()["frame"].setValue(frame)
