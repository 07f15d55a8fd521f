import time
from typing import Any

import Gaffer
import GafferUI
import GafferUITest
import IECore
import imath
from Qt import QtCore, QtGui, QtWidgets


class ViewerTestCase(GafferUITest.TestCase):
    """Drags in a real Viewer, with a tool that draws over its picture."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.script = Gaffer.ScriptNode()
        with GafferUI.Window() as self.window:
            self.viewer: Any = GafferUI.Viewer(self.script)
        self.window._qtWidget().resize(600, 500)
        self.window.setVisible(True)

    def tearDown(self):
        self.window = self.viewer = None
        # Updates in the background keep widgets of Gaffer's own alive, until they have come to their end.
        self.until(lambda: IECore.RefCounted.collectGarbage() or not self._TestCase__widgetInstances())
        GafferUITest.TestCase.tearDown(self)

    def until(self, condition):
        """Waits for an event; the limit is only there so that a fault does not hold the tests for ever."""
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, "did not happen in time")
            QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 10)

    def toolOn(self, kind, node):
        """A tool, in use on the picture of a node, which has 200x100 pixels and is shown with a margin."""
        self.viewer.setNodeSet(Gaffer.StandardSet([node]))
        tool = next(tool for tool in self.viewer.view()["tools"] if isinstance(tool, kind))
        tool["active"].setValue(True)
        self.until(lambda: tool.message())
        self.viewer.view().viewportGadget().frame(imath.Box3f(imath.V3f(-50, -50, 0), imath.V3f(250, 150, 0)))
        tool.refresh()
        return tool

    def drag(self, tool, start, end, modifiers=QtCore.Qt.NoModifier):
        """Drags with the left button from one pixel of the picture to another."""
        viewport, widget = self.viewer.view().viewportGadget(), self.viewer.viewGadgetWidget()._qtWidget()
        places = [viewport.gadgetToRasterSpace(imath.V3f(*point, 0), tool.overlay) for point in (start, end)]
        start, end = (QtCore.QPointF(place.x, place.y) for place in places)
        left, none = QtCore.Qt.LeftButton, QtCore.Qt.NoButton
        moves = [start + (end - start) * step / 4 for step in range(1, 5)]
        for kind, place, button, buttons in (
            (QtCore.QEvent.MouseMove, start, none, none),
            (QtCore.QEvent.MouseButtonPress, start, left, left),
            *((QtCore.QEvent.MouseMove, place, none, left) for place in moves),
            (QtCore.QEvent.MouseButtonRelease, end, left, none),
        ):
            there = QtCore.QPointF(widget.mapToGlobal(place.toPoint()))
            event = QtGui.QMouseEvent(kind, place, there, button, buttons, modifiers)
            QtWidgets.QApplication.sendEvent(widget, event)
        tool.refresh()
