import json

import Gaffer
import GafferImage
import imath

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine, np, picture

_ENGINE = """
import json, sys
import numpy as np
from filmrecovery.picture.ground_truth import ground_truth

pictures = np.load(sys.argv[1])
targets = [ground_truth(pictures["source"], pictures["reference"], *case) for case in json.loads(sys.argv[2])]
np.savez(sys.argv[3], *targets)
"""

_COMPOSED = """
import sys
import numpy as np
from filmrecovery.picture.composed_reference import composed_reference
from filmrecovery.picture.ground_truth import ground_truth

pictures = dict(np.load(sys.argv[1]))
source, reference = pictures.pop("source"), pictures.pop("reference")
composed = composed_reference(reference, {part: [picture] for part, picture in pictures.items()})
np.save(sys.argv[3], ground_truth(source, composed, sys.argv[2]))
"""


class GroundTruthTest(RecoveryTestCase):
    def node(self, source, reference, **values):
        node = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        node["source"].setInput(source)
        node["reference"].setInput(reference)
        for name, value in values.items():
            node[name].setValue(value)
        return node

    def engineTargets(self, source, reference, *cases):
        """The engine's ground truth for each case: mode, median."""
        folder = self.temporaryDirectory()
        np.savez(folder / "pictures.npz", source=source, reference=reference)
        callEngine("-c", _ENGINE, folder / "pictures.npz", json.dumps(cases), folder / "targets.npz")
        with np.load(folder / "targets.npz") as targets:
            return [targets[name] for name in targets.files]

    def testAWorkingSpaceThatIsNotDisplayReferredIsToldAtTheNode(self):
        node = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        image = self.imageOf(picture(1))
        node["source"].setInput(image)
        node["reference"].setInput(image)
        node["median"].setValue(0)
        self.evaluate(node["out"])
        shown = []
        node.errorSignal().connect(lambda plug, source, text: shown.append(text))
        for space, words in (("lin_ap0", "'lin_ap0' is scene-linear"), ("nonsense", "'nonsense' is not in the")):
            self.setWorkingSpace(space)
            with self.assertRefused(words, "srgb_tx" if space == "lin_ap0" else "choose one"):
                self.evaluate(node["out"])
            self.assertIn(f"the working space {words}", shown[-1])
            self.assertNotIn("Traceback", shown[-1])
        self.setWorkingSpace("srgb_tx")
        self.evaluate(node["out"])

    def testIsTheEnginesGroundTruth(self):
        source, reference = picture(1), picture(2)
        node = self.node(self.imageOf(source), self.imageOf(reference))
        cases = [("chroma", 0), ("chroma", 3), ("chroma", 10), ("spatial", 0)]
        for (mode, median), expected in zip(cases, self.engineTargets(source, reference, *cases), strict=True):
            with self.subTest(mode=mode, median=median):
                node["mode"].setValue(mode)
                node["median"].setValue(median)
                self.assertClose(self.rgb(node["out"]), expected, 1e-5)
        self.assertClose(self.rgb(node["trainingInput"]), np.clip(source, 0.0, 1.0), 0.0)

    def testIsComposedAsTheEngineComposesIt(self):
        source, reference, *others = (picture(seed) for seed in range(1, 6))
        for mode, parts in (
            ("plain", ()),
            ("plain", ("luma", "chroma")),
            ("chroma", ("blue",)),
            ("spatial", ("luma", "red", "green")),
        ):
            with self.subTest(mode=mode, parts=parts):
                node = self.node(self.imageOf(source), self.imageOf(reference), mode=mode, median=0)
                given = dict(zip(parts, others, strict=False))
                for part, rgb in given.items():
                    node[part].setInput(self.imageOf(rgb))
                folder = self.temporaryDirectory()
                np.savez(folder / "pictures.npz", source=source, reference=reference, **given)
                callEngine("-c", _COMPOSED, folder / "pictures.npz", mode, folder / "target.npy")
                self.assertClose(self.rgb(node["out"]), np.load(folder / "target.npy"), 1e-5)

    def testAPartIsTakenAsSoonAsItIsConnectedAndNoLonger(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), mode="plain")
        plain = self.rgb(node["out"])
        self.assertClose(plain, np.clip(picture(2), 0, 1), 0.0)
        dirtied = []
        node.plugDirtiedSignal().connect(lambda plug: dirtied.append(plug.getName()), scoped=False)
        node["blue"].setInput(self.imageOf(picture(3)))
        self.assertIn("out", dirtied)
        self.assertClose(self.rgb(node["out"])[..., 2], np.clip(picture(3)[..., 2], 0, 1), 0.0)
        node["blue"].setInput(self.imageOf(picture(2, 50, 70)))
        with self.assertRefused("source is 96x64", "image for blue 70x50"):
            self.evaluate(node["out"])
        node["blue"].setInput(None)
        self.assertClose(self.rgb(node["out"]), plain, 0.0)

    def testMedianIsOfChromaAlone(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), mode="spatial", median=0)
        unfiltered = self.rgb(node["out"])
        node["median"].setValue(10)
        self.assertClose(self.rgb(node["out"]), unfiltered, 0.0)

    def testCropIsThePictureThatTheEngineSees(self):
        source, reference = picture(1), picture(2)
        # Gaffer counts rows from the bottom: 64 rows, so that these are rows 12 to 52 from the top.
        crop = imath.Box2i(imath.V2i(9, 12), imath.V2i(85, 52))
        rows, columns = slice(12, 52), slice(9, 85)
        node = self.node(self.imageOf(source), self.imageOf(reference), median=3, crop=crop)
        (expected,) = self.engineTargets(source[rows, columns], reference[rows, columns], ("chroma", 3))
        self.assertClose(self.rgb(node["out"]), expected, 1e-5)
        self.assertClose(self.rgb(node["trainingInput"]), np.clip(source[rows, columns], 0.0, 1.0), 0.0)
        self.assertEqual(self.window(node["trainingInput"]), self.window(node["out"]))

    def testImagesOfAPairHaveTheSharedDataWindow(self):
        source, reference = picture(1), picture(2)
        # Display window 120x90; the two overlap in x 10..100, y 8..66.
        sourceImage = self.imageOf(source, origin=(4, 2), size=(120, 90))
        referenceImage = self.imageOf(reference, origin=(10, 8), size=(120, 90))
        node = self.node(sourceImage, referenceImage, median=3)
        self.assertEqual(self.window(node["out"]), self.window(node["trainingInput"]))
        shared = source[:58, 6:96], reference[6:64, :90]
        (expected,) = self.engineTargets(*shared, ("chroma", 3))
        self.assertClose(self.rgb(node["out"]), expected, 1e-5)
        self.assertClose(self.rgb(node["trainingInput"]), np.clip(shared[0], 0.0, 1.0), 0.0)

    def testAlphaAndOtherChannelsAreRemoved(self):
        rgb = picture(1)
        planes = {"A": rgb[..., 0], "infrared": rgb[..., 1], "R": rgb[..., 0], "G": rgb[..., 1], "B": rgb[..., 2]}
        node = self.node(self.imageOf(planes), self.imageOf(picture(2)))
        for image in (node["out"], node["trainingInput"]):
            self.assertEqual(sorted(self.channels(image)), ["B", "G", "R"])

    def testRefusesPicturesOfDifferentSize(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2, 50, 70)))
        for image in (node["out"], node["trainingInput"]):
            with self.assertRefused("source is 96x64", "reference 70x50", "size and framing"):
                self.evaluate(image)

    def testRefusesADifferentPixelAspect(self):
        squeezed = GafferImage.Constant()
        squeezed["format"].setValue(GafferImage.Format(96, 64, 2.0))
        node = self.node(self.imageOf(picture(1)), squeezed["out"])
        with self.assertRefused("96x64 and", "96x64 with pixel aspect 2"):
            self.evaluate(node["out"])

    def testRefusesAnUnknownMode(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), mode="luma")
        with self.assertRefused("mode 'luma' is not one of chroma, spatial, plain"):
            self.evaluate(node["out"])

    def testASmoothedReferenceIsForColourAlone(self):
        smoothed = self.script["Smoothed"] = GafferImage.ImageMetadata()
        smoothed["in"].setInput(self.imageOf(picture(2)))
        node = self.node(self.imageOf(picture(1)), smoothed["out"], mode="spatial")
        self.evaluate(node["out"])
        smoothed["metadata"].addChild(Gaffer.NameValuePlug("filmrecovery:filtered", "deband=1thr=0.01", True))
        with self.assertRefused("The reference: was smoothed (deband=1thr=0.01)", "without deblock and deband"):
            self.evaluate(node["out"])
        node["mode"].setValue("chroma")
        self.evaluate(node["out"])

    def testRefusesACropBesideThePicture(self):
        crop = imath.Box2i(imath.V2i(200), imath.V2i(300))
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), crop=crop)
        with self.assertRefused("crop", "leaves nothing of the picture"):
            self.evaluate(node["out"])

    def testRefusesPicturesThatShareNothing(self):
        images = [self.imageOf(picture(1), origin, size=(300, 200)) for origin in ((0, 0), (150, 100))]
        node = self.node(*images)
        with self.assertRefused("source", "reference"):
            self.evaluate(node["out"])

    def testResultFollowsItsSettings(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), median=0)
        seen = [self.rgb(node["out"])]
        for plug, value in (("median", 3), ("mode", "spatial"), ("crop", imath.Box2i(imath.V2i(0), imath.V2i(40)))):
            node[plug].setValue(value)
            seen.append(self.rgb(node["out"]))
            self.assertFalse(np.array_equal(seen[-1], seen[-2]), plug)
        dirtied = []
        node.plugDirtiedSignal().connect(lambda plug: dirtied.append(plug.getName()), scoped=False)
        node["mode"].setValue("chroma")
        self.assertIn("out", dirtied)

    def testWithoutInputsNothingFails(self):
        node = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        self.assertEqual(self.window(node["out"])[1], imath.Box2i())
