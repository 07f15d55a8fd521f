import json
import os
import platform
import random
import threading
import time
import weakref
from unittest import mock

import Gaffer
import GafferDispatch
import GafferUI
import GafferUITest
import IECore
from GafferRecoveryTest.RecoveryTestCase import writeModel
from Qt import QtCore, QtGui, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.training.run_overview import RunReader
from filmrecovery.training.run_requests import read_request
from filmrecovery.training.run_status import GONE_SECONDS, STATUS_NAME
from GafferRecoveryUI.trainingEditor import graphRuns


class TrainingEditorTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.root = Gaffer.ApplicationRoot("TrainingEditorTest")
        self.script = Gaffer.ScriptNode()
        self.root["scripts"].addChild(self.script)
        self.folder = self.temporaryDirectory()
        self.window = None

    def tearDown(self):
        self.window = None
        GafferUITest.TestCase.tearDown(self)

    def train(self, name="Train", **values):
        node = self.script[name] = GafferRecovery.Train()
        node["pairs"][0].setValue(str(self.folder / "pairs"))
        node["runsDirectory"].setValue(str(self.folder / "runs"))
        for plug, value in values.items():
            node[plug].setValue(value)
        return node

    def model(self, train):
        with self.script.context():
            return self.folder / "runs" / train["model"].getValue()

    def writeRun(self, run, state="running", entries=None, said="", **settings):
        """A run folder, as a training leaves one behind; one that runs is of this process."""
        run.mkdir(parents=True)
        settings = {"size": "small", "steps": 1000, "precision": "float32", "pairs_hash": "0123456789abcdef"} | settings
        (run / "training.json").write_text(json.dumps(settings))
        if entries is None:
            entries = [{"step": 0, "holdOutChroma": 0.05}, *self.losses(300), {"step": 300, "holdOutChroma": 0.03}]
        (run / "metrics.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        status = {"state": state, "mode": "chroma", "said": said, "started": "2026-01-02T03:04:05+00:00"}
        here = {"machine": platform.node(), "process": os.getpid()}
        (run / STATUS_NAME).write_text(json.dumps({"version": 1, **here, **status}))
        return run

    def runOf(self, train, **values):
        """A run folder with the present settings of a node."""
        return self.writeRun(self.model(train).parent / "run-1234", **values)

    def losses(self, steps, loss=0.5):
        return [{"step": step, "loss": loss / step, "seconds": step / 10} for step in range(10, steps + 1, 10)]

    def picture(self, path, width=64):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = QtGui.QImage(width, 36, QtGui.QImage.Format_RGB32)
        image.fill(QtCore.Qt.darkGreen)
        self.assertTrue(image.save(str(path)))

    def editor(self):
        with GafferUI.Window() as self.window:
            editor = GafferUI.Editor.create("FilmRecoveryTraining", self.script)
        self.assertIsInstance(editor, GafferRecoveryUI.TrainingEditor)
        self.window._qtWidget().resize(1400, 600)
        self.window.setVisible(True)
        self.look(editor)
        return editor

    def until(self, condition):
        """Waits for an event; the limit is only there so that a fault does not hold the tests for ever."""
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, "did not happen in time")
            QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 10)

    def look(self, editor):
        """Has the editor read all files once more, to the end."""
        self.until(lambda: not editor.looks())
        editor.look()
        self.until(lambda: not editor.looks())

    def column(self, editor, heading):
        return [row[heading] for row in editor.table().cells()]

    def click(self, editor, text):
        (button,) = [
            button for button in editor._qtWidget().findChildren(QtWidgets.QPushButton) if button.text() == text
        ]
        self.assertTrue(button.isEnabled(), f"{text} is not offered")
        button.click()

    def offered(self, editor):
        """The buttons that can be pressed."""
        buttons = editor._qtWidget().findChildren(QtWidgets.QPushButton)
        return {button.text() for button in buttons if button.isEnabled() and button.text() != "Folders"}

    def testEachRunOfTheGraphIsALine(self):
        self.train("Later", steps=5000)
        train = self.train()
        self.runOf(train)
        self.writeRun(self.folder / "runs" / "small-old" / "run-5678", "done", learning_rate=0.5)
        editor = self.editor()
        self.assertEqual(self.column(editor, "Training"), ["Later", "Train", "small-old 5678"])
        self.assertEqual(self.column(editor, "State"), ["not started", "running", "done"])
        _, first, other = editor.table().cells()
        self.assertEqual((first["Step"], first["Loss"]), ("300 of 1,000", "0.00167"))
        self.assertEqual((first["Hold-out"], first["Best"]), ("0.03", "0.03 at 300"))
        self.assertEqual((first["Trained"], first["Left"]), ("30 s", "1 min 10 s"))
        self.assertEqual(first["Machine"], platform.node())
        self.assertEqual((first["Differs in"], other["Differs in"]), ("learning rate not set", "learning rate 0.5"))

    def testARunFollowsItsFiles(self):
        run = self.runOf(self.train(), entries=self.losses(100))
        editor = self.editor()
        self.assertEqual(self.column(editor, "Step"), ["100 of 1,000"])
        with open(run / "metrics.jsonl", "a") as journal:
            journal.write('{"step": 110, "loss": 0.001, "seconds": 11}\n{"step": 12')
        self.look(editor)
        self.assertEqual(self.column(editor, "Step"), ["110 of 1,000"])
        self.assertEqual(editor.drawn()[0].overview.loss.values[-1], 0.001)

    def testLinesDoNotJumpWhenTheirTrainingsGoOn(self):
        runs = [self.writeRun(self.folder / "runs" / f"run-{number}") for number in (1, 2, 3)]
        self.train()
        editor = self.editor()
        before = self.column(editor, "Training")
        for run in runs:
            with open(run / "metrics.jsonl", "a") as journal:
                journal.write('{"step": 310, "loss": 0.001}\n')
            self.look(editor)
            self.assertEqual(self.column(editor, "Training"), before)

    def testANodeStaysSelectedWhenItBegins(self):
        self.runOf(self.train())
        later = self.train("Later", seed=2)
        editor = self.editor()
        editor.table().select([1])
        self.runOf(later, entries=self.losses(20))
        self.look(editor)
        self.assertEqual([run.name for run in editor.drawn()], ["Later"])

    def testAGoneOrFailedTrainingIsExplained(self):
        gone = self.runOf(self.train())
        status = json.loads((gone / STATUS_NAME).read_text()) | {"machine": "farm-07"}
        (gone / STATUS_NAME).write_text(json.dumps(status))
        failed = self.train("Failed", seed=2)
        self.runOf(failed, state="failed", said="disk.exr: the disk is full")
        (self.writeRun(self.folder / "runs" / "a" / "run-1") / "training.json").write_text("{")
        editor = self.editor()
        self.assertEqual(self.column(editor, "State"), ["running", "failed", "unreadable"])
        longAgo = time.time() - 2 * GONE_SECONDS
        os.utime(gone / STATUS_NAME, (longAgo, longAgo))
        self.look(editor)
        self.assertEqual(self.column(editor, "State"), ["gone", "failed", "unreadable"])
        self.assertIn("nothing was heard of it for a minute", editor.message())
        self.assertIn("Resume goes on", editor.message())
        editor.table().select([1])
        self.assertIn("the disk is full", editor.message())
        editor.table().select([2])
        self.assertIn("training.json", editor.message())

    def testItSortsByFigures(self):
        for seed, last in enumerate((90, 1000, 200)):
            self.runOf(self.train(f"Train{seed}", seed=seed), entries=self.losses(last))
        self.train("None", seed=9)
        editor = self.editor()
        editor.table().sortBy("Step")
        self.assertEqual(self.column(editor, "Step"), ["90 of 1,000", "200 of 1,000", "1,000 of 1,000", ""])

    def testTheSelectedRunsAreDrawnInTheirOwnColours(self):
        for seed in range(3):
            self.runOf(self.train(f"Train{seed}", seed=seed))
        editor = self.editor()
        self.assertEqual([run.name for run in editor.drawn()], ["Train0"])
        editor.table().select([0, 2])
        drawn = {run.name: run.colour.name() for run in editor.drawn()}
        self.assertEqual(list(drawn), ["Train0", "Train2"])
        self.assertNotEqual(*drawn.values())
        # The colours stay as long as their runs are selected, also when figures come in.
        editor.table().select([1, 2])
        self.look(editor)
        now = {run.name: run.colour.name() for run in editor.drawn()}
        self.assertEqual(now["Train2"], drawn["Train2"])
        self.assertNotEqual(now["Train1"], now["Train2"])

    def testCurvesAreThoseOfTheRun(self):
        self.runOf(self.train())
        editor = self.editor()
        curves, (run,) = editor.curves().curves(), editor.drawn()
        curves.setSmoothing(0.0)
        self.assertEqual(curves.lossPoints(run), [(step, 0.5 / step) for step in range(10, 301, 10)])
        self.assertEqual(run.curves.holdOut.points(), [(0, 0.05), (300, 0.03)])
        self.assertEqual(curves.reading(104), [("Train", "0.005", "0.05")])
        curves.setSmoothing(0.9)
        smooth = [value for _, value in curves.lossPoints(run)]
        # It lags behind a loss that falls, from the same beginning.
        self.assertEqual(smooth[0], 0.05)
        self.assertGreater(smooth[-1], 0.5 / 300)
        self.assertLess(smooth[-1], 0.05)

    def testALongCurveKeepsItsPeaks(self):
        generator = random.Random(1)
        entries = [{"step": step, "loss": generator.uniform(1, 2)} for step in range(10, 100_001, 10)]
        entries[4321]["loss"], entries[8765]["loss"] = 9.0, 0.5
        self.runOf(self.train(), entries=entries)
        editor = self.editor()
        editor.curves().curves().setSmoothing(0.0)
        points = editor.curves().curves().lossPoints(editor.drawn()[0])
        self.assertLess(len(points), 2000)
        peaks = {value: step for step, value in points}
        self.assertAlmostEqual(peaks[9.0], 43220, delta=200)
        self.assertAlmostEqual(peaks[0.5], 87660, delta=200)
        self.assertEqual(points, sorted(points))

    def testPicturesFollowTheNewestStepUntilAnotherIsChosen(self):
        run = self.runOf(self.train())
        for step in (0, 100):
            self.picture(run / "contactSheets" / f"contact.{step:06d}.png")
        self.picture(run / "previews" / "preview.0007.000100.png")
        editor = self.editor()
        sheet, preview = editor.pictures().sheet(), editor.pictures().preview()
        self.assertEqual((sheet.step(), preview.step()), (100, 100))
        self.until(lambda: sheet.picture().hasPicture())
        self.picture(run / "contactSheets" / "contact.000200.png")
        self.look(editor)
        self.assertEqual(sheet.step(), 200)
        sheet.setStep(100)
        self.picture(run / "contactSheets" / "contact.000300.png")
        self.look(editor)
        self.assertEqual(sheet.step(), 100)

    def testTheZoomStaysFromRunToRun(self):
        for seed in (1, 2):
            run = self.runOf(self.train(f"Train{seed}", seed=seed))
            self.picture(run / "contactSheets" / "contact.000100.png")
        editor = self.editor()
        picture = editor.pictures().sheet().picture()
        self.until(picture.hasPicture)
        place = QtCore.QPointF(20, 20)
        turn = (QtCore.QPoint(0, 0), QtCore.QPoint(0, 240), QtCore.Qt.NoButton, QtCore.Qt.NoModifier)
        wheel = QtGui.QWheelEvent(place, place, *turn, QtCore.Qt.NoScrollPhase, False)
        QtWidgets.QApplication.sendEvent(picture, wheel)
        zoom = picture.zoom()
        self.assertGreater(zoom, 1.0)
        editor.table().select([1])
        self.look(editor)
        self.assertEqual(picture.zoom(), zoom)
        double = QtGui.QMouseEvent(
            QtCore.QEvent.MouseButtonDblClick, place, QtCore.Qt.LeftButton, QtCore.Qt.LeftButton, QtCore.Qt.NoModifier
        )
        QtWidgets.QApplication.sendEvent(picture, double)
        self.assertEqual(picture.zoom(), 1.0)

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
                {"Start", "Length...", "Use Best", "Use Final"},
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

    def testToLookIsNoEdit(self):
        self.runOf(self.train())
        edits = []
        self.script.actionSignal().connect(lambda script, action, stage: edits.append(action), scoped=False)
        before = self.script.serialise()
        editor = self.editor()
        editor.table().select([0])
        self.look(editor)
        self.assertEqual(edits, [])
        self.assertEqual(self.script.serialise(), before)
        self.assertFalse(self.script["unsavedChanges"].getValue())

    def testAnAddedFolderIsSavedWithTheScriptAndUndone(self):
        farm = self.folder / "farm"
        self.writeRun(farm / "small" / "run-1", "done")
        editor = self.editor()
        self.assertIn("no Train node", editor.message())
        editor.addFolder(farm)
        self.look(editor)
        self.assertEqual(self.column(editor, "Training"), ["small 1"])
        self.script.undo()
        self.look(editor)
        self.assertEqual(self.column(editor, "Training"), [])
        self.script.redo()
        other = Gaffer.ScriptNode()
        other.execute(self.script.serialise())
        self.assertEqual(graphRuns.folders(other), [farm])
        editor.removeFolder(farm)
        self.look(editor)
        self.assertEqual(self.column(editor, "Training"), [])

    def testCurvesAreMadeAgainWhenTheyHaveChanged(self):
        run = self.runOf(self.train())
        editor = self.editor()
        before = editor.drawn()[0].curves.loss
        os.utime(run / STATUS_NAME)
        self.look(editor)
        self.assertIs(editor.drawn()[0].curves.loss, before)
        with open(run / "metrics.jsonl", "a") as journal:
            journal.write('{"step": 310, "loss": 0.001}\n')
        self.look(editor)
        self.assertEqual(editor.drawn()[0].curves.loss.points()[-1], (310, 0.001))

    def testFilesAreReadOutsideOfTheInterface(self):
        self.runOf(self.train())
        threads = set()
        read = RunReader.read

        def watched(reader):
            threads.add(threading.current_thread())
            return read(reader)

        with mock.patch.object(RunReader, "read", watched):
            self.editor()
        self.assertTrue(threads)
        self.assertNotIn(threading.main_thread(), threads)

    def testAStartedTrainingIsAJobAndNoEdit(self):
        flags = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
        root = Gaffer.NameValuePlug("project:rootDirectory", IECore.StringData(str(self.folder)), flags=flags)
        self.script["variables"].addChild(root)
        self.train()
        editor = self.editor()
        before = self.script.serialise()
        self.click(editor, "Start")
        self.assertIn("Train starts", editor.message())
        pool = GafferDispatch.LocalDispatcher.defaultJobPool()
        (job,) = pool.jobs()
        job.kill()
        self.until(lambda: job.status() is GafferDispatch.LocalDispatcher.Job.Status.Killed)
        pool.removeJob(job)
        self.assertTrue((self.folder / "dispatcher" / "local").is_dir())
        self.assertEqual(self.script.serialise(), before)
        self.assertFalse(self.script.undoAvailable())

    def testItEndsWithItsWindow(self):
        self.runOf(self.train())
        editor = weakref.ref(self.editor())
        self.window = None
        self.until(lambda: editor() is None)

    def testItIsALayoutEditor(self):
        self.assertEqual(repr(self.editor()), "GafferRecoveryUI.TrainingEditor( scriptNode )")
        layouts = GafferUI.Layouts.acquire(self.root)
        layouts.add("Training", "GafferRecoveryUI.TrainingEditor( scriptNode )")
        self.assertIsInstance(layouts.create("Training", self.script), GafferRecoveryUI.TrainingEditor)
