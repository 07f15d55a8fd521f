import contextlib
import io

import Gaffer
import IECore

from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.elements.scope import Scope, write_scopes
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.GraphTestCase import GraphTestCase
from GafferRecoveryTest.RecoveryTestCase import np, readExr, readRgb


class GraphDispatchTest(GraphTestCase):
    """Graphs that are dispatched, on small elements."""

    def testADispatchRecoversTheShot(self):
        self.load("chromaRecovery")
        self.writeElements(1, 2, 3, 4)
        folder = self.temporaryDirectory()
        settings = {
            "Settings.alignReference": False,
            "Settings.trainingFrames": "1,4",
            "Settings.holdOutFrames": "2",
            "Settings.previewFrame": "3",
        }
        self.dispatchGraph("chromaRecovery", "Delivery", "1-4", settings)

        shot = folder / "AF_010"
        self.assertEqual(
            self.filesIn(shot / "delivery"), [f"AF_010_recovered.{frame:04d}.exr" for frame in (1, 2, 3, 4)]
        )
        self.assertEqual(len(list((shot / "chroma" / "runs").glob("small-2steps-*/model.safetensors"))), 1)
        self.assertIn('"A film AF_010"', (shot / "chroma" / "pairs" / "manifest.json").read_text())
        _, spec = readExr(shot / "delivery" / "AF_010_recovered.0003.exr")
        self.assertEqual((str(spec.format), spec.get_string_attribute("compression")), ("half", "zip"))

        # As a recovery of chroma delivers it: new colours, and the luma of the scan.
        self.script["frame"].setValue(3)
        recovered = self.rgb(self.reader(shot / "delivery" / "AF_010_recovered.####.exr", "lin_ap0"))
        source = self.rgb(self.reader(folder / "scans" / "source.####.exr"))
        self.assertGreater(np.abs(recovered - source).max(), 0.01)
        self.assertClose(self.luma(recovered), self.luma(source), 4e-3)

    def testLookFirstFindsFramesAndAlignment(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        self.script["frameRange"]["end"].setValue(12)
        self.script["Settings"]["sourceSpace"].setValue("srgb_tx")
        self.script["Align"]["model"].setValue("translate")
        self.save()
        self.script["LookFirst"]["executeInBackground"].setValue(False)
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["LookFirst"]["task"].execute()
        with self.script.context():
            self.assertNotEqual(self.script["SelectPairs"]["selectedFrames"].getValue(), "")
        self.script["frame"].setValue(5)
        self.assertEqual(
            self.rgb(self.script["AlignmentView"]["out"]).shape, self.rgb(self.script["Align"]["out"]).shape
        )

    def testPaintedFramesAreLookedAtFirst(self):
        self.load("nonReferenceChroma")
        self.writeElements(1, 2, 3, 4)
        self.script["Settings"]["sourceSpace"].setValue("srgb_tx")
        self.script["frameRange"]["end"].setValue(4)
        self.script["Settings"]["trainingFrames"].setValue("1,4")
        self.script["Settings"]["previewFrame"].setValue("2")
        self.script["LookFirst"]["executeInBackground"].setValue(False)
        self.save()
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["LookFirst"]["task"].execute()
        pairs = self.temporaryDirectory() / "SHOT_010" / "chroma" / "pairs"
        self.assertLessEqual({"input.0001.exr", "target.0004.exr", "manifest.json"}, set(self.filesIn(pairs)))
        self.assertFalse((pairs.parent / "runs").exists())

    def testTwoStepsOnASourceOfSeveralShots(self):
        self.load("twoStepSpatialRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        shots = self.temporaryDirectory() / "reel.json"
        write_scopes(shots, (Scope("roof", "shot", 1, 6), Scope("street", "shot", 7, 9), Scope("park", "shot", 10, 12)))
        settings = {
            "sourceSpace": "srgb_tx",
            "referenceSpace": "srgb_tx",
            "goodFrames": "1-8",
            "severalShots": True,
            "shotList": str(shots),
        }
        for name, value in settings.items():
            self.script["Settings"][name].setValue(value)
        self.script["Align"]["model"].setValue("translate")
        self.script["LookFirst"]["executeInBackground"].setValue(False)
        self.save()
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["LookFirst"]["task"].execute()
        with Gaffer.Context(self.script.context()) as context:
            found = []
            for frame in (1, 8, 12):
                context.setFrame(frame)
                found.append(self.script["Inference"]["shot"].getValue())
            self.assertEqual(found, ["roof", "street", "park"])
            chosen = parse_frames(self.script["SelectPairs"]["selectedFrames"].getValue())
        # Of both shots that have good frames, and of good frames alone.
        self.assertLessEqual({1, 6, 7, 8}, set(chosen))
        self.assertEqual(max(chosen), 8)

    def testEarlyReportMakesItsFramesAlone(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        self.script["frameRange"]["end"].setValue(12)
        settings = {
            "Settings.sourceSpace": "srgb_tx",
            "Align.model": "translate",
            "Train.steps": 2,
            "Train.patchSize": 64,
            "EarlyValidate.mostFrames": 6,
            "EarlyReport.executeInBackground": False,
        }
        for name, value in settings.items():
            self.script.descendant(name).setValue(value)
        self.save()
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["EarlyReport"]["task"].execute()
        shot = self.temporaryDirectory() / "SHOT_010"
        written = [int(path.suffixes[-2][1:]) for path in sorted((shot / "delivery").glob("*.exr"))]
        self.assertEqual(written, [1, 2, 3, 10, 11, 12])
        self.assertIn("6 of 12", (shot / "chroma" / "early_report" / "report.html").read_text())
        self.assertFalse((shot / "chroma" / "report").exists())

    def testDispatchOfRawElements(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        others = {
            "Align.model": "translate",
            "frameRange.end": 12,
            "Settings.restorationist": "Ana",
            "DeliverFolder.review": "none",
        }
        self.dispatchGraph("chromaRecovery", "DeliverFolder", "1-12", others)

        shot = self.temporaryDirectory() / "AF_010"
        self.assertEqual(
            [name for name in self.filesIn(shot / "chroma" / "reference") if name.endswith(".json")],
            sorted(f"{name}.json" for name in ("matches", "alignment", "crop", "source_crop", "selection")),
        )
        self.assertEqual(len(self.filesIn(shot / "delivery")), 12)
        self.assertEqual(self.filesIn(shot / "chroma" / "report"), ["outliers.txt", "report.html", "report.json"])
        self.assertEqual(self.filesIn(shot / "chroma" / "baseline"), ["grade.clf", "grade.cube", "grade.json"])
        _, spec = readExr(shot / "delivery" / "AF_010_recovered.0003.exr")
        self.assertEqual(spec.get_string_attribute("FilmTitle"), "A film")
        self.assertIn("chroma small, step 2", spec.get_string_attribute("ModelCheckpoint"))
        delivered = self.temporaryDirectory() / "deliveries" / "A_film_AF_010_v001"
        self.assertEqual(self.filesIn(delivered), ["ascmhl", "delivery.json", "masters", "report"])
        self.assertEqual(self.filesIn(delivered / "report"), ["outliers.txt", "report.html", "report.json"])
        for frame, master in enumerate(sorted((delivered / "masters" / "zip").glob("*.exr")), start=1):
            written = readRgb(shot / "delivery" / f"AF_010_recovered.{frame:04d}.exr")
            self.assertTrue(np.array_equal(readRgb(master), written))
        (sidecar,) = (delivered / "masters" / "zip").glob("*.provenance.txt")
        self.assertIn("Ana", sidecar.read_text())
        # The graph shows live what was dispatched.
        self.script["Settings"]["shot"].setValue("AF_010")
        self.script["Settings"]["sourceSpace"].setValue("srgb_tx")
        self.script["frame"].setValue(5)
        aligned = self.rgb(self.script["Align"]["out"])
        self.assertClose(aligned[24:-24, 24:-24], rawElements.seen(5)[24:-24, 24:-24], 0.02)
        with self.script.context():
            self.assertNotEqual(self.script["TrainingPairs"]["frames"].getValue(), "")

    def luma(self, rgb):
        return rgb @ np.array((0.2126, 0.7152, 0.0722), np.float32)
