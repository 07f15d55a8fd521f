import weakref

import Gaffer
import GafferImage
import GafferUI
import IECore
from GafferRecoveryTest import rawElements
from Qt import QtCore, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from GafferRecoveryUI.viewerTools.PlacementTool import PlacementControls
from GafferRecoveryUITest.ViewerTestCase import ViewerTestCase


class PlacementToolTest(ViewerTestCase):
    def setUp(self):
        ViewerTestCase.setUp(self)
        for name in ("Source", "Reference"):
            node = self.script[name] = GafferImage.Checkerboard()
            node["format"].setValue(GafferImage.Format(200, 100, 1.0))
        self.align = self.script["Align"] = GafferRecovery.Align()
        self.align["source"].setInput(self.script["Source"]["out"])
        self.align["in"].setInput(self.script["Reference"]["out"])
        size = (200, 100)
        path = self.temporaryDirectory() / "alignment.json"
        rawElements.writeAlignment(path, {5: rawElements.matrix(0, 0)}, source_size=size, reference_size=size)
        self.align["fileName"].setValue(str(path))
        self.dot = self.script["Dot"] = Gaffer.Dot()
        self.dot.setup(self.align["out"])
        self.dot["in"].setInput(self.align["out"])
        self.script["frame"].setValue(5)

    def tool(self, node):
        return self.toolOn(GafferRecoveryUI.PlacementTool, node)

    def assertCorners(self, tool, expected, tolerance=1.5):
        for corner, (x, y) in zip(tool.placement().corners(), expected, strict=True):
            self.assertAlmostEqual(corner[0], x, delta=tolerance)
            self.assertAlmostEqual(corner[1], y, delta=tolerance)

    def testADragMovesTheFrameAndIsUndoneAsAWhole(self):
        tool = self.tool(self.dot)
        self.assertIn("Align, frame 5: as aligned", tool.message())
        self.drag(tool, (20, 20), (50, 30))
        self.assertIn("placed by hand", tool.message())
        self.assertCorners(tool, [(30, 10), (230, 10), (230, 110), (30, 110)])
        self.script.undo()
        self.assertFalse(self.script.undoAvailable())
        tool.refresh()
        self.assertCorners(tool, [(0, 0), (200, 0), (200, 100), (0, 100)], 0.01)
        self.assertIn("as aligned", tool.message())

    def testCornersSidesAndTheRing(self):
        tool = self.tool(self.dot)
        self.drag(tool, (200, 100), (180, 120))
        self.assertCorners(tool, [(0, 0), (200, 0), (180, 120), (0, 100)])
        self.script.undo()
        tool.refresh()
        self.drag(tool, (200, 50), (220, 50))
        self.assertCorners(tool, [(-20, -10), (220, -10), (220, 110), (-20, 110)])
        self.script.undo()
        tool.refresh()
        self.drag(tool, (200, 50), (220, 50), QtCore.Qt.ShiftModifier)
        self.assertCorners(tool, [(-20, 0), (220, 0), (220, 100), (-20, 100)])
        self.script.undo()
        tool.refresh()
        radius = 64 * tool.overlay.scale()
        self.drag(tool, (100 + radius, 50), (100, 50 + radius))
        with self.script.context():
            self.assertAlmostEqual(self.align["transform"]["rotate"].getValue(), 90, delta=3)

    def testArrowKeysMoveByAPixel(self):
        tool = self.tool(self.dot)
        viewport = self.viewer.view().viewportGadget()
        for key, modifiers in (
            ("Right", GafferUI.ModifiableEvent.Modifiers.None_),
            ("Up", GafferUI.ModifiableEvent.Modifiers.Shift),
            ("Left", GafferUI.ModifiableEvent.Modifiers.Control),
        ):
            self.assertTrue(viewport.keyPressSignal()(viewport, GafferUI.KeyEvent(key, modifiers)))
        self.assertCorners(tool, [(0.9, 10), (200.9, 10), (200.9, 110), (0.9, 110)], 0.01)

    def testOtherDragsAreTheViewersOwn(self):
        tool = self.tool(self.dot)
        before = tool.overlay.at((0, 0))
        self.drag(tool, (20, 20), (50, 30), QtCore.Qt.AltModifier)
        self.assertFalse(self.script.undoAvailable())
        self.assertNotEqual(tool.overlay.at((0, 0)), before)
        self.assertEqual(tool.handleAt((-30, -30), 1), "")

    def testItSaysWhereThereIsNothingToPlace(self):
        tool = self.tool(self.script["Source"])
        self.assertIn("Nothing to place here", tool.message())
        self.drag(tool, (20, 20), (50, 30))
        self.assertFalse(self.script.undoAvailable())

    def testALockedNodeStays(self):
        Gaffer.MetadataAlgo.setReadOnly(self.align, True)
        tool = self.tool(self.dot)
        self.assertIn("cannot be changed", tool.message())
        self.drag(tool, (20, 20), (50, 30))
        self.assertFalse(self.script.undoAvailable())

    def testTheControlsPlaceByHandAndShowOtherFrames(self):
        tool = self.tool(self.dot)
        controls = PlacementControls(tool)
        buttons = {button.text(): button for button in controls._qtWidget().findChildren(QtWidgets.QPushButton)}
        buttons[">"].click()
        with self.script.context():
            self.assertEqual((self.align["frameOffset"].getValue(), self.align["manual"].getValue()), (1, True))
        (check,) = controls._qtWidget().findChildren(QtWidgets.QCheckBox)
        self.assertTrue(check.isChecked())
        check.click()
        with self.script.context():
            self.assertFalse(self.align["manual"].getValue())

    def testItEndsWithItsViewer(self):
        tool = weakref.ref(self.tool(self.dot))
        self.window = self.viewer = None
        self.until(lambda: IECore.RefCounted.collectGarbage() or tool() is None)
