import json
import os
import platform
import threading
import time
import weakref
from pathlib import Path
from unittest import mock

import Gaffer
import GafferUI
from Qt import QtCore

import GafferRecoveryUI
from filmrecovery.training.runs.run_overview import RunReader
from filmrecovery.training.runs.run_status import GONE_SECONDS, STATUS_NAME
from GafferRecoveryUI.trainingEditor import graphRuns
from GafferRecoveryUITest.TrainingEditorTestCase import TrainingEditorTestCase


class TrainingRunsTest(TrainingEditorTestCase):
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

    def testAnAddedFolderThatIsAwayIsTold(self):
        farm = self.folder / "farm"
        self.writeRun(farm / "small" / "run-1", "done")
        editor = self.editor()
        editor.addFolder(farm)
        self.look(editor)
        farm.rename(self.folder / "unmounted")
        self.look(editor)
        self.assertEqual(self.column(editor, "Training"), [str(farm)])
        self.assertEqual(self.column(editor, "State"), ["unreadable"])
        self.assertIn(f"{farm}: This folder is not there: its disk or machine may be away.", editor.message())
        (self.folder / "unmounted").rename(farm)
        self.look(editor)
        self.assertEqual(self.column(editor, "Training"), ["small 1"])

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

    def testHoursOfMetricsLeaveMemoryFlatAndTheInterfaceFree(self):
        # A training of ten million steps writes a million lines; here are a hundred thousand, in ten looks.
        run = self.runOf(self.train(), entries=[])
        editor = self.editor()
        times, slots = [time.thread_time()], []

        def tick():
            # Time of the processor: other programs hold up the clock.
            slots.append(time.thread_time() - times[-1])
            times.append(time.thread_time())

        timer = QtCore.QTimer()
        timer.timeout.connect(tick)
        timer.start(5)
        sizes = []
        for first in range(0, 1_000_000, 100_000):
            lines = [
                f'{{"step": {step}, "loss": {1 / step}, "skipped": 0, "seconds": {step / 10}}}\n'
                for step in range(first + 10, first + 100_001, 10)
            ]
            times[-1] = time.thread_time()
            with open(run / "metrics.jsonl", "a") as journal:
                journal.writelines(lines)
            self.look(editor)
            sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        timer.stop()
        self.assertEqual(self.column(editor, "Step"), ["1,000,000 of 1,000"])
        self.assertLess(sizes[-1] - sizes[0], 30_000_000)
        self.assertLess(max(slots), 0.2)
