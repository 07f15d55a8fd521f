import json

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    adopt,
    callEngine,
    copyPairs,
    np,
    picture,
    rgbChannels,
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

    def testRefusals(self):
        with self.assertRefused("Validate", "model is empty"):
            self.execute(self.node)
        self.node["model"].setValue(str(self.folder / "none.safetensors"))
        with self.assertRefused("none.safetensors", "there is no such file"):
            self.execute(self.node)
        self.node["pairs"][0].setValue("")
        with self.assertRefused("has no pairs to measure on"):
            self.execute(self.node)
