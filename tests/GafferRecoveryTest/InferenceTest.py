import threading
import time
from unittest import mock

import Gaffer
import GafferImage
import GafferImageTest
import imath

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.InferenceTestCase import InferenceTestCase, recovered
from GafferRecoveryTest.RecoveryTestCase import (
    callEngine,
    np,
    picture,
    readExr,
    rgbChannels,
    torch,
    writeExr,
)

_CANCEL_WHILE_IMPORTING = """
import sys, time
import Gaffer, GafferImage, GafferRecovery

script = Gaffer.ScriptNode()
script["Constant"] = GafferImage.Constant()
script["Inference"] = GafferRecovery.Inference()
script["Inference"]["in"].setInput(script["Constant"]["out"])
script["Inference"]["model"].setValue({model!r})

def compute(canceller):
    with Gaffer.Context(script.context(), canceller):
        GafferImage.OpenColorIOAlgo.setWorkingSpace(Gaffer.Context.current(), "srgb_tx")
        GafferImage.ImageAlgo.tiles(script["Inference"]["out"])

task = Gaffer.BackgroundTask(script["Inference"]["out"], compute)
while "torch" not in sys.modules and task.status() != task.Status.Errored:
    time.sleep(0.001)
task.cancelAndWait()
# One of the last functions that torch makes.
print(task.status(), hasattr(sys.modules["torch"], "compile"))
"""

balances = torchEngine.module("filmrecovery.model.balance")
luma = torchEngine.module("filmrecovery.picture.luma")
CleanSettings = torchEngine.module("filmrecovery.model.clean_settings").CleanSettings
SourcePreparation = torchEngine.module("filmrecovery.model.source_preparation").SourcePreparation


class InferenceTest(InferenceTestCase):
    def testIsWhatTheEngineMakesOfThePicture(self):
        rgb = picture(1, 150, 200)
        for mode in ("chroma", "spatial", "plain"):
            with self.subTest(mode=mode):
                node = self.node(self.imageOf(rgb), self.model(f"{mode}.safetensors", mode=mode))
                result = self.rgb(node["out"])
                self.assertClose(result, recovered(rgb, mode), 1e-5)
                self.assertGreater(np.abs(result - rgb).max(), 0.02)
                # Values beyond 0..1 survive.
                self.assertLess(result.min(), 0.0)
                self.assertGreater(result.max(), 1.0)

    def testIsTheEnginesRender(self):
        rgb = np.abs(picture(1)) * 0.5
        source = self.temporaryDirectory() / "source.0001.exr"
        writeExr(source, rgbChannels(rgb))
        # The last working space is Gaffer's default, which is scene-linear.
        models = {
            space: self.model(f"{space}.safetensors", seed=seed, working_space=space)
            for seed, space in enumerate(("srgb_tx", "g24_rec709"))
        }
        for modelSpace, workingSpace in (
            ("srgb_tx", "srgb_tx"),
            ("g24_rec709", "srgb_tx"),
            ("srgb_tx", "g24_rec709"),
            ("g24_rec709", "scene_linear"),
        ):
            with self.subTest(modelSpace=modelSpace, workingSpace=workingSpace):
                model = models[modelSpace]
                expected = self.temporaryDirectory() / f"{modelSpace}.0001.exr"
                if not expected.exists():
                    patterns = [str(path).replace("0001", "####") for path in (source, expected)]
                    options = ["--source-space", "lin_ap0", "--encoding", "float", "--device", "cpu"]
                    callEngine("-m", "filmrecovery", "render", model, *patterns, *options)
                self.setWorkingSpace(workingSpace)
                node = self.node(self.reader(source, "lin_ap0"), model)
                writer = GafferRecovery.RecoveryWriter()
                self.script.addChild(writer)
                writer["in"].setInput(node["out"])
                writer["encoding"].setValue("float")
                writer["fileName"].setValue(str(self.temporaryDirectory() / f"{modelSpace}.{workingSpace}.exr"))
                self.execute(writer)
                for (name, actual), (expectedName, plane) in zip(
                    readExr(writer["fileName"].getValue())[0].items(), readExr(expected)[0].items(), strict=True
                ):
                    self.assertEqual(name, expectedName)
                    self.assertClose(actual, plane, 1e-4)
                    self.assertGreater(np.abs(actual - rgbChannels(rgb)[name]).max(), 0.01)

    def testEachShotHasItsGrade(self):
        image, model = self.imageOf(picture(1)), self.model(shots=("A_010", "A_020"), mode="spatial")
        node = self.node(image, model)
        film = self.rgb(node["out"])
        for shot, change in (("A_010", 0.1), ("A_020", 0.2), ("unknown", 0.0), ("", 0.0)):
            node["shot"].setValue(shot)
            with self.subTest(shot=shot):
                # The members answer to the grade too, a little.
                self.assertAlmostEqual(float((self.rgb(node["out"]) - film).mean()), change, delta=0.02)

    def testMetadataNamesTheGrade(self):
        image, model = self.imageOf(picture(1), metadata={"reel": "2"}), self.model(shots=("A_010", "A_020"))

        def grade(node):
            with self.script.context():
                metadata = node["out"].metadata()
            self.assertEqual(metadata["reel"].value, "2")
            return metadata["filmrecovery:grade"].value if "filmrecovery:grade" in metadata else None

        node = self.node(image, model)
        for shot, name in (("A_010", "A_010"), ("A_020", "A_020"), ("A_030", "film"), ("", "film")):
            node["shot"].setValue(shot)
            self.assertEqual(grade(node), name)
        second = self.node(node["out"], model, shot="A_020")
        self.assertEqual(grade(second), "film; A_020")
        second["enabled"].setValue(False)
        self.assertEqual(grade(second), "film")
        # It follows the file, which has other shots or none.
        self.model(shots=("B_010", ""), seed=1)
        node["shot"].setValue("B_010")
        node["refreshCount"].setValue(1)
        self.assertEqual(grade(node), "B_010")
        self.assertIsNone(grade(self.node(image, self.model("one.safetensors"))))
        missing = self.temporaryDirectory() / "none.safetensors"
        self.assertIsNone(grade(self.node(image, missing, missingModel="passThrough")))

    def testWrittenFrameNamesTheGradeBesideItsProvenance(self):
        node = self.node(self.imageOf(picture(1)), self.model(shots=("A_010", "A_020")), shot="A_030")
        provenance = self.script["Provenance"] = GafferRecovery.Provenance()
        provenance["in"].setInput(node["out"])
        provenance["models"][0].setInput(node["model"])
        writer = self.script["RecoveryWriter"] = GafferRecovery.RecoveryWriter()
        writer["in"].setInput(provenance["out"])
        writer["fileName"].setValue(str(self.temporaryDirectory() / "recovered.0001.exr"))
        for shot, name in (("A_030", "film"), ("A_010", "A_010")):
            node["shot"].setValue(shot)
            self.execute(writer)
            _, spec = readExr(writer["fileName"].getValue())
            self.assertEqual(spec.get_string_attribute("filmrecovery:grade"), name)
            self.assertEqual(spec.get_string_attribute("RecoveryType"), "chroma")

    def testCropIsWhatIsRecovered(self):
        rgb = picture(1, 100, 180)
        image = self.imageOf(rgb, (30, 20), size=(256, 192))
        node = self.node(image, self.model())
        node["crop"].setValue(imath.Box2i(imath.V2i(40, 30), imath.V2i(130, 110)))
        recovered = self.rgb(node["out"])
        # Rows count from the bottom of the display window, and the picture begins at 20.
        rows, columns = slice(100 - 90, 100 - 10), slice(10, 100)
        part = self.node(self.imageOf(rgb[rows, columns]), self.model())
        self.assertClose(recovered[rows, columns], self.rgb(part["out"]), 1e-5)
        changed = np.abs(recovered - rgb).max(axis=-1) > 0
        self.assertTrue(changed[rows, columns].any())
        changed[rows, columns] = False
        self.assertFalse(changed.any())
        node["crop"].setValue(imath.Box2i(imath.V2i(0), imath.V2i(20)))
        with self.assertRefused("leaves nothing of the picture"):
            self.evaluate(node["out"])

    def testKeepsEverythingElse(self):
        rgb = picture(1, 100, 180)
        others = {"A": rgb[..., 2] * 0.5, "infrared": rgb[..., 1] * 3.0, "left.R": rgb[..., 0] - 2.0}
        planes = {"infrared": others["infrared"], **rgbChannels(rgb), "A": others["A"], "left.R": others["left.R"]}
        # Aligned with tiles nowhere, and in four quadrants.
        for origin in ((0, 0), (30, 17), (-77, -41), (300, 200), (-500, -500)):
            with self.subTest(origin=origin):
                image = self.imageOf(planes, origin, size=(256, 192), metadata={"FilmTitle": "Mission"})
                node = self.node(image, self.model())
                self.assertEqual(self.window(node["out"]), self.window(image))
                self.assertEqual(self.window(node["out"])[1].min(), imath.V2i(*origin))
                with self.script.context():
                    self.assertEqual(node["out"].metadata(), image.metadata())
                    self.assertEqual(node["out"].metadata()["FilmTitle"].value, "Mission")
                    self.assertEqual(node["out"].channelNames(), image.channelNames())
                for name, plane in others.items():
                    self.assertClose(self.channels(node["out"])[name], plane, 0.0)
                self.assertClose(self.rgb(node["out"]), recovered(rgb), 1e-5)

    def testMatchesItsOwnTiles(self):
        image = self.imageOf(picture(1, 100, 180), (-77, 30), size=(256, 192))
        node = self.node(image, self.model())
        crop = self.script["Crop"] = GafferImage.Crop()
        crop["in"].setInput(node["out"])
        crop["area"].setValue(imath.Box2i(imath.V2i(0, 40), imath.V2i(60, 120)))
        crop["affectDisplayWindow"].setValue(False)
        part, whole = self.rgb(crop["out"]), self.rgb(node["out"])
        # Data window x -77..103, y 30..130.
        self.assertClose(part, whole[130 - 120 : 130 - 40, 77:137], 0.0)

    def testIsComputedOnceForAllTilesAndThreads(self):
        node = self.node(self.imageOf(picture(1, 500, 600)), self.model())
        with Gaffer.PerformanceMonitor() as monitor, self.script.context():
            GafferImageTest.processTiles(node["out"])
            GafferImageTest.processTiles(node["out"])
        statistics = monitor.plugStatistics(node["__tiles"])
        self.assertEqual((statistics.hashCount, statistics.computeCount), (1, 1))

    def testIsAnotherImageForAnotherInputModelOrFrame(self):
        folder = self.temporaryDirectory()
        for frame in (1, 2):
            writeExr(folder / f"source.{frame:04d}.exr", rgbChannels(picture(frame)))
        node = self.node(self.reader(folder / "source.####.exr"), self.model())
        first = self.rgb(node["out"])
        self.script["frame"].setValue(2)
        self.assertClose(self.rgb(node["out"]), recovered(picture(2)), 1e-5)
        self.script["frame"].setValue(1)
        node["model"].setValue(str(self.model("other.safetensors", seed=1)))
        other = self.rgb(node["out"])
        self.assertClose(other, recovered(picture(1), seed=1), 1e-5)
        self.assertGreater(np.abs(other - first).max(), 0.01)

    def testInferencesInARow(self):
        # As in a combined recovery; nodes in Python between and before must not wait for each other for ever.
        rgb = picture(1, 300, 400)
        spatial = self.node(self.imageOf(rgb), self.model("spatial.safetensors", mode="spatial"))
        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        truth["source"].setInput(spatial["out"])
        truth["reference"].setInput(spatial["out"])
        truth["median"].setValue(0)
        chroma = self.node(truth["out"], self.model("chroma.safetensors"))
        with self.script.context():
            GafferImageTest.processTiles(chroma["out"])
        expected = recovered(np.clip(recovered(rgb, "spatial"), 0.0, 1.0))
        self.assertClose(self.rgb(chroma["out"]), expected, 1e-5)

    def testEachViewIsRecovered(self):
        views = self.script["Views"] = GafferImage.CreateViews()
        views["views"].resize(2)
        for index, name in enumerate(("left", "right")):
            views["views"][index]["name"].setValue(name)
            views["views"][index]["value"].setInput(self.imageOf(picture(index)))
        node = self.node(views["out"], self.model())
        for index, name in enumerate(("left", "right")):
            selected = self.script[name] = GafferImage.SelectView()
            selected["in"].setInput(node["out"])
            selected["view"].setValue(name)
            self.assertClose(self.rgb(selected["out"]), recovered(picture(index)), 1e-5)

    def testCanBeCancelled(self):
        node = self.node(self.imageOf(picture(1, 512, 512)), self.model())
        inference = torchEngine.module("filmrecovery.model.inference")
        recoverSource = inference.recover_source
        calls = []
        working = threading.Event()

        def recoverHaltingInside(*arguments, check):
            """The engine's, held where it asks for the third time whether it is to go on, until it is not."""

            def checkAndHalt():
                calls.append(check)
                while len(calls) == 3:
                    working.set()
                    check()
                    time.sleep(0.01)
                check()

            return recoverSource(*arguments, check=checkAndHalt)

        def compute(canceller):
            with Gaffer.Context(self.script.context(), canceller):
                GafferImage.ImageAlgo.tiles(node["out"])

        with mock.patch.object(inference, "recover_source", recoverHaltingInside):
            task = Gaffer.BackgroundTask(node["out"], compute)
            # A task that fails never gets there.
            self.assertSoon(lambda: working.is_set() or task.status() == Gaffer.BackgroundTask.Status.Errored)
            task.cancelAndWait()
        self.assertEqual(task.status(), Gaffer.BackgroundTask.Status.Cancelled)
        self.assertEqual(len(calls), 3)
        # Nothing half done has stayed.
        self.assertEqual(len(self.evaluate(node["out"])["R"]), 4 * 4)

    def testCanBeCancelledWhileTorchIsImported(self):
        code = _CANCEL_WHILE_IMPORTING.format(model=str(self.model()))
        self.assertIn("Cancelled False", self.callGaffer("env", "python", "-c", code))

    def testPreparesTheImageAsTheModelSays(self):
        channels = [balances.ChannelBalance(*numbers) for numbers in ((1.3, -0.2, 0.8), (0.9, 0.05, 1.2), (1.1, -0.1))]
        balance = balances.Balance(*channels, keep_luma=False, working_space="srgb_tx")
        rgb = picture(1)
        for name, preparation in {
            "balanced": SourcePreparation(balance),
            "cleaned": SourcePreparation(clean=CleanSettings(median=3, degrain=0.05)),
            "both": SourcePreparation(balance, CleanSettings(median=5, degrain=0.02)),
        }.items():
            with self.subTest(preparation=name):
                node = self.node(self.imageOf(rgb), self.model(f"{name}.safetensors", preparation=preparation))
                result = self.rgb(node["out"])
                seen = recovered(preparation.prepared(rgb))
                self.assertClose(luma.chroma(result), luma.chroma(seen), 1e-5)
                self.assertClose(luma.luma(result), luma.luma(preparation.balanced(rgb)), 1e-5)
                self.assertGreater(np.abs(result - recovered(rgb)).max(), 0.05)

    def testDisabledPassesTheImageAndNeedsNoModel(self):
        image = self.imageOf(picture(1))
        node = self.node(image, "nowhere.safetensors", enabled=False)
        self.assertImagesEqual(node["out"], image)
        self.assertImageHashesEqual(node["out"], image)

    def testAnImageWithoutRgbIsRefused(self):
        node = self.node(self.imageOf({"R": picture(1)[..., 0], "A": picture(1)[..., 1]}), self.model())
        with self.assertRefused("no channel G, B", "A, R"):
            self.evaluate(node["out"])

    def testAnEmptyImageStaysEmpty(self):
        node = self.node(self.emptyImage()["out"], self.model())
        self.assertEqual(self.window(node["out"])[1], imath.Box2i())
        self.evaluate(node["out"])

    def testAnUnknownDeviceIsRefused(self):
        node = self.node(self.imageOf(picture(1)), self.model(), device="gpu")
        with self.assertRefused("gpu", "cpu"):
            self.evaluate(node["out"])

    def testADeviceThatIsNotThereIsToldAtOnce(self):
        node = self.node(self.imageOf(picture(1)), self.model())
        self.evaluate(node["out"])
        # It changes nothing of the image, which is there already.
        node["device"].setValue(f"cuda:{torch.cuda.device_count()}")
        with self.assertRefused("this machine has", "usable GPUs; use auto or cpu"):
            self.evaluate(node["out"])
