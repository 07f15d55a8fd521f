import dataclasses
import itertools
import json

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    callEngine,
    np,
    picture,
    readExr,
    readRgb,
    rgbChannels,
    writeExr,
    writeModel,
)

balances = torchEngine.module("filmrecovery.model.balance")
cleaning = torchEngine.module("filmrecovery.model.clean")
CleanSettings = torchEngine.module("filmrecovery.model.clean_settings").CleanSettings
SourcePreparation = torchEngine.module("filmrecovery.model.source_preparation").SourcePreparation

_CLEAN = {"median": 3, "degrain": 0.05}
_NAME = "filmrecovery:preparation"


class PreparationTest(RecoveryTestCase):
    """A source that is balanced and cleaned in the graph, as the engine does it."""

    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.source, self.reference = rawElements.writeElements(self.folder / "scans")

    def balance(self, **values):
        node = self.script["Balance"] = GafferRecovery.Balance()
        node["in"].setInput(self.reader(self.source))
        node["sourceFiles"].setValue(self.source)
        node["referenceFiles"].setValue(self.reference)
        node["fileName"].setValue(str(self.folder / "balance.json"))
        for name, value in values.items():
            node[name].setValue(value)
        return node

    def clean(self, image, **values):
        node = GafferRecovery.Clean()
        self.script.addChild(node)
        node["in"].setInput(image)
        for name, value in (values or _CLEAN).items():
            node[name].setValue(value)
        return node

    def balanceByEngine(self, *options):
        path = self.folder / "byEngine.json"
        callEngine("-m", "filmrecovery", "balance", self.source, path, "--source-space=srgb_tx", *options)
        return balances.read_balance(path)

    def testBalanceIsThatOfTheEngine(self):
        reference = [f"--reference={self.reference}", "--reference-space=srgb_tx"]
        for values, options in (
            ({}, []),
            ({"sourceFrames": "2-5", "keepLuma": True}, ["--frames=2-5", "--keep-luma"]),
            ({"matchReference": True}, reference),
        ):
            with self.subTest(**values):
                node = self.balance(**values)
                self.dispatch(node, "1-3")
                made = balances.read_balance(self.folder / "balance.json")
                self.assertEqual(made, self.balanceByEngine(*options))
                self.script["frame"].setValue(7)
                rgb = self.rgb(node["in"])
                expected = balances.apply_balance(made, rgb)
                self.assertClose(self.rgb(node["out"]), expected, 0.0)
                self.assertGreater(np.abs(expected - rgb).max(), 0.05)

    def testOtherChannelsWindowsAndMetadataStay(self):
        node = self.balance()
        self.dispatch(node)
        planes = {**dict(zip("RGB", np.moveaxis(picture(1), -1, 0), strict=True)), "A": picture(2)[..., 0]}
        image = self.imageOf(planes, origin=(4, 2), size=(120, 90), metadata={"FilmTitle": "Mission"})
        node["in"].setInput(image)
        cleaned = self.clean(node["out"])["out"]
        for output in (node["out"], cleaned):
            self.assertEqual(self.window(output), self.window(image))
            self.assertClose(self.channels(output)["A"], planes["A"], 0.0)
            with self.script.context():
                self.assertEqual(output.metadata()["FilmTitle"].value, "Mission")

    def testANumberThatWasCorrectedByHandIsShown(self):
        node = self.balance()
        self.dispatch(node)
        path, changes = node.watchedFile()
        before = self.rgb(node["out"])
        content = json.loads((self.folder / "balance.json").read_text())
        content["red"]["slope"] *= 1.5
        (self.folder / "balance.json").write_text(json.dumps(content))
        # As the interface does when it sees that the file has changed.
        changes.setValue(changes.getValue() + 1)
        self.assertGreater((self.rgb(node["out"]) - before)[..., 0].max(), 0.1)
        # The next dispatch keeps it.
        self.dispatch(node)
        self.assertEqual(json.loads((self.folder / "balance.json").read_text())["red"], content["red"])
        self.assertEqual(path.getValue(), str(self.folder / "balance.json"))

    def testACorrectionByPlugsIsShownAndCarried(self):
        node = self.balance()
        self.dispatch(node)
        estimated = balances.read_balance(self.folder / "balance.json").without_origin()
        node["slope"]["r"].setValue(1.1)
        node["offset"]["g"].setValue(-0.05)
        node["power"]["b"].setValue(0.8)
        corrected = dataclasses.replace(
            estimated,
            red=dataclasses.replace(estimated.red, slope=estimated.red.slope * 1.1),
            green=dataclasses.replace(estimated.green, offset=estimated.green.offset - 0.05),
            blue=dataclasses.replace(estimated.blue, power=estimated.blue.power * 0.8),
        )
        self.assertClose(self.rgb(node["out"]), balances.apply_balance(corrected, self.rgb(node["in"])), 0.0)
        with self.script.context():
            said = json.loads(node["out"].metadata()[_NAME].value)["balance"]
        self.assertEqual(said, dataclasses.asdict(corrected))
        # What was estimated stays.
        self.dispatch(node)
        self.assertEqual(balances.read_balance(self.folder / "balance.json").without_origin(), estimated)

    def testCleanIsThatOfTheEngine(self):
        rgb = picture(1)
        for values in (_CLEAN, {"median": 5}, {"degrain": 0.2}):
            with self.subTest(**values):
                expected = cleaning.clean(CleanSettings(**values), rgb)
                self.assertClose(self.rgb(self.clean(self.imageOf(rgb), **values)["out"]), expected, 0.0)
        self.assertClose(self.rgb(self.clean(self.imageOf(rgb), median=0)["out"]), rgb, 0.0)

    def pairs(self, source, mode="chroma"):
        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        truth["source"].setInput(source)
        truth["reference"].setInput(self.reader(self.folder / "scans" / "aligned.####.exr"))
        truth["mode"].setValue(mode)
        truth["median"].setValue(3)
        node = self.script["Pairs"] = GafferRecovery.TrainingPairs()
        node["input"].setInput(truth["trainingInput"])
        node["target"].setInput(truth["out"])
        node["preview"].setInput(source)
        node["mode"].setInput(truth["mode"])
        node["directory"].setValue(str(self.folder / "pairs"))
        for name, value in {"frames": "2,5", "holdOutFrames": "7", "previewFrame": "9"}.items():
            node[name].setValue(value)
        return node

    def writeAligned(self):
        for frame in (2, 5, 7):
            rgb = readRgb(self.folder / "scans" / f"source.{frame:04d}.exr")[..., ::-1]
            writeExr(self.folder / "scans" / f"aligned.{frame:04d}.exr", rgbChannels(rgb))

    def testPairsAreThoseOfTheEngine(self):
        self.writeAligned()
        balance = self.balance(keepLuma=True)
        self.dispatch(balance)
        node = self.pairs(self.clean(balance["out"])["out"])
        node["preTasks"][0].setInput(balance["task"])
        self.dispatch(node)
        options = ["--mode=chroma", "--frames=2,5", "--hold-out-frames=7", "--preview-frames=9", "--median=3"]
        options += [f"--balance={self.folder / 'balance.json'}", "--clean-median=3", "--clean-degrain=0.05"]
        options += ["--source-space=srgb_tx", "--reference-space=srgb_tx"]
        aligned = self.folder / "scans" / "aligned.####.exr"
        callEngine("-m", "filmrecovery", "pairs", self.source, aligned, self.folder / "byEngine", *options)
        manifests = [json.loads((self.folder / name / "manifest.json").read_text()) for name in ("pairs", "byEngine")]
        preparations = [manifest["recipe"]["preparation"] for manifest in manifests]
        self.assertEqual(*preparations)
        self.assertEqual(preparations[0]["clean"], _CLEAN)
        self.assertIsNotNone(preparations[0]["balance"])
        for pair in manifests[1]["pairs"]:
            for name in filter(None, (pair["input"], pair["target"])):
                byGraph, byEngine = (readRgb(self.folder / folder / name) for folder in ("pairs", "byEngine"))
                # The input is the engine's to the last digit; the target is made by Gaffer's nodes.
                self.assertClose(byGraph, byEngine, 0.0 if name.startswith("input") else 1e-6)

    def testInferencePreparesTheSourceItself(self):
        preparation = SourcePreparation(clean=CleanSettings(**_CLEAN))
        model = writeModel(self.folder / "model.safetensors", preparation=preparation)
        node = self.script["Inference"] = GafferRecovery.Inference()
        node["model"].setValue(str(model))
        image = self.imageOf(picture(1))
        node["in"].setInput(image)
        self.evaluate(node["out"])
        node["in"].setInput(self.clean(image)["out"])
        with self.assertRefused("Inference", "was balanced or cleaned before", "the source before the Balance"):
            self.evaluate(node["out"])
        # Until there is a model, it shows what it gets.
        node["model"].setValue("")
        node["missingModel"].setValue("passThrough")
        self.evaluate(node["out"])

    def testFramesOnDiskSayHowTheyWerePrepared(self):
        writer = self.script["Writer"] = GafferRecovery.RecoveryWriter()
        writer["in"].setInput(self.clean(self.imageOf(picture(1)))["out"])
        writer["fileName"].setValue(str(self.folder / "cleaned.####.exr"))
        self.execute(writer, 1)
        _, spec = readExr(self.folder / "cleaned.0001.exr")
        self.assertEqual(json.loads(spec.get_string_attribute(_NAME))["clean"], _CLEAN)

    def testABaselineTakesTheSourceAsThePairsHadIt(self):
        self.writeAligned()
        raw = self.reader(self.source)
        cleaned = self.clean(raw)["out"]
        node = self.script["MatchGrade"] = GafferRecovery.MatchGrade()
        node["pairs"][0].setValue(str(self.folder / "pairs"))
        node["fileName"].setValue(str(self.folder / "grade.clf"))
        node["nodes"].setValue(9)
        for source, other, *texts in (
            (cleaned, raw, "was balanced or cleaned", "connect `in` to the Balance or Clean node"),
            (raw, cleaned, "was neither balanced nor cleaned", "before the Balance and Clean nodes"),
        ):
            self.dispatch(self.pairs(source))
            self.execute(node)
            node["in"].setInput(source)
            self.evaluate(node["out"])
            node["in"].setInput(other)
            with self.assertRefused("MatchGrade", "grade.clf", *texts):
                self.evaluate(node["out"])

    def testAPreviewOfTheSourceAsItIsIsRefused(self):
        self.writeAligned()
        node = self.pairs(self.clean(self.reader(self.source))["out"])
        node["preview"].setInput(self.reader(self.source))
        with self.assertRefused("Pairs: ", "input.0009.exr", "balanced or cleaned otherwise", "previews, of the same"):
            self.dispatch(node)

    def testCleaningForDetailIsRefused(self):
        self.writeAligned()
        self.script["frame"].setValue(2)
        node = self.pairs(self.clean(self.reader(self.source))["out"])
        self.evaluate(self.script["GroundTruth"]["out"])
        self.script["GroundTruth"]["mode"].setValue("spatial")
        with self.assertRefused("GroundTruth", "cleaning of the source in spatial mode", "Leave median and degrain"):
            self.evaluate(self.script["GroundTruth"]["out"])
        with self.assertRefused("cleaning of the source in spatial mode"):
            self.dispatch(node)

    def testWrongOrderIsRefused(self):
        balance = self.balance()
        self.dispatch(balance)
        again = self.script["Again"] = GafferRecovery.Balance()
        again["fileName"].setInput(balance["fileName"])
        for image in (balance["out"], self.clean(balance["in"])["out"]):
            again["in"].setInput(image)
            with self.assertRefused("connect `in` to the source itself", "a Clean node after this one"):
                self.evaluate(again["out"])
        twice = self.clean(self.clean(balance["in"])["out"])
        with self.assertRefused("was cleaned before", "take out one of the two"):
            self.evaluate(twice["out"])
        twice["median"].setValue(0)
        twice["degrain"].setValue(0)
        self.evaluate(twice["out"])

    def testWhatIsMissingIsTold(self):
        node = self.balance()
        with self.assertRefused("there is no balance yet: dispatch Balance, which makes", "balance.json"):
            self.evaluate(node["out"])
        node["fileName"].setValue("")
        with self.assertRefused("the plug fileName is empty"):
            self.evaluate(node["out"])
        with self.assertRefused("Balance: the plug fileName is empty"):
            self.dispatch(node)
        node = self.balance(sourceFiles="")
        with self.assertRefused("Balance: the plug sourceFiles is empty"):
            self.dispatch(node)
        node = self.balance(matchReference=True, referenceFiles="")
        with self.assertRefused("Balance: the plug referenceFiles is empty"):
            self.dispatch(node)
        (self.folder / "balance.json").write_text("{}")
        with self.assertRefused("balance.json", "estimate the balance again"):
            self.evaluate(self.balance()["out"])

    def testAnotherWorkingSpaceIsTold(self):
        node = self.balance()
        self.dispatch(node)
        self.setWorkingSpace("g24_rec709")
        with self.assertRefused("in the working space 'srgb_tx'", "is 'g24_rec709'; dispatch Balance again"):
            self.evaluate(node["out"])
        self.dispatch(node)
        self.evaluate(node["out"])
        self.setWorkingSpace("scene_linear")
        for output in (node["out"], self.clean(node["in"])["out"]):
            with self.assertRefused("scene_linear", "display-referred"):
                self.evaluate(output)

    def testImagesFollowTheirSettings(self):
        node = self.balance()
        self.dispatch(node)
        cleaned = self.clean(node["out"])
        images = [self.rgb(cleaned["out"])]
        cleaned["median"].setValue(7)
        images.append(self.rgb(cleaned["out"]))
        node["enabled"].setValue(False)
        images.append(self.rgb(cleaned["out"]))
        for one, other in itertools.pairwise(images):
            self.assertGreater(np.abs(one - other).max(), 1e-3)
        with self.script.context():
            self.assertEqual(node["balance"].getValue(), "")
            said = json.loads(cleaned["out"].metadata()[_NAME].value)
        self.assertIsNone(said["balance"])
        self.assertEqual(said["clean"]["median"], 7)

    def testWhatItWasEstimatedFromIsNotInTheHeader(self):
        node = self.balance()
        self.dispatch(node)
        with self.script.context():
            said = json.loads(node["out"].metadata()[_NAME].value)["balance"]
        made = dataclasses.asdict(balances.read_balance(self.folder / "balance.json").without_origin())
        self.assertEqual(said, made)
        self.assertIsNone(said["source"])
