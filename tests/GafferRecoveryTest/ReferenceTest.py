"""The nodes that make a raw reference ready, together, with the engine at work."""

import json
import os

import Gaffer

import GafferRecovery
from filmrecovery.reference.curation.shared_crop import SharedCrop, ShotCrop, write_crop
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, readRgb


class ReferenceTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        source, reference = rawElements.writeElements(self.folder / "scans")
        made = self.folder / "reference"
        images = self.reader(source), self.reader(reference)

        match = self.script["MatchFrames"] = GafferRecovery.MatchFrames()
        align = self.script["Align"] = GafferRecovery.Align()
        crop = self.script["SharedCrop"] = GafferRecovery.SharedCrop()
        select = self.script["SelectPairs"] = GafferRecovery.SelectPairs()
        for node, file in ((match, "matches"), (align, "alignment"), (crop, "crop"), (select, "selection")):
            node["fileName"].setValue(str(made / f"{file}.json"))
            node["sourceFiles"].setValue(source)
            if "referenceFiles" in node:
                node["referenceFiles"].setValue(reference)
        align["model"].setValue("translate")
        align["in"].setInput(images[1])
        align["matches"].setInput(match["matches"])
        for node in (align, crop):
            node["source"].setInput(images[0])
        crop["alignment"].setInput(align["alignment"])
        select["matches"].setInput(match["matches"])
        select["alignment"].setInput(align["alignment"])
        for node, before in ((align, match), (crop, align), (select, align)):
            node["preTasks"][0].setInput(before["task"])

        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        truth["source"].setInput(images[0])
        truth["reference"].setInput(align["out"])
        truth["crop"].setInput(crop["crop"])
        truth["median"].setValue(0)
        pairs = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        pairs["input"].setInput(truth["trainingInput"])
        pairs["target"].setInput(truth["out"])
        pairs["preview"].setInput(images[0])
        pairs["frames"].setInput(select["selectedFrames"])
        pairs["holdOutFrames"].setInput(select["selectedHoldOutFrames"])
        pairs["previewFrame"].setInput(select["selectedPreviewFrame"])
        pairs["directory"].setValue(str(self.folder / "pairs"))
        pairs["alignment"].setInput(align["alignment"])
        pairs["preTasks"][0].setInput(select["task"])
        pairs["preTasks"][1].setInput(crop["task"])

    def manifest(self):
        return json.loads((self.folder / "pairs" / "manifest.json").read_text())

    def crop(self, plug="crop"):
        with self.script.context():
            return self.script["SharedCrop"][plug].getValue()

    def testOneDispatchLeadsFromRawElementsToPairs(self):
        self.dispatch(self.script["TrainingPairs"], frames="1-3")
        matches = json.loads((self.folder / "reference" / "matches.json").read_text())["matches"]
        self.assertEqual(
            {match["source"]: match["reference"] for match in matches},
            {frame: rawElements.referenceOf(frame) for frame in rawElements.FRAMES},
        )
        # Gaffer counts from the bottom: what the reference shows is the lower left, less its border.
        crop, whole = self.crop(), self.crop("sourceCrop")
        right, top = rawElements.WIDTH - rawElements.SHIFT[0], rawElements.HEIGHT - rawElements.SHIFT[1]
        for found, expected in (
            (crop.min().x, rawElements.BORDER - rawElements.SHIFT[0]),
            (crop.min().y, 0),
            (right, crop.max().x),
            (top, crop.max().y),
        ):
            self.assertGreaterEqual(found - expected, 0)
            self.assertLessEqual(found - expected, 4)
        self.assertEqual(tuple(whole.size()), (rawElements.WIDTH, rawElements.HEIGHT))

        roles = {pair["frame"]: pair["role"] for pair in self.manifest()["pairs"]}
        self.assertEqual([roles[1], roles[12]], ["train", "train"])
        self.assertIn("hold-out", roles.values())
        self.assertTrue(all(pair["alignment_confidence"] > 0.5 for pair in self.manifest()["pairs"]))
        rows = slice(rawElements.HEIGHT - crop.max().y, rawElements.HEIGHT - crop.min().y)
        columns = slice(crop.min().x, crop.max().x)
        for frame, role in roles.items():
            if role != "preview":
                target = readRgb(self.folder / "pairs" / f"target.{frame:04d}.exr")
                self.assertEqual(target.shape[:2], tuple(reversed(crop.size())))
                true, found = rawElements.seen(frame)[rows, columns], target
                chroma = [picture - picture.mean(axis=-1, keepdims=True) for picture in (true, found)]
                self.assertLess(np.abs(chroma[0] - chroma[1]).mean(), 0.03)

    def testEachShotHasItsOwnCrop(self):
        shots = (ShotCrop("roof", 1, 6, 10, 20, 200, 190), ShotCrop("street", 7, 12, 0, 0, 100, 150))
        size = rawElements.WIDTH, rawElements.HEIGHT
        write_crop(self.folder / "reference" / "crop.json", SharedCrop(0, 0, *size, *size, shots=shots))
        for frame, (left, bottom, right, top) in {6: (10, 2, 200, 172), 7: (0, 42, 100, 192)}.items():
            with Gaffer.Context(self.script.context()) as context:
                context.setFrame(frame)
                crop = self.script["SharedCrop"]["crop"].getValue()
                self.assertEqual((*crop.min(), *crop.max()), (left, bottom, right, top))

    def testNothingIsMadeTwice(self):
        self.dispatch(self.script["TrainingPairs"])
        written = self.times()
        self.dispatch(self.script["TrainingPairs"])
        self.assertEqual(self.times(), written)

    def times(self):
        return {
            name: os.stat(self.folder / folder / name).st_mtime_ns
            for folder in ("reference", "pairs")
            for name in self.filesIn(self.folder / folder)
            if name != "manifest.json"
        }

    def testFramesByHandAreTakenAsTheyAre(self):
        select = self.script["SelectPairs"]
        select["frames"].setValue("2,6")
        select["holdOutFrames"].setValue("4")
        self.dispatch(self.script["TrainingPairs"], frames="1-3")
        self.assertEqual(
            [(pair["frame"], pair["role"]) for pair in self.manifest()["pairs"]],
            [(2, "train"), (4, "hold-out"), (6, "train")],
        )
        self.assertNotIn("selection.json", self.filesIn(self.folder / "reference"))

    def testSettingsReachTheEngine(self):
        self.script["SelectPairs"]["count"].setValue(3)
        self.script["SelectPairs"]["holdOuts"].setValue(0)
        self.script["SharedCrop"]["bottom"].setValue(20)
        self.script["SharedCrop"]["left"].setValue(0)
        self.script["MatchFrames"]["sourceFrames"].setValue("1-9")
        self.dispatch(self.script["TrainingPairs"])
        roles = [pair["role"] for pair in self.manifest()["pairs"]]
        self.assertEqual((roles.count("train"), roles.count("hold-out")), (3, 0))
        self.assertEqual((self.crop().min().x, self.crop().min().y), (0, 20))
        matches = json.loads((self.folder / "reference" / "matches.json").read_text())["matches"]
        self.assertEqual([match["source"] for match in matches], list(range(1, 10)))

    def testAddedOutliersAreAmongTheChosenFrames(self):
        select = self.script["SelectPairs"]
        select["outliersFile"].setValue(str(self.folder / "outliers.json"))
        self.dispatch(self.script["TrainingPairs"])
        roles = {pair["frame"]: pair["role"] for pair in self.manifest()["pairs"]}
        frame = next(frame for frame in rawElements.FRAMES if frame not in roles)
        added = {"frames": str(frame), "validated": "", "start_from": "run/model.safetensors"}
        (self.folder / "outliers.json").write_text(json.dumps({"version": 1, "rounds": [added]}))
        self.dispatch(self.script["TrainingPairs"])
        after = {pair["frame"]: pair["role"] for pair in self.manifest()["pairs"]}
        self.assertEqual(after[frame], "train")
        self.assertEqual(
            {f for f, role in after.items() if role == "hold-out"},
            {f for f, role in roles.items() if role == "hold-out"},
        )

    def testNotEnabledStandsForElementsThatFit(self):
        for name in ("MatchFrames", "Align", "SharedCrop"):
            self.script[name]["enabled"].setValue(False)
        self.script["SelectPairs"]["frames"].setValue("2,6")
        self.script["Align"]["in"].setInput(self.script["Align"]["source"].getInput())
        self.dispatch(self.script["TrainingPairs"])
        self.assertEqual(self.filesIn(self.folder / "reference"), [])
        self.assertTrue(self.crop().isEmpty() or self.crop().size().x == 0)
        self.assertEqual([pair["frame"] for pair in self.manifest()["pairs"]], [2, 6])

    def testMissingElementsAndRecordsAreRefused(self):
        match = self.script["MatchFrames"]
        match["referenceFiles"].setValue("")
        with self.assertRefused("MatchFrames", "referenceFiles is empty"):
            self.execute(match)
        match["referenceFiles"].setValue(str(self.folder / "nothing.####.exr"))
        with self.assertRefused("nothing.####.exr", "no file matches"):
            self.execute(match)
        with self.assertRefused("dispatch SharedCrop"):
            self.crop()
        (self.folder / "reference").mkdir()
        (self.folder / "reference" / "crop.json").write_text("{")
        Gaffer.ValuePlug.clearHashCache()
        with self.assertRefused("crop.json", "find the crop again"):
            self.crop()
        with self.script.context():
            self.assertEqual(self.script["SelectPairs"]["selectedFrames"].getValue(), "")

    def testOneTaskForAnyRange(self):
        for name in ("MatchFrames", "Align", "SharedCrop", "SelectPairs"):
            hashes = set()
            for frame in (1, 2):
                with Gaffer.Context(self.script.context()) as context:
                    context.setFrame(frame)
                    hashes.add(self.script[name]["task"].hash().toString())
            self.assertEqual(len(hashes), 1, name)
