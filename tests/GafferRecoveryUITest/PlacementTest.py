import math

import Gaffer
import GafferImage
import GafferUITest
import imath

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecovery.images import manualPlacement
from GafferRecoveryUI.viewerTools import homography
from GafferRecoveryUI.viewerTools.Placement import Placement


class PlacementTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.script = Gaffer.ScriptNode()
        source = self.script["Source"] = GafferImage.Checkerboard()
        source["format"].setValue(GafferImage.Format(200, 100, 1.0))
        self.align = self.script["Align"] = GafferRecovery.Align()
        self.align["source"].setInput(source["out"])
        self.script["frame"].setValue(5)

    def placement(self, frame=5):
        self.script["frame"].setValue(frame)
        return Placement(self.align, self.script.context())

    def at(self, plug, frame):
        with Gaffer.Context(self.script.context()) as context:
            context.setFrame(frame)
            return plug.getValue()

    def assertPoints(self, points, expected):
        for point, other in zip(points, expected, strict=True):
            self.assertAlmostEqual(point[0], other[0], delta=0.01)
            self.assertAlmostEqual(point[1], other[1], delta=0.01)

    def testAFrameIsMovedAndTheOthersStay(self):
        self.placement().moveBy((10, 10), (13, 8))
        self.assertPoints(self.placement().corners(), [(3, -2), (203, -2), (203, 98), (3, 98)])
        for frame, byHand in ((1, False), (4, False), (5, True), (6, False), (9, False)):
            self.assertEqual(self.at(self.align["manual"], frame), byHand, frame)

    def testEachFrameHasItsOwnPlacement(self):
        self.placement(5).moveBy((0, 0), (4, 0))
        self.placement(9).turnBy((200, 50), (100, 150))
        self.placement(9).moveBy((0, 0), (0, 7))
        self.assertEqual(self.at(self.align["transform"]["translate"], 5), imath.V2f(4, 0))
        self.assertEqual(self.at(self.align["transform"]["rotate"], 5), 0)
        self.assertAlmostEqual(self.at(self.align["transform"]["rotate"], 9), 90, delta=0.01)
        self.assertEqual([self.at(self.align["manual"], frame) for frame in (5, 6, 8, 9, 10)], [1, 0, 0, 1, 0])

    def testNeighboursByHandDoNotTurnEachOtherOff(self):
        self.placement(5).nudge(1, 0)
        self.placement(6).nudge(2, 0)
        self.placement(4).nudge(3, 0)
        self.assertEqual([self.at(self.align["manual"], frame) for frame in (3, 4, 5, 6, 7)], [0, 1, 1, 1, 0])
        self.assertEqual([self.at(self.align["transform"]["translate"]["x"], frame) for frame in (4, 5, 6)], [3, 1, 2])
        self.placement(5).setByHand(False)
        self.assertEqual([self.at(self.align["manual"], frame) for frame in (3, 4, 5, 6, 7)], [0, 1, 0, 1, 0])

    def testAFrameIsComparedWithItsAlignment(self):
        self.placement(5).nudge(2, 0)
        self.placement(9).nudge(4, 0)
        self.placement(9).setByHand(False)
        self.assertPoints(self.placement(9).corners()[:1], [(0, 0)])
        self.placement(9).setByHand(True)
        self.assertPoints(self.placement(9).corners()[:1], [(4, 0)])
        # One that was never placed begins where the alignment has it.
        self.placement(7).setByHand(True)
        self.assertPoints(self.placement(7).corners()[:1], [(0, 0)])

    def testItTurnsAndScalesAroundTheMiddle(self):
        self.placement().turnBy((200, 50), (100, 150))
        self.assertPoints([self.placement().centre()], [(100, 50)])
        self.assertPoints(self.placement().corners()[:1], [(150, -50)])
        self.placement().scaleBy((100, 150), (100, 250))
        self.assertPoints(self.placement().corners()[:1], [(200, -150)])
        self.placement().scaleBy((100, 250), (100, 150), axis=0)
        self.assertPoints(self.placement().corners()[:1], [(200, -50)])

    def testAPivotOfTheUserStays(self):
        self.align["manual"].setValue(True)
        self.align["transform"]["pivot"].setValue(imath.V2f(7, 9))
        self.align["transform"]["rotate"].setValue(30)
        before = self.placement().centre()
        self.placement().turnBy((200, 50), (150, 90))
        self.placement().scaleBy((200, 50), (220, 60))
        self.assertPoints([self.placement().centre()], [before])
        self.assertEqual(self.align["transform"]["pivot"].getValue(), imath.V2f(7, 9))

    def testACornerIsPulledAndTheOthersStay(self):
        self.placement().nudge(5, 3)
        self.placement().turnBy((200, 50), (198, 60))
        before = self.placement().corners()
        self.placement().pullCorner(2, (0, 0), (-20, 12))
        after = self.placement().corners()
        self.assertPoints(after[:2] + after[3:], before[:2] + before[3:])
        self.assertPoints([after[2]], [(before[2][0] - 20, before[2][1] + 12)])

    def testItGoesOnFromPulledCorners(self):
        self.placement().pullCorner(1, (0, 0), (30, -20))
        self.placement().moveBy((100, 50), (120, 40))
        # What was under the mouse follows it.
        placement = self.placement()
        placement.moveBy((120, 40), (100, 50))
        self.assertPoints(self.placement().corners(), [(0, 0), (230, -20), (200, 100), (0, 100)])

    def testAPictureIsNotFolded(self):
        self.placement().pullCorner(0, (0, 0), (190, 95))
        self.assertFalse(self.at(self.align["manual"], 5))
        self.assertEqual(self.at(self.align["corners"]["lowerLeft"], 5), imath.V2f(0))

    def testWhereAllFramesArePlacedByHandTheyAreMovedTogether(self):
        self.align["manual"].setValue(True)
        self.placement(5).nudge(2, 1)
        self.assertFalse(Gaffer.Animation.isAnimated(self.align["transform"]["translate"]["x"]))
        self.assertEqual(self.at(self.align["transform"]["translate"], 40), imath.V2f(2, 1))
        Gaffer.Animation.acquire(self.align["transform"]["translate"]["x"]).insertKey(0, 2)
        self.placement(5).nudge(2, 1)
        self.assertEqual(self.at(self.align["transform"]["translate"]["x"], 0), 2)
        self.assertEqual(self.at(self.align["transform"]["translate"]["x"], 5), 4)

    def testItIsUndoneAsAWhole(self):
        before = self.script.serialise()
        with Gaffer.UndoScope(self.script):
            self.placement().pullCorner(2, (0, 0), (-20, 12))
        self.assertNotEqual(self.script.serialise(), before)
        self.script.undo()
        self.assertFalse(self.align["manual"].getInput() or self.align["manual"].getValue())
        self.assertEqual(self.at(self.align["corners"]["upperRight"], 5), imath.V2f(0))

    def testAnotherFrameOfTheReferenceIsShown(self):
        self.placement().showOtherFrame(1)
        self.placement().showOtherFrame(1)
        self.assertEqual(self.at(self.align["frameOffset"], 5), 2)
        self.placement().reset()
        self.assertEqual(self.at(self.align["frameOffset"], 5), 0)
        self.assertTrue(self.at(self.align["manual"], 5))

    def testALockedNodeCannotBePlaced(self):
        self.assertTrue(self.placement().editable())
        self.placement().nudge(1, 0)
        self.assertTrue(self.placement().editable())
        Gaffer.MetadataAlgo.setReadOnly(self.align, True)
        self.assertFalse(self.placement().editable())

    def testTheCornersAreThoseOfTheImage(self):
        """The same placement by numpy, as `out` takes it, brings corners to where the handles are drawn."""
        self.placement().nudge(4, -6)
        self.placement().turnBy((200, 50), (195, 80))
        self.placement().scaleBy((200, 50), (210, 55))
        self.placement().pullCorner(3, (0, 0), (-9, 14))
        placement = self.placement()
        np = torchEngine.module("numpy")
        with self.script.context():
            moved = manualPlacement.moved(
                np.eye(3),
                self.align["transform"].matrix(),
                [self.align["corners"][name].getValue() for name in manualPlacement.CORNERS],
                self.align["source"].dataWindow(),
            )
        # From the source to the reference, with rows from the top: the corners of the picture lie at its corners.
        for (x, y), (cornerX, cornerY) in zip(placement.corners(), placement.window, strict=True):
            u, v, w = moved @ (x, 100 - y, 1)
            self.assertAlmostEqual(u / w, cornerX, delta=0.01)
            self.assertAlmostEqual(v / w, 100 - cornerY, delta=0.01)

    def testAHomographyTakesFourPointsToFourOthers(self):
        quad, other = [(0, 0), (10, 1), (9, 8), (-1, 7)], [(3, 3), (20, 0), (22, 15), (1, 12)]
        matrix = homography.between(quad, other)
        assert matrix is not None
        self.assertPoints([homography.applied(matrix, point) for point in quad], other)
        back = homography.inverted(matrix)
        self.assertPoints([homography.applied(back, point) for point in other], quad)
        self.assertIsNone(homography.between(quad, [(0, 0), (1, 0), (2, 0), (0, 1)]))
        self.assertTrue(math.isclose(matrix[8], 1.0))
