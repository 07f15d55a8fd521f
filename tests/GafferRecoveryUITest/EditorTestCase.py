import time

import Gaffer
import GafferUI
import GafferUITest
from Qt import QtCore, QtWidgets


class EditorTestCase(GafferUITest.TestCase):
    """A script of its own, and an editor over it that reads files in the background."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.root = Gaffer.ApplicationRoot(type(self).__name__)
        self.script = Gaffer.ScriptNode()
        self.root["scripts"].addChild(self.script)
        self.folder = self.temporaryDirectory()
        self.window = None

    def tearDown(self):
        self.window = None
        GafferUITest.TestCase.tearDown(self)

    def shown(self, name, kind, width, height):
        """The editor of a name, in a window of its own, when it has read all files once."""
        with GafferUI.Window() as self.window:
            editor = GafferUI.Editor.create(name, self.script)
        self.assertIsInstance(editor, kind)
        self.window._qtWidget().resize(width, height)
        self.window.setVisible(True)
        self.look(editor)
        return editor

    def until(self, condition):
        """Waits for an event; the limit is only there so that a fault does not hold the tests for ever."""
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, "did not happen in time")
            QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 10)

    def look(self, editor):
        """Has the editor read all files once more, to the end."""
        self.until(lambda: not editor.looks())
        editor.look()
        self.until(lambda: not editor.looks())
