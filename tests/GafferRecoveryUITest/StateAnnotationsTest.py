import json
import os
from unittest import mock

import Gaffer
import GafferUITest
from GafferRecoveryTest.RecoveryTestCase import copyPairs, picture, rgbChannels, writeExr, writeModel

import GafferRecovery
from filmrecovery.model.model_header import read_model_header
from filmrecovery.validation.validation_record import VERSION, read_outcome
from GafferRecoveryUI import StateAnnotations
from GafferRecoveryUI.stateAnnotations import NAME


class StateAnnotationsTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.root = Gaffer.ApplicationRoot("StateAnnotationsTest")
        self.script = Gaffer.ScriptNode()
        self.root["scripts"].addChild(self.script)
        self.folder = self.temporaryDirectory()
        self.annotations = StateAnnotations(self.root, seconds=1000, patience=60)

    def train(self):
        node = self.script["Train"] = GafferRecovery.Train()
        node["pairs"][0].setValue(str(copyPairs(self.folder / "pairs")))
        node["runsDirectory"].setValue(str(self.folder / "runs"))
        node["steps"].setValue(1200)
        return node

    def model(self, train):
        with self.script.context():
            path = self.folder / "runs" / train["model"].getValue()
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def validate(self, model):
        node = self.script["Validate"] = GafferRecovery.Validate()
        node["model"].setValue(str(model))
        node["directory"].setValue(str(self.folder / "report"))
        return node

    def report(self, model, failed=(), mode="spatial", likeness=None):
        """Writes the parts of a report that tell its outcome."""
        names = ("luma identity", "flicker")
        record = {
            "version": VERSION,
            "verdict": {
                "passed": not failed,
                "findings": [
                    {"name": name, "passed": name not in failed, "text": f"{name} is found and told"} for name in names
                ],
            },
            "summary": {"hold_outs": likeness or {}},
            "validation": {
                "mode": mode,
                "model": read_model_header(model)["weights_hash"] if model else "of another",
                "frames": [],
            },
        }
        folder = self.folder / "report"
        folder.mkdir(exist_ok=True)
        (folder / "report.json").write_text(json.dumps(record))

    def shown(self, node):
        """What stands beside the node after the next look."""
        self.annotations.look()
        return Gaffer.MetadataAlgo.getAnnotation(node, NAME).text()

    def annotation(self, node):
        """What stands beside it, or None."""
        self.annotations.look()
        return Gaffer.MetadataAlgo.getAnnotation(node, NAME)

    def colour(self, node):
        return Gaffer.MetadataAlgo.getAnnotation(node, NAME).color()

    def testTrainShowsHowFarItIs(self):
        node = self.train()
        self.assertEqual(self.shown(node), "not trained yet")
        model = self.model(node)
        run = model.parent / "run-0"
        run.mkdir()
        self.assertEqual(self.shown(node), "step 0 of 1200, not finished")
        (run / "metrics.jsonl").write_text('{"step": 0}\n{"step": 400}\n{"step": 4')
        self.assertEqual(self.shown(node), "step 400 of 1200, not finished")
        writeModel(run / "model.safetensors", steps=1200)
        writeModel(model, steps=1200)
        self.assertEqual(self.shown(node), "trained, 1200 steps")
        node["minutes"].setValue(5.0)
        self.assertEqual(self.shown(node), "not trained yet")

    def testInferenceShowsItsModel(self):
        node = self.script["Inference"] = GafferRecovery.Inference()
        self.assertEqual(self.shown(node), "no model yet")
        path = self.folder / "model.safetensors"
        node["model"].setValue(str(path))
        self.assertEqual(self.shown(node), "no model yet")
        writeModel(path, "spatial", steps=300)
        self.assertEqual(self.shown(node), "spatial model, 300 steps")
        path.write_bytes(b"something else")
        self.assertIn("not a model of Film Recovery", self.shown(node))

    def testAnElementWhoseHeaderSaysAnotherCurve(self):
        for name, metadata in (("plain", {}), ("aces", {"acesImageContainerFlag": 1})):
            writeExr(self.folder / name / "0001.exr", rgbChannels(picture(1)), metadata=metadata)
        node = self.script["Source"] = GafferRecovery.ElementReader()
        self.assertIsNone(self.annotation(node))
        node["colorSpace"].setValue("srgb_tx")
        for name, told in (("plain", False), ("aces", True), ("missing", False), ("aces", True)):
            node["fileName"].setValue(str(self.folder / name / "####.exr"))
            self.assertEqual(self.annotation(node) is not None, told, name)
        text = self.annotation(node).text()
        self.assertIn("Its header says: linear\n(ACES container)", text)
        self.assertIn("The space srgb_tx is as on a display", text)
        for space, told in (("lin_ap0", False), ("ADX10", True), ("none", False), ("g24_rec709", True)):
            node["colorSpace"].setValue(space)
            self.assertEqual(self.annotation(node) is not None, told, space)
        node["enabled"].setValue(False)
        self.assertIsNone(self.annotation(node))

    def testValidateShowsItsVerdict(self):
        model = writeModel(self.folder / "model.safetensors")
        node = self.validate(model)
        self.assertEqual(self.shown(node), "no report yet")
        opened = self.colour(node)
        means = {"recovery": {"psnr": {"mean": 31.2}}, "baseline": {"psnr": {"mean": 29.0}}}
        self.report(model, likeness=means)
        self.assertEqual(self.shown(node), "PASSED: 31.2 dB, LUT 29.0 dB")
        passed = self.colour(node)
        means = {"recovery": {"ciede2000": {"mean": 2.08}}}
        self.report(model, ["flicker"], "chroma", means)
        first = "FAILED (flicker): CIEDE2000 2.1"
        self.assertEqual(self.shown(node), f"{first}\nflicker: flicker is found and told")
        self.report(model, ["flicker", "luma identity"], "chroma", means)
        self.assertTrue(self.shown(node).endswith("\nAnd 1 more, in the report."))
        self.report(model, ["flicker"], "chroma", means)
        self.annotations.look()
        self.assertEqual(len({str(colour) for colour in (opened, passed, self.colour(node))}), 3)
        self.report(model)
        self.assertEqual(self.shown(node), "PASSED")
        # Of what was trained since, nothing is known.
        writeModel(model, seed=1)
        self.assertEqual(self.shown(node), "an earlier model PASSED")
        self.assertEqual(self.colour(node), opened)
        (self.folder / "report" / "report.json").write_text("{}")
        self.assertIn("is not a validation", self.shown(node))

    def testNodesInBoxesAreAnnotatedToo(self):
        box = self.script["Box"] = Gaffer.Box()
        node = box["Inference"] = GafferRecovery.Inference()
        self.assertEqual(self.shown(node), "no model yet")

    def testItIsNoEditAndIsNotSaved(self):
        node = self.train()
        with Gaffer.UndoScope(self.script):
            node["seed"].setValue(3)
        self.script["unsavedChanges"].setValue(False)
        self.script.undo()
        self.script["unsavedChanges"].setValue(False)
        self.assertEqual(self.shown(node), "not trained yet")
        self.assertFalse(self.script["unsavedChanges"].getValue())
        self.assertTrue(self.script.redoAvailable())
        self.assertNotIn("not trained yet", self.script.serialise())

    def testFilesAreReadWhenTheyHaveChanged(self):
        model = writeModel(self.folder / "model.safetensors")
        node = self.validate(model)
        self.report(model)
        self.shown(node)
        with mock.patch("GafferRecovery.files.workState.read_outcome", wraps=read_outcome) as read:
            self.annotations.look()
            read.assert_not_called()
            self.report(model, ["flicker"])
            os.utime(self.folder / "report" / "report.json", (1, 1))
            self.annotations.look()
            read.assert_called_once()
