import Gaffer
import GafferImage
from Qt import QtCore, QtTest, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from GafferRecoveryUI.viewerTools.MaskTool import MaskControls
from GafferRecoveryUITest.ViewerTestCase import ViewerTestCase


class MaskToolTest(ViewerTestCase):
    def setUp(self):
        ViewerTestCase.setUp(self)
        source = self.source = self.script["Source"] = GafferImage.Checkerboard()
        source["format"].setValue(GafferImage.Format(200, 100, 1.0))
        self.pairs = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        self.pairs["input"].setInput(source["out"])
        self.script["frameRange"]["end"].setValue(20)

    def tool(self, text="", node=None):
        self.pairs["maskBoxes"].setValue(text)
        return self.toolOn(GafferRecoveryUI.MaskTool, node or self.source)

    def text(self):
        return self.pairs["maskBoxes"].getValue()

    def at(self, tool, frame):
        self.script["frame"].setValue(frame)
        self.until(lambda: self.viewer.view().context().getFrame() == frame)
        tool.refresh()

    def press(self, controls, text):
        buttons = controls._qtWidget().findChildren(QtWidgets.QPushButton)
        (button,) = [one for one in buttons if one.text() == text]
        button.click()

    def testAShapeIsAddedAndItsCornersAreDragged(self):
        tool = self.tool()
        self.assertIn("no shapes", tool.message())
        self.press(MaskControls(tool), "New Shape")
        self.assertEqual(self.text(), "1-20: 75,38 125,38 125,62 75,62")
        # The upper left corner, counted from the top.
        self.drag(tool, (75, 62), (20, 90))
        (x, y), *others = tool.mask().shapes[0].at(1)
        self.assertAlmostEqual(x, 20, delta=1)
        self.assertAlmostEqual(y, 10, delta=1)
        self.assertEqual(others, [(125, 38), (125, 62), (75, 62)])
        for text in ("1-20: 75,38 125,38 125,62 75,62", ""):
            self.script.undo()
            self.assertEqual(self.text(), text)
        self.assertFalse(self.script.undoAvailable())

    def testAnEdgeThatIsPulledGetsACornerAndABoxBecomesAPolygonByIt(self):
        tool = self.tool("1-9: 50,20,150,60 > 20: 50,40,150,80")
        self.drag(tool, (150, 60), (180, 60))
        first, last = tool.mask().shapes[0].keys.values()
        self.assertEqual(len(first), 5)
        self.assertAlmostEqual(first[2][0], 180, delta=1)
        self.assertEqual(last, ((50, 40), (150, 40), (150, 60), (150, 80), (50, 80)))
        self.script.undo()
        self.assertEqual(self.text(), "1-9: 50,20,150,60 > 20: 50,40,150,80")

    def testABoxStaysABoxWhenItsCornerIsDraggedAndShapesStayWithinThePicture(self):
        tool = self.tool("1-20: 50,20,150,60")
        self.drag(tool, (50, 40), (30, 20))
        (left, top), (right, bottom) = tool.mask().shapes[0].at(1)
        self.assertEqual((top, right), (20, 150))
        self.assertAlmostEqual(left, 30, delta=1)
        self.assertAlmostEqual(bottom, 80, delta=1)
        self.drag(tool, (120, 60), (400, 60))
        (moved, _), (right, _) = tool.mask().shapes[0].at(1)
        self.assertEqual((right, right - moved), (200, 150 - left))

    def testAShapeMovesByKeys(self):
        tool = self.tool("1-20: 50,20 90,20 90,60 50,60")
        controls = MaskControls(tool)
        self.at(tool, 11)
        self.press(controls, "Set Key")
        self.drag(tool, (70, 70), (90, 60))
        shape = tool.mask().shapes[0]
        self.assertEqual(sorted(shape.keys), [1, 11, 20])
        self.assertEqual(shape.at(1), shape.at(20))
        self.assertAlmostEqual(shape.at(6)[0][0], 60, delta=1)
        self.assertIn("moves from 1 to 20 by 3 keys, one here", tool.message())
        self.at(tool, 6)
        self.drag(tool, (80, 65), (80, 45))
        self.assertEqual(sorted(tool.mask().shapes[0].keys), [1, 6, 11, 20])
        self.press(controls, ">")
        self.assertEqual(self.script["frame"].getValue(), 11)
        for frame in (11, 6, 20):
            self.at(tool, frame)
            self.press(controls, "Remove Key")
        self.assertEqual(self.text(), "1-20: 50,20 90,20 90,60 50,60")

    def testAShapeBeginsAndEndsWhereItIsSaid(self):
        tool = self.tool("1-20: 50,20,90,60; 1: 0,0,10,10 > 11: 100,0,110,10")
        controls = MaskControls(tool)
        self.at(tool, 6)
        self.press(controls, "To Here")
        self.assertEqual(self.text(), "1-20: 50,20,90,60; 1: 0,0,10,10 > 6: 50,0,60,10")
        self.at(tool, 7)
        self.press(controls, "From Here")
        self.assertEqual(self.text(), "7-20: 50,20,90,60; 1: 0,0,10,10 > 6: 50,0,60,10")
        self.press(controls, "Delete")
        self.assertEqual(self.text(), "1: 0,0,10,10 > 6: 50,0,60,10")
        self.assertIn("none of its 1 shapes is at frame 7", tool.message())

    def hover(self, tool, point):
        self.drag(tool, point, point)
        widget = self.viewer.viewGadgetWidget()._qtWidget()
        QtTest.QTest.keyClick(widget, QtCore.Qt.Key_X)

    def testXTakesACornerAwayAndThenTheShape(self):
        tool = self.tool("1-20: 50,20 90,20 90,60 50,60")
        self.hover(tool, (50, 80))
        self.assertEqual(self.text(), "1-20: 90,20 90,60 50,60")
        self.hover(tool, (80, 50))
        self.assertEqual(self.text(), "")

    def testTheMaskIsThatOfWhatIsTrainedOnAndAFaultyOneIsTold(self):
        other = self.script["Elsewhere"] = GafferImage.Checkerboard()
        self.assertIn("Nothing to mask here", self.tool(node=other).message())
        grade = self.script["Grade"] = GafferImage.Grade()
        grade["in"].setInput(self.source["out"])
        self.assertIn("shape 1: stands still, frames 3-5", self.toolAt(3, "3-5: 0,0,9,9", grade).message())
        self.assertIn("expected frames and edges", self.tool("3-5: 0,0", grade).message())

    def toolAt(self, frame, text, node):
        tool = self.tool(text, node)
        self.at(tool, frame)
        return tool

    def testALockedNodeStays(self):
        tool = self.tool("1-20: 50,20,150,60")
        Gaffer.MetadataAlgo.setReadOnly(self.pairs, True)
        tool.refresh()
        self.assertIn("cannot be changed", tool.message())
        self.drag(tool, (100, 60), (120, 60))
        self.assertEqual(self.text(), "1-20: 50,20,150,60")
