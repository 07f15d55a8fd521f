import Gaffer
import GafferUI
import GafferUITest
from Qt import QtWidgets

import GafferRecoveryUI


class RecordTableTestCase(GafferUITest.TestCase):
    """A script, and tables over the records that nodes of it write."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.script = Gaffer.ScriptNode()
        self.window = None

    def tearDown(self):
        self.window = None
        GafferUITest.TestCase.tearDown(self)

    def shown(self, plug):
        """The table of a plug, in a window of its own."""
        with GafferUI.Window() as self.window:
            widget = GafferUI.PlugValueWidget.create(plug)
        self.window.setVisible(True)
        self.assertIsInstance(widget, GafferRecoveryUI.RecordTable)
        return widget

    def cells(self, widget):
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        return [
            [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
        ]

    def texts(self, widget):
        return " ".join(label.text() for label in widget._qtWidget().findChildren(QtWidgets.QLabel))
