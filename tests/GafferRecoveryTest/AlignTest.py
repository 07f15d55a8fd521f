import Gaffer
import GafferImage
import imath

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecovery.images.sourceFiles import sourceFiles
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, readExr, rgbChannels, writeExr


class AlignTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.source, self.reference = rawElements.writeElements(self.folder)
        self.path = self.folder / "alignment.json"
        self.node = self.script["Align"] = GafferRecovery.Align()
        self.node["in"].setInput(self.reader(self.reference))
        self.node["source"].setInput(self.reader(self.source))
        self.node["fileName"].setValue(str(self.path))
        self.script["frame"].setValue(5)

    def align(self, **frames):
        rawElements.writeAlignment(self.path, frames or dict.fromkeys(rawElements.FRAMES, rawElements.matrix()))
        Gaffer.ValuePlug.clearHashCache()

    def inner(self, rgb):
        return rgb[24:-24, 24:-24]

    def assertShows(self, image, rgb, tolerance=1e-4):
        self.assertClose(self.inner(self.rgb(image)), self.inner(rgb), tolerance)

    def testReferenceIsShownAsTheSourceFramesIt(self):
        self.align()
        for frame in (2, 9):
            self.script["frame"].setValue(frame)
            # A shift of whole pixels copies values.
            self.assertShows(self.node["out"], rawElements.seen(frame), 0.0)
            self.assertEqual(self.window(self.node["out"]), self.window(self.node["source"]))
            with self.script.context():
                self.assertEqual(self.node["referenceFrame"].getValue(), rawElements.referenceOf(frame))
                self.assertEqual(list(self.node["out"].channelNames()), ["R", "G", "B"])

    def testItIsTheWarpOfTheEngine(self):
        turned = [[1.01, 0.02, 3.3], [-0.015, 0.99, 1.7], [1e-5, -2e-5, 1.0]]
        rawElements.writeAlignment(self.path, {5: turned})
        picture, _ = readExr(self.folder / f"reference.{rawElements.referenceOf(5):04d}.exr")
        picture = np.stack([picture[name] for name in "RGB"], axis=-1)
        expected = torchEngine.module("filmrecovery.picture.warp").warp(
            picture, np.array(turned), rawElements.HEIGHT, rawElements.WIDTH
        )
        self.assertClose(self.rgb(self.node["out"]), np.nan_to_num(expected, nan=0.0), 0.0)

    def testBlackWhereTheReferenceShowsNothing(self):
        self.align()
        rgb = self.rgb(self.node["out"])
        self.assertEqual(np.abs(rgb[:, -rawElements.SHIFT[0] :]).max(), 0.0)
        self.assertEqual(np.abs(rgb[: rawElements.SHIFT[1]]).max(), 0.0)

    def testDataWindowsNeedNotBeginAtTheOrigin(self):
        self.align()
        size = (rawElements.WIDTH + 40, rawElements.HEIGHT + 60)
        self.node["source"].setInput(self.imageOf(rawElements.faded(5), (10, 30), size))
        self.assertEqual(self.window(self.node["out"]), self.window(self.node["source"]))
        self.assertShows(self.node["out"], rawElements.seen(5), 0.0)

    def testMetadataIsThatOfTheReferencesFrame(self):
        self.align()
        path = self.folder / f"reference.{rawElements.referenceOf(5):04d}.exr"
        writeExr(path, rgbChannels(rawElements.seen(5)), metadata={"reel": "of the video"})
        with self.script.context():
            self.assertEqual(self.node["out"].metadata()["reel"].value, "of the video")

    def testAnAlignmentThatComesChangesTheImage(self):
        with self.assertRefused("dispatch Align", self.path):
            self.evaluate(self.node["out"])
        self.align()
        self.evaluate(self.node["out"])
        rawElements.writeAlignment(self.path, dict.fromkeys(rawElements.FRAMES, rawElements.matrix(right=20)))
        Gaffer.ValuePlug.clearHashCache()
        rgb = self.rgb(self.node["out"])
        self.assertClose(self.inner(rgb[:, :-13]), self.inner(rawElements.seen(5)[:, 13:]), 0.0)

    def testAFrameThatTheReferenceLacks(self):
        rawElements.writeAlignment(self.path, {4: rawElements.matrix()})
        with self.assertRefused("frame 5", "no frame of the reference", "manual"):
            self.evaluate(self.node["out"])

    def testDamagedAlignment(self):
        self.path.write_text("{")
        with self.assertRefused(self.path, "align the elements again"):
            self.evaluate(self.node["out"])

    def testElementsOfAnotherSizeThanTheAlignment(self):
        rawElements.writeAlignment(self.path, {5: rawElements.matrix()}, source_size=(512, 384))
        with self.assertRefused("256x192", "512x384", "dispatch Align again"):
            self.evaluate(self.node["out"])

    def testNotEnabledShowsTheReferenceAsItIs(self):
        self.align()
        self.node["enabled"].setValue(False)
        self.script["frame"].setValue(rawElements.referenceOf(5))
        self.assertClose(self.rgb(self.node["out"]), self.rgb(self.node["in"]), 0.0)
        with self.script.context():
            self.assertEqual(self.node["alignment"].getValue(), "")
            self.assertEqual(self.node["task"].hash().toString(), "0" * 32)

    def testManualPlacementOnTopOfTheAlignment(self):
        self.align()
        self.node["manual"].setValue(True)
        self.assertShows(self.node["out"], rawElements.seen(5), 1e-4)
        # To the right and up, as Gaffer counts.
        self.node["transform"]["translate"].setValue(imath.V2f(6, 3))
        moved = self.rgb(self.node["out"])
        self.assertClose(moved[24:-24, 30:-24], rawElements.seen(5)[27:-21, 24:-30], 1e-4)
        self.node["frameOffset"].setValue(2)
        moved = self.rgb(self.node["out"])
        self.assertClose(moved[24:-24, 30:-24], rawElements.seen(7)[27:-21, 24:-30], 1e-4)

    def testManualPlacementWithoutAnAlignment(self):
        self.node["manual"].setValue(True)
        with self.assertRefused("dispatch Align"):
            self.evaluate(self.node["out"])
        self.node["manualBase"].setValue("fit")
        self.node["frameOffset"].setValue(rawElements.referenceOf(5) - 5)
        self.assertClose(self.rgb(self.node["out"]), self.rgbAt(self.node["in"], rawElements.referenceOf(5)), 1e-5)
        self.node["transform"]["translate"].setValue(imath.V2f(-rawElements.SHIFT[0], rawElements.SHIFT[1] * -1))
        self.assertShows(self.node["out"], rawElements.seen(5))

    def rgbAt(self, image, frame):
        now = self.script["frame"].getValue()
        self.script["frame"].setValue(frame)
        rgb = self.rgb(image)
        self.script["frame"].setValue(now)
        return rgb

    def testRotationAndScaleAreAboutThePivotAndCounterClockwise(self):
        self.align()
        self.node["manual"].setValue(True)
        before = self.rgb(self.node["out"])
        self.node["transform"]["pivot"].setValue(imath.V2f(rawElements.WIDTH / 2, rawElements.HEIGHT / 2))
        self.node["transform"]["rotate"].setValue(180)
        self.assertClose(self.inner(self.rgb(self.node["out"])), self.inner(before[::-1, ::-1]), 1e-3)
        self.node["transform"]["rotate"].setValue(90)
        turned = self.rgb(self.node["out"])
        # What is right of the middle comes above it.
        self.assertClose(turned[96 - 50 - 1, 128 - 1], before[96 - 1, 128 + 50], 1e-3)
        self.node["transform"]["rotate"].setValue(0)
        self.node["transform"]["scale"].setValue(imath.V2f(-1, 1))
        self.assertClose(self.inner(self.rgb(self.node["out"])), self.inner(before[:, ::-1]), 1e-3)

    def testCornersPullThePicture(self):
        self.align()
        self.node["manual"].setValue(True)
        for corner in self.node["corners"].children():
            corner.setValue(imath.V2f(6, 3))
        moved = self.rgb(self.node["out"])
        self.assertClose(moved[24:-24, 30:-24], rawElements.seen(5)[27:-21, 24:-30], 1e-3)
        for corner in self.node["corners"].children():
            corner.setToDefault()
        self.node["corners"]["upperRight"].setValue(imath.V2f(-40, -30))
        pulled = self.rgb(self.node["out"])
        # Beyond the pulled corner there is nothing.
        self.assertEqual(np.abs(pulled[:20, -30:]).max(), 0.0)
        self.assertGreater(pulled[-40:-20, 30:50].min(), 0.0)

    def testPlacementThatLeavesNothingIsRefused(self):
        self.align()
        self.node["manual"].setValue(True)
        self.node["transform"]["scale"].setValue(imath.V2f(0, 1))
        with self.assertRefused("leave nothing of the picture"):
            self.evaluate(self.node["out"])

    def testManualCanBeAnimated(self):
        self.align()
        for plug in (
            self.node["manual"],
            self.node["transform"]["translate"]["x"],
            self.node["corners"]["upperLeft"]["y"],
        ):
            self.assertTrue(Gaffer.Animation.canAnimate(plug), plug.getName())
        curve = Gaffer.Animation.acquire(self.node["manual"])
        step = Gaffer.Animation.Interpolation.Constant
        for frame, value in ((1, 0), (5, 1), (6, 0)):
            curve.addKey(Gaffer.Animation.Key(frame / 24, value, step))
        self.node["transform"]["translate"]["x"].setValue(10)
        for frame, shift in ((4, 0), (5, 10), (6, 0)):
            self.script["frame"].setValue(frame)
            rgb = self.rgb(self.node["out"])
            self.assertClose(
                rgb[24:-24, 34:-24], rawElements.seen(frame)[24:-24, 34 - shift : rawElements.WIDTH - 24 - shift], 1e-4
            )

    def testComparisonTellsAlignedFromNot(self):
        self.align()
        for mode in ("edges", "difference"):
            self.node["comparisonMode"].setValue(mode)
            self.node["manual"].setValue(False)
            aligned = self.colourfulness(mode)
            self.node["manual"].setValue(True)
            self.node["transform"]["translate"].setValue(imath.V2f(3, 0))
            self.assertGreater(self.colourfulness(mode), 1.5 * aligned, mode)

    def colourfulness(self, mode):
        rgb = self.inner(self.rgb(self.node["comparison"]))
        return np.abs(rgb[..., 0] - (rgb[..., 1] if mode == "edges" else 0.5)).mean()

    def testFramesDependOnTheFileOfTheReferencesFrame(self):
        self.align()
        with self.script.context():
            files = sourceFiles(self.node["out"])
        self.assertIn(self.folder / f"reference.{rawElements.referenceOf(5):04d}.exr", files)
        self.assertNotIn(self.folder / "reference.0005.exr", files)

    def testHashesAreTheSameInEveryProcess(self):
        self.align()
        path = self.save()
        code = (
            f"import Gaffer, GafferImage; s = Gaffer.ScriptNode(); s['fileName'].setValue({str(path)!r}); s.load()\n"
            "with s.context(): print(GafferImage.ImageAlgo.imageHash(s['Align']['out']))"
        )
        with self.script.context():
            expected = str(GafferImage.ImageAlgo.imageHash(self.node["out"]))
        self.assertIn(expected, self.callGaffer("env", "python", "-c", code))
