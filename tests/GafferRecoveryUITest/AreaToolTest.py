import Gaffer
import GafferImage
from Qt import QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.reference.curation.shared_crop import Overlay, SharedCrop, write_crop
from GafferRecoveryUI.viewerTools.AreaTool import AreaControls
from GafferRecoveryUITest.ViewerTestCase import ViewerTestCase


class AreaToolTest(ViewerTestCase):
    def setUp(self):
        ViewerTestCase.setUp(self)
        source = self.source = self.script["Source"] = GafferImage.Checkerboard()
        source["format"].setValue(GafferImage.Format(200, 100, 1.0))
        self.crop = self.script["SharedCrop"] = GafferRecovery.SharedCrop()
        self.align = self.script["Align"] = GafferRecovery.Align()
        for node in (self.crop, self.align):
            node["source"].setInput(source["out"])
        self.path = self.temporaryDirectory() / "crop.json"
        self.crop["fileName"].setValue(str(self.path))

    def writeCrop(self):
        """5 lines less at the left, 10 at the top, 20 at the right and 30 at the bottom; a logo at the top right."""
        overlay = Overlay("source", "logo", 150, 20, 170, 40)
        write_crop(self.path, SharedCrop(5, 10, 180, 70, 200, 100, overlays=(overlay,)))

    def tool(self, node=None):
        return self.toolOn(GafferRecoveryUI.AreaTool, node or self.source)

    def sides(self):
        return tuple(self.crop[side].getValue() for side in ("left", "top", "right", "bottom"))

    def testTheCropIsShownAsItWasFound(self):
        self.writeCrop()
        tool = self.tool()
        self.assertEqual(tool.area().area(), (5, 30, 180, 90))
        self.assertEqual(tool.area().overlays(), [("logo of the source", (150, 60, 170, 80))])
        self.assertIn("left 5 (as found), top 10 (as found)", tool.message())
        self.assertNotIn("Dispatch", tool.message())

    def testADragSetsASideByHandAndIsUndone(self):
        self.writeCrop()
        tool = self.tool()
        self.drag(tool, (5, 60), (25, 60))
        left, *others = self.sides()
        self.assertAlmostEqual(left, 25, delta=1)
        self.assertEqual(others, [-1, -1, -1])
        self.assertIn("Dispatch it, to use this", tool.message())
        self.drag(tool, (180, 90), (170, 80))
        _, top, right, bottom = self.sides()
        self.assertAlmostEqual(top, 20, delta=1)
        self.assertAlmostEqual(right, 30, delta=1)
        self.assertEqual(bottom, -1)
        for _ in range(2):
            self.script.undo()
        self.assertEqual(self.sides(), (-1, -1, -1, -1))
        self.assertFalse(self.script.undoAvailable())

    def testItStaysWithinThePicture(self):
        tool = self.tool()
        self.assertIn("no crop yet", tool.message())
        self.assertEqual(tool.area().area(), (0, 0, 200, 100))
        self.drag(tool, (0, 50), (-40, 50))
        self.assertEqual(self.sides(), (-1, -1, -1, -1))
        self.drag(tool, (200, 50), (-40, 50))
        self.assertEqual(self.sides(), (-1, -1, 184, -1))

    def testAsFoundLeavesItToTheNode(self):
        self.writeCrop()
        self.crop["top"].setValue(40)
        controls = AreaControls(self.tool())
        (button,) = controls._qtWidget().findChildren(QtWidgets.QPushButton, "")[-1:]
        self.assertEqual(button.text(), "As Found")
        button.click()
        self.assertEqual(self.sides(), (-1, -1, -1, -1))

    def testTheRegionThatIsComparedIsDrawn(self):
        tool = self.tool()
        tool["draws"].setValue("region")
        tool.refresh()
        self.assertIn("compares the whole picture", tool.message())
        self.drag(tool, (100, 0), (100, 25))
        x0, y0, x1, y1 = (int(part) for part in self.align["region"].getValue().split(","))
        self.assertEqual((x0, y0, x1), (0, 0, 200))
        self.assertAlmostEqual(y1, 75, delta=1)
        self.drag(tool, (100, 100 - y1), (100, -20))
        self.assertEqual(self.align["region"].getValue(), "")

    def testASelectedNodeIsMeantWhereThereAreSeveral(self):
        other = self.script["Other"] = GafferRecovery.SharedCrop()
        other["source"].setInput(self.source["out"])
        tool = self.tool()
        self.assertIn("SharedCrop", tool.message())
        self.script.selection().add(other)
        tool.refresh()
        self.assertTrue(tool.area().node.isSame(other))

    def testItIsFoundFromWhatIsTrainedOn(self):
        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        for plug in ("source", "reference"):
            truth[plug].setInput(self.source["out"])
        truth["crop"].setInput(self.crop["crop"])
        self.writeCrop()
        dot = self.script["Dot"] = Gaffer.Dot()
        dot.setup(truth["trainingInput"])
        dot["in"].setInput(truth["trainingInput"])
        self.assertTrue(self.tool(dot).area().node.isSame(self.crop))

    def testItSaysWhereThereIsNothingToDraw(self):
        other = self.script["Elsewhere"] = GafferImage.Checkerboard()
        self.assertIn("Nothing to crop here", self.tool(other).message())

    def testALockedNodeStays(self):
        Gaffer.MetadataAlgo.setReadOnly(self.crop, True)
        tool = self.tool()
        self.assertIn("cannot be changed", tool.message())
        self.drag(tool, (0, 50), (40, 50))
        self.assertEqual(self.sides(), (-1, -1, -1, -1))
