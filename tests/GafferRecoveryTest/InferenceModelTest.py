import pickle

import Gaffer

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.InferenceTestCase import InferenceTestCase, recovered
from GafferRecoveryTest.RecoveryTestCase import (
    copyPairs,
    np,
    picture,
    rgbChannels,
)

CleanSettings = torchEngine.module("filmrecovery.model.clean_settings").CleanSettings
SourcePreparation = torchEngine.module("filmrecovery.model.source_preparation").SourcePreparation


class InferenceModelTest(InferenceTestCase):
    """Which model is used: one that appears, changes, is missing, or is none."""

    def testWithoutModelIsRefused(self):
        node = self.node(self.imageOf(picture(1)), "")
        with self.assertRefused("the plug model is empty", "Train"):
            self.evaluate(node["out"])
        missing = self.temporaryDirectory() / "missing.safetensors"
        node["model"].setValue(str(missing))
        with self.assertRefused(missing, "no such model"):
            self.evaluate(node["out"])

    def testNamesTheTaskThatMakesTheMissingModel(self):
        box = self.script["Chroma"] = Gaffer.Box()
        train = box["Training"] = GafferRecovery.Train()
        train["runsDirectory"].setValue(str(self.temporaryDirectory() / "runs"))
        node = self.node(self.imageOf(picture(1)), "")
        dot = self.script["Dot"] = Gaffer.Dot()
        dot.setup(train["model"])
        dot["in"].setInput(train["model"])
        node["model"].setInput(dot["out"])
        with self.script.context():
            path = train["model"].getValue()
        with self.assertRefused("dispatch Chroma.Training", path):
            self.evaluate(node["out"])

    def testPassesTheImageWhereTheModelIsMissing(self):
        image = self.imageOf(rgbChannels(picture(1)) | {"A": picture(1)[..., 0]}, (5, 3), size=(128, 96))
        node = self.node(image, self.temporaryDirectory() / "missing.safetensors", missingModel="passThrough")
        self.assertImagesEqual(node["out"], image)

    def testUsesAModelThatAppearsOrChanges(self):
        path = self.temporaryDirectory() / "model.safetensors"
        node = self.node(self.imageOf(picture(1)), path, missingModel="passThrough")
        self.assertClose(self.rgb(node["out"]), picture(1), 0.0)
        dirtied = []
        node.plugDirtiedSignal().connect(lambda plug: dirtied.append(plug.getName()), scoped=False)
        for seed in (0, 1):
            self.model(seed=seed)
            node["refreshCount"].setValue(node["refreshCount"].getValue() + 1)
            self.assertIn("channelData", dirtied)
            self.assertClose(self.rgb(node["out"]), recovered(picture(1), seed=seed), 1e-5)

    def testUsesTheModelOfATrainingInTheSameProcess(self):
        pairs = copyPairs(self.temporaryDirectory() / "pairs")
        train = self.script["Train"] = GafferRecovery.Train()
        train["pairs"][0].setValue(str(pairs))
        train["runsDirectory"].setValue(str(self.temporaryDirectory() / "runs"))
        train["size"].setValue("small")
        train["steps"].setValue(2)
        train["patchSize"].setValue(64)
        train["device"].setValue("cpu")
        node = self.node(self.imageOf(picture(1)), "")
        node["model"].setInput(train["model"])
        with self.assertRefused("dispatch Train"):
            self.evaluate(node["out"])
        self.execute(train)
        self.assertGreater(np.abs(self.rgb(node["out"]) - picture(1)).max(), 0.0)

    def testFilesThatAreNoModelAreRefused(self):
        whole = self.model().read_bytes()
        foreign = self.temporaryDirectory() / "foreign.safetensors"
        torchEngine.module("filmrecovery.model.model_file").write_tensors(foreign, {}, {"step": 1})
        files = {
            "foreign.safetensors": foreign.read_bytes(),
            "pickled.safetensors": pickle.dumps({"weights": [0.0] * 100}),
            "empty.safetensors": b"",
            "truncated.safetensors": whole[: len(whole) // 2],
            "header.safetensors": whole[:100],
            "edited.safetensors": whole[:-100] + bytes(100),
            "text.safetensors": b"a model, honestly" * 100,
        }
        node = self.node(self.imageOf(picture(1)), "")
        for name, content in files.items():
            with self.subTest(name=name):
                path = self.temporaryDirectory() / name
                path.write_bytes(content)
                node["model"].setValue(str(path))
                with self.assertRefused(path, "damaged" if name.startswith("edited") else ""):
                    self.evaluate(node["out"])

    def testAFolderIsNoModel(self):
        node = self.node(self.imageOf(picture(1)), self.temporaryDirectory())
        with self.assertRefused(self.temporaryDirectory()):
            self.evaluate(node["out"])

    def testModelPathTakesVariables(self):
        self.model("shot7.safetensors")
        self.setVariable("shot", "shot7")
        node = self.node(self.imageOf(picture(1)), self.temporaryDirectory() / "${shot}.safetensors")
        self.assertClose(self.rgb(node["out"]), recovered(picture(1)), 1e-5)

    def testEqualWeightsInAnotherSpaceAreAnotherModel(self):
        node = self.node(self.imageOf(picture(1)), self.model())
        first = self.rgb(node["out"])
        node["model"].setValue(str(self.model("gamma.safetensors", working_space="g24_rec709")))
        self.assertGreater(np.abs(self.rgb(node["out"]) - first).max(), 0.001)

    def testIsAnotherImageForAnotherPreparation(self):
        node = self.node(self.imageOf(picture(1)), self.model())
        self.assertClose(self.rgb(node["out"]), recovered(picture(1)), 1e-5)
        # At the same path, with the same weights.
        self.model(preparation=SourcePreparation(clean=CleanSettings(median=3)))
        node["refreshCount"].setValue(1)
        self.assertGreater(np.abs(self.rgb(node["out"]) - recovered(picture(1))).max(), 0.05)

    def testSpacesThatTheConfigLacksAreNamed(self):
        node = self.node(self.imageOf(picture(1)), self.model(working_space="film"))
        with self.assertRefused("the colour space of the model 'film' is not in", "config that it was trained with"):
            self.evaluate(node["out"])
        node["model"].setValue(str(self.model()))
        self.setWorkingSpace("nonsense")
        with self.assertRefused("the working space 'nonsense' is not in", "choose one"):
            self.evaluate(node["out"])
