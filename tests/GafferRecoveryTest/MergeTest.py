import imath

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine, np, picture, rgbChannels

_ENGINE = """
import sys
import numpy as np
from filmrecovery.picture.merge import merge

pictures = np.load(sys.argv[1])
merged = {operation: merge(pictures["original"], pictures["recovered"], operation) for operation in sys.argv[3:]}
np.savez(sys.argv[2], **merged)
"""


class MergeTest(RecoveryTestCase):
    def node(self, original, recovered, **values):
        node = self.script["Merge"] = GafferRecovery.Merge()
        node["original"].setInput(original)
        node["recovered"].setInput(recovered)
        for name, value in values.items():
            node[name].setValue(value)
        return node

    def testIsTheEnginesMerge(self):
        original, recovered = picture(1), picture(2)
        node = self.node(self.imageOf(original, (-40, 33)), self.imageOf(recovered, (-40, 33)))
        folder = self.temporaryDirectory()
        np.savez(folder / "pictures.npz", original=original, recovered=recovered)
        callEngine("-c", _ENGINE, folder / "pictures.npz", folder / "merged.npz", "color", "luminosity")
        with np.load(folder / "merged.npz") as merged:
            for operation in ("color", "luminosity"):
                node["operation"].setValue(operation)
                self.assertClose(self.rgb(node["out"]), merged[operation], 1e-5)
                self.assertGreater(np.abs(merged[operation] - original).max(), 0.1)
                self.assertGreater(np.abs(merged[operation] - recovered).max(), 0.1)

    def testKeepsWhatIsTheOriginals(self):
        rgb = picture(1)
        planes = {"infrared": rgb[..., 0], **rgbChannels(rgb), "A": rgb[..., 1] * 0.5}
        original = self.imageOf(planes, (7, 9), size=(128, 96), metadata={"FilmTitle": "Mission", "ShotID": "7"})
        others = {"A": rgb[..., 2], "infrared": rgb[..., 2], "extra": rgb[..., 2]}
        recovered = self.imageOf(rgbChannels(picture(2)) | others, (7, 9), (128, 96), {"FilmTitle": "Other"})
        for operation in ("color", "luminosity"):
            node = self.node(original, recovered, operation=operation)
            self.assertEqual(self.window(node["out"]), self.window(original))
            channels = self.channels(node["out"])
            self.assertEqual(set(channels), set(planes))
            for name in ("A", "infrared"):
                self.assertClose(channels[name], planes[name], 0.0)
            with self.script.context():
                self.assertEqual(node["out"].metadata(), original.metadata())

    def testTheGradeOfTheRecoveredImageIsTold(self):
        original = self.imageOf(picture(1), metadata={"reel": "2"})
        recovered = self.imageOf(picture(2), metadata={"reel": "3", "filmrecovery:grade": "film"})
        node = self.node(original, recovered)
        with self.script.context():
            metadata = node["out"].metadata()
            self.assertEqual((metadata["reel"].value, metadata["filmrecovery:grade"].value), ("2", "film"))
            node["enabled"].setValue(False)
            self.assertEqual(node["out"].metadata(), original.metadata())

    def testDisabledIsTheOriginal(self):
        original = self.imageOf(picture(1))
        node = self.node(original, self.imageOf(picture(2)), enabled=False)
        self.assertImagesEqual(node["out"], original)
        # Whatever else is wrong.
        node["operation"].setValue("multiply")
        node["recovered"].setInput(self.imageOf(picture(2, 10, 10)))
        self.assertImagesEqual(node["out"], original)

    def testRefusesPicturesOfDifferentSize(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2, 50, 70)))
        with self.assertRefused("original is 96x64", "recovered 70x50"):
            self.evaluate(node["out"])

    def testRefusesAnotherDataWindow(self):
        original = self.imageOf(picture(1), size=(128, 96))
        for rgb, origin in ((picture(2), (1, 0)), (picture(2, 60, 90), (0, 0))):
            node = self.node(original, self.imageOf(rgb, origin, size=(128, 96)))
            with (
                self.subTest(origin=origin),
                self.assertRefused("recovered image's data window", "whole of the origin"),
            ):
                self.evaluate(node["out"])

    def testRefusesAnUnknownOperation(self):
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)), operation="multiply")
        with self.assertRefused("operation 'multiply' is not one of color, luminosity"):
            self.evaluate(node["out"])

    def testRefusesAWorkingSpaceThatIsNotDisplayReferred(self):
        # As soon as it is set.
        node = self.node(self.imageOf(picture(1)), self.imageOf(picture(2)))
        self.evaluate(node["out"])
        self.setWorkingSpace("lin_ap0")
        with self.assertRefused("'lin_ap0' is scene-linear", "choose one such as srgb_tx"):
            self.evaluate(node["out"])
        self.setWorkingSpace("srgb_tx")
        self.evaluate(node["out"])

    def testWithoutInputsNothingFails(self):
        node = self.script["Merge"] = GafferRecovery.Merge()
        self.assertEqual(self.window(node["out"])[1], imath.Box2i())
