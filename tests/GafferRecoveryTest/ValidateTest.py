import json
from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.reference.curation.selection_file import FrameRole, Selection, Why, write_selection
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    adopt,
    callEngine,
    copyPairs,
    np,
    picture,
    rgbChannels,
    torchEngine,
    writeExr,
)


class ValidateTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.pairs = copyPairs(self.folder / "pairs")
        for frame in (1, 2, 3):
            rgb = np.clip(picture(frame), 0.0, 1.0)
            writeExr(self.folder / f"source.{frame:04d}.exr", rgbChannels(rgb))
            writeExr(self.folder / f"recovered.{frame:04d}.exr", rgbChannels(rgb[..., ::-1]))
        self.node = self.script["Validate"] = GafferRecovery.Validate()
        self.node["pairs"][0].setValue(str(self.pairs))
        self.node["sourceFiles"].setValue(str(self.folder / "source.####.exr"))
        self.node["recoveredFiles"].setValue(str(self.folder / "recovered.####.exr"))
        self.node["sourceSpace"].setValue("srgb_tx")
        self.node["recoveredSpace"].setValue("srgb_tx")
        self.node["directory"].setValue(str(self.folder / "report"))
        self.node["title"].setValue("Mission & Kill")

    def model(self):
        adopt(self.pairs)
        path = self.folder / "runs" / "model.safetensors"
        callEngine("-m", "filmrecovery", "train", self.pairs, "--model", path, "--size", "small", "--steps", "1")
        self.node["model"].setValue(str(path))

    def testReportOnARecoveryThatFailsIsWritten(self):
        self.model()
        self.execute(self.node)
        self.assertEqual(self.filesIn(self.folder / "report"), ["outliers.txt", "report.html", "report.json"])
        verdict = json.loads((self.folder / "report" / "report.json").read_text())["verdict"]
        self.assertFalse(verdict["passed"])
        (luma,) = [finding for finding in verdict["findings"] if finding["name"].lower() == "luma identity"]
        self.assertFalse(luma["passed"])
        self.assertIn("Mission &amp; Kill", (self.folder / "report" / "report.html").read_text())

    def testCriteriaAreThoseOfThePlugs(self):
        self.model()
        self.node["lumaTolerance"].setValue(1.0)
        self.execute(self.node)
        verdict = json.loads((self.folder / "report" / "report.json").read_text())["verdict"]
        self.assertEqual(verdict["criteria"]["luma_tolerance"], 1.0)
        (luma,) = [finding for finding in verdict["findings"] if finding["name"].lower() == "luma identity"]
        self.assertTrue(luma["passed"])

    def testOutliersAreTrainedOnFromTheModelThatHadThem(self):
        for frame in (4, 5, 6):
            rgb = np.clip(picture(40 + frame), 0.0, 1.0)
            writeExr(self.folder / f"source.{frame:04d}.exr", rgbChannels(rgb))
            writeExr(self.folder / f"recovered.{frame:04d}.exr", rgbChannels(rgb[..., ::-1]))
        adopt(self.pairs)
        select = self.script["SelectPairs"] = GafferRecovery.SelectPairs()
        select["outliersFile"].setValue(str(self.folder / "outliers.json"))
        select["frames"].setValue("1-3")
        select["previewFrame"].setValue("4")
        train = self.script["Train"] = GafferRecovery.Train()
        train["pairs"][0].setValue(str(self.pairs))
        train["runsDirectory"].setValue(str(self.folder / "runs"))
        train["outliersFile"].setInput(select["outliersFile"])
        for name, value in {"steps": 1, "members": 1, "patchSize": 64}.items():
            train[name].setValue(value)
        self.node["model"].setInput(train["model"])
        self.node["outliersFile"].setInput(select["outliersFile"])
        select["fileName"].setValue(str(self.folder / "selection.json"))
        self.node["selection"].setInput(select["fileName"])
        # Every frame has colours that training never saw.
        self.node["mostUncovered"].setValue(0.0)
        self.node["outlierDistance"].setValue(1)

        def carried():
            with self.script.context():
                return (
                    select["selectedFrames"].getValue(),
                    select["selectedPreviewFrame"].getValue(),
                    train["model"].getValue(),
                )

        def asked():
            with self.script.context():
                return self.node.addOutliers()

        before = carried()
        self.assertEqual(before[:2], ("1-3", "4"))
        self.assertIn("validate it first", asked())
        self.execute(train)
        self.execute(self.node)
        flashed = FrameRole(5, 1, "left", Why.FLASHED, "much brighter than its neighbours")
        write_selection(self.folder / "selection.json", Selection((flashed,)))
        self.assertIn("4,6 added", asked())
        Gaffer.ValuePlug.clearHashCache()
        frames, preview, model = carried()
        self.assertEqual((frames, preview), ("1-4,6", ""))
        self.assertNotEqual(model, before[2])
        # Once, until the model that was trained with them is validated.
        self.assertIn("validate it first", asked())

        self.execute(train)
        start = next(Path(before[2]).parent.glob("run-*/model.safetensors"))
        header = torchEngine.module("filmrecovery.model.model_header").read_model_header(Path(model))
        self.assertEqual(Path(header["settings"]["start_from"]).resolve(), start.resolve())
        self.execute(self.node)
        self.assertIn("failing frames", "\n".join(text for _, text in self.messages))
        self.assertIn("Since the last model", (self.folder / "report" / "report.html").read_text())

        # Another size cannot go on from it.
        train["size"].setValue("medium")
        with self.script.context():
            self.assertNotIn("--start-from", train.calls("Train")[0])
        # Without the file all is as it was.
        train["size"].setValue("small")
        (self.folder / "outliers.json").unlink()
        Gaffer.ValuePlug.clearHashCache()
        self.assertEqual(carried(), before)

    def testAFewFramesAreMeasuredWhereNoOthersAreWritten(self):
        self.model()
        script = self.script["frameRange"]
        script["start"].setValue(1)
        script["end"].setValue(9)
        with self.script.context():
            self.assertEqual(self.node["measuredFrames"].getValue(), "")
            self.node["mostFrames"].setValue(6)
            self.assertEqual(self.node["measuredFrames"].getValue(), "1-3,7-9")
            self.node["sourceFrames"].setValue("2-20")
            self.node["mostFrames"].setValue(4)
            self.assertEqual(self.node["measuredFrames"].getValue(), "10-12")
        self.node["sourceFrames"].setValue("")
        self.node["mostFrames"].setValue(6)
        for frame in (7, 8, 9):
            rgb = np.clip(picture(frame), 0.0, 1.0)
            writeExr(self.folder / f"source.{frame:04d}.exr", rgbChannels(rgb))
            writeExr(self.folder / f"recovered.{frame:04d}.exr", rgbChannels(rgb[..., ::-1]))
        self.execute(self.node)
        record = json.loads((self.folder / "report" / "report.json").read_text())
        self.assertEqual([one["frame"] for one in record["validation"]["frames"]], [1, 2, 3, 7, 8, 9])

    def testMissingModelsAndPairsAreRefused(self):
        with self.assertRefused("Validate", "model is empty"):
            self.execute(self.node)
        self.node["model"].setValue(str(self.folder / "none.safetensors"))
        with self.assertRefused("none.safetensors", "there is no such file"):
            self.execute(self.node)
        self.node["pairs"][0].setValue("")
        with self.assertRefused("has no pairs to measure on"):
            self.execute(self.node)
