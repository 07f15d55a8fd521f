import os
import re
from pathlib import Path

import Gaffer
import GafferDispatch
import GafferUI
from Qt import QtCore, QtTest, QtWidgets

from filmrecovery.training.runs.run_requests import A_REQUEST, stop_text
from GafferRecoveryUI import graphJobs, graphSettings
from GafferRecoveryUITest.EditorTestCase import EditorTestCase

_GRAPH = Path(__file__).resolve().parents[2] / "graphs" / "chromaRecovery.gfr"
_Status = GafferDispatch.LocalDispatcher.Job.Status


class GraphJobsTest(EditorTestCase):
    """What Settings says of the jobs that its buttons start."""

    def setUp(self):
        EditorTestCase.setUp(self)
        self.script["fileName"].setValue(str(_GRAPH))
        self.script.load()
        self.script["fileName"].setValue(str(self.folder / "graph.gfr"))
        self.script["Settings"]["folder"].setValue(str(self.folder / "results"))
        self.pool = GafferDispatch.LocalDispatcher.defaultJobPool()
        self.task = self.script["Task"] = GafferDispatch.SystemCommand()
        self.script["LookFirst"]["tasks"][0].setInput(self.task["task"])

    def tearDown(self):
        self.widget = None
        for job in self.pool.jobs():
            job.kill()
            self.until(lambda job=job: job.status() not in (_Status.Waiting, _Status.Running))
            self.pool.removeJob(job)
        EditorTestCase.tearDown(self)

    def pressLookFirst(self, command, background=True):
        """Has Look First do a command instead; its job, which has ended by then where it is not in the background."""
        self.script["LookFirst"]["executeInBackground"].setValue(background)
        self.task["command"].setValue(command)
        with GafferUI.Window() as self.window:
            self.widget = graphSettings.Start(self.script["Settings"])
        self.window.setVisible(True)
        self.assertEqual(self.visible(QtWidgets.QTextEdit), [])
        (button,) = [one for one in self.visible(QtWidgets.QPushButton) if one.text() == "Look First"]
        QtTest.QTest.mouseClick(button, QtCore.Qt.LeftButton)
        (job,) = self.pool.jobs()
        return job

    def visible(self, kind):
        return [one for one in self.widget._qtWidget().findChildren(kind) if one.isVisible()]

    def said(self):
        return "".join(one.toPlainText() for one in self.visible(QtWidgets.QTextEdit))

    def testNothingIsSaidBeforeTheFirstJobAndThenThatItIsDone(self):
        job = self.pressLookFirst("true", background=False)
        self.until(lambda: "is done" in self.said())
        self.assertEqual(job.status(), _Status.Complete)
        self.assertIn("LookFirst SHOT_010 is done. It took", self.said())
        self.assertNotIn("Stop", [one.text() for one in self.visible(QtWidgets.QPushButton)])

    def testARunningJobSaysWhichNodeWorksAndIsStopped(self):
        job = self.pressLookFirst("echo 'Progress: 35%'; sleep 600")
        self.until(lambda: "35%" in self.said())
        self.assertRegex(self.said(), r"^LookFirst SHOT_010 runs, for \d+ s so far: Task, 35%\.$")
        (button,) = [one for one in self.visible(QtWidgets.QPushButton) if one.text() == "Stop"]
        QtTest.QTest.mouseClick(button, QtCore.Qt.LeftButton)
        self.until(lambda: "was stopped" in self.said())
        self.assertEqual(job.status(), _Status.Killed)

    def testAFailedJobSaysWhy(self):
        self.pressLookFirst("echo 'ERROR : Task.task : Task: the folder is gone'; false")
        self.until(lambda: "failed" in self.said())
        self.assertRegex(self.said(), r"^LookFirst SHOT_010 failed after \d+ s\. Task: the folder is gone$")

    def testATrainingThatSomebodyHadStoppedIsNoFailure(self):
        text = stop_text(self.folder / "run-1", A_REQUEST, 30, 150)
        self.pressLookFirst(f"echo 'ERROR : Train.task : Train: {text}'; false")
        self.until(lambda: "ended" in self.said())
        self.assertRegex(
            self.said(),
            r"^LookFirst SHOT_010 ended after \d+ s: its training was stopped by request, at step 30 of 150\. Resume ",
        )
        (text,) = self.visible(QtWidgets.QTextEdit)
        self.assertIn("rgb(224, 224, 224)", text.styleSheet())

    def testTheJobThatAProcessWorksForIsKnown(self):
        job = self.pressLookFirst(
            "python -c \"import os, time; print('Progress: 35%', os.getpid(), flush=True); time.sleep(600)\""
        )
        self.until(lambda: "35%" in self.said())
        number = int(re.search(r"35% (\d+)", self.said())[1])
        self.assertIs(graphJobs.jobOfProcess(number), job)
        self.assertIsNone(graphJobs.jobOfProcess(os.getpid()))
        job.kill()
        self.until(lambda: job.status() == _Status.Killed)
        self.assertIsNone(graphJobs.jobOfProcess(number))

    def testStopEndsNoJobOfAnotherShotInTheSameFolder(self):
        job = self.pressLookFirst("sleep 600")
        other = Gaffer.ScriptNode()
        self.root["scripts"].addChild(other)
        other["fileName"].setValue(str(_GRAPH))
        other.load()
        other["Settings"]["folder"].setValue(self.script["Settings"]["folder"].getValue())
        other["Settings"]["shot"].setValue("SHOT_020")
        other["LookFirst"]["tasks"][0].setInput(None)
        task = other["Task"] = GafferDispatch.SystemCommand()
        task["command"].setValue("sleep 600")
        other["LookFirst"]["tasks"][0].setInput(task["task"])
        with other.context():
            other["LookFirst"]["task"].execute()
        self.until(lambda: "SHOT_010 runs" in self.said())
        (button,) = [one for one in self.visible(QtWidgets.QPushButton) if one.text() == "Stop"]
        QtTest.QTest.mouseClick(button, QtCore.Qt.LeftButton)
        self.until(lambda: job.status() == _Status.Killed)
        self.assertIn(self.pool.jobs()[-1].status(), (_Status.Waiting, _Status.Running))

    def testTheJobsOfAnotherFolderAreNotOfThisGraph(self):
        self.pressLookFirst("true", background=False)
        self.until(lambda: "is done" in self.said())
        self.script["Settings"]["folder"].setValue(str(self.folder / "other"))
        self.until(lambda: not self.said())
