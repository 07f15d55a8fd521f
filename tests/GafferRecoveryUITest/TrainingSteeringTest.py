import json

import Gaffer
import GafferDispatch
import IECore
from GafferRecoveryTest.RecoveryTestCase import writeModel

import GafferRecovery
from filmrecovery.training.runs.run_requests import read_request
from filmrecovery.training.runs.run_status import STATUS_NAME
from GafferRecoveryUITest.TrainingEditorTestCase import TrainingEditorTestCase


class TrainingSteeringTest(TrainingEditorTestCase):
    def useFolder(self):
        """Makes the project of the script lie in the temporary folder."""
        flags = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
        root = Gaffer.NameValuePlug("project:rootDirectory", IECore.StringData(str(self.folder)), flags=flags)
        self.script["variables"].addChild(root)

    def testStopAndLengthAreAskedOfTheTraining(self):
        run = self.runOf(self.train())
        editor = self.editor()
        self.click(editor, "Stop")
        self.until(lambda: read_request(run).stop)
        self.until(lambda: "asked to stop" in editor.message())
        editor.buttons().setLength(2500)
        self.until(lambda: read_request(run).steps == 2500)
        self.assertTrue(read_request(run).stop)

    def testATrainingThatEndedMeanwhileIsTold(self):
        run = self.runOf(self.train())
        editor = self.editor()
        status = json.loads((run / STATUS_NAME).read_text()) | {"state": "done"}
        (run / STATUS_NAME).write_text(json.dumps(status))
        self.click(editor, "Stop")
        self.until(lambda: "no training runs there" in editor.message())

    def testButtonsOfferWhatCanBeDone(self):
        self.runOf(self.train())
        self.runOf(self.train("Stopped", seed=2), state="stopped", entries=self.losses(100))
        self.runOf(self.train("Done", seed=3), state="done")
        self.train("None", seed=4)
        self.writeRun(self.folder / "runs" / "elsewhere" / "run-1", "stopped")
        editor = self.editor()
        for line, offered in enumerate(
            (
                {"Stop", "Length...", "Use Best"},
                {"Resume", "Length..."},
                {"Start", "Length...", "Compare", "Use Best", "Use Final"},
                {"Start"},
                {"Length...", "Use Best"},
            )
        ):
            editor.table().select([line])
            self.assertEqual(self.offered(editor), offered, self.column(editor, "Training")[line])

    def testUseBestGivesASelectedInferenceTheModelAndIsUndone(self):
        train = self.train()
        run = self.runOf(train)
        model = writeModel(run / "best.safetensors")
        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["model"].setInput(train["model"])
        self.script.selection().add(inference)
        editor = self.editor()
        self.click(editor, "Use Best")
        self.assertEqual(inference["model"].getValue(), str(model))
        self.script.undo()
        self.assertTrue(inference["model"].getInput().isSame(train["model"]))
        self.assertFalse(self.script.undoAvailable())

    def testUseFinalMakesAnInferenceWhereNoneIsSelectedAndIsUndone(self):
        run = self.runOf(self.train(), state="done")
        editor = self.editor()
        self.click(editor, "Use Final")
        self.assertIn("is not there", editor.message())
        self.assertEqual(list(GafferRecovery.Inference.Range(self.script)), [])
        model = writeModel(run / "model.safetensors")
        self.click(editor, "Use Final")
        (inference,) = GafferRecovery.Inference.Range(self.script)
        self.assertEqual(inference["model"].getValue(), str(model))
        self.assertEqual(list(self.script.selection()), [inference])
        self.script.undo()
        self.assertEqual(list(GafferRecovery.Inference.Range(self.script)), [])

    def testALockedInferenceStaysAsItIs(self):
        writeModel(self.runOf(self.train()) / "best.safetensors")
        inference = self.script["Inference"] = GafferRecovery.Inference()
        Gaffer.MetadataAlgo.setReadOnly(inference, True)
        self.script.selection().add(inference)
        editor = self.editor()
        self.click(editor, "Use Best")
        self.assertIn("is locked", editor.message())
        self.assertEqual(inference["model"].getValue(), "")

    def testAJobThatFailsBeforeTheTrainingBeginsSaysWhy(self):
        self.train()
        self.useFolder()
        editor = self.editor()
        self.click(editor, "Start")
        (job,) = GafferDispatch.LocalDispatcher.defaultJobPool().jobs()
        self.addCleanup(GafferDispatch.LocalDispatcher.defaultJobPool().removeJob, job)
        self.until(lambda: "failed" in editor.message())
        self.assertRegex(
            editor.message(), r"^Train failed after .*\. Train: .*/pairs/manifest\.json: missing, so that "
        )

    def testAStartedTrainingIsAJobAndNoEdit(self):
        self.useFolder()
        self.train()
        editor = self.editor()
        before = self.script.serialise()
        self.click(editor, "Start")
        self.assertIn("Train starts", editor.message())
        pool = GafferDispatch.LocalDispatcher.defaultJobPool()
        (job,) = pool.jobs()
        self.assertEqual(job.name(), "Train")
        job.kill()
        self.until(lambda: job.status() is GafferDispatch.LocalDispatcher.Job.Status.Killed)
        pool.removeJob(job)
        self.assertTrue((self.folder / "dispatcher" / "local").is_dir())
        self.assertEqual(self.script.serialise(), before)
        self.assertFalse(self.script.undoAvailable())
