import time
from pathlib import Path
from unittest import mock

import Gaffer
import GafferDispatch
import GafferTest
import IECore

from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery._taskNodes.RecoveryWriter import RecoveryWriter
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase

_GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
_FRAMES_OF_PAIRS = {"trainingFrames": "1,3,6", "holdOutFrames": "2", "previewFrame": "4"}


class _Gatherer(GafferDispatch.Dispatcher):
    """Gathers the tasks of a dispatch, and does none of them."""

    def __init__(self, name="Gatherer"):
        GafferDispatch.Dispatcher.__init__(self, name)
        self.batches = []

    def _doDispatch(self, batch):
        self.__number(batch)

    def __number(self, batch):
        data = batch.blindData()
        if "number" not in data:
            data["number"] = IECore.IntData(len(self.batches))
            self.batches.append(None)
            before = {self.__number(earlier) for earlier in batch.preTasks()}
            name = batch.plug().node().getName() if batch.plug() else ""
            self.batches[data["number"].value] = name, list(batch.frames()), before
        return data["number"].value


IECore.registerRunTimeTyped(_Gatherer, typeName="GafferRecoveryTest::_Gatherer")


class DispatchSpeedTest(RecoveryTestCase):
    """A dispatcher asks every task along every path that leads to it, before the first task of a job starts."""

    def load(self):
        self.script = Gaffer.ScriptNode()
        self.script["fileName"].setValue(str(_GRAPHS / "combinedRecovery.gfr"))
        self.script.load()
        self.script["Settings"]["folder"].setValue(str(self.temporaryDirectory()))
        for element in ("source", "spatialReference", "chromaReference"):
            self.script["Settings"][f"{element}Files"].setValue(str(self.temporaryDirectory() / f"{element}.####.exr"))
        for plug, value in _FRAMES_OF_PAIRS.items():
            self.script["Settings"][plug].setValue(value)

    def gather(self, frames):
        """The batches of a dispatch of the whole combined recovery: each with its node, its frames and those before."""
        gatherer = self.script["gatherer"] = _Gatherer()
        gatherer["jobsDirectory"].setValue(str(self.temporaryDirectory() / "jobs"))
        gatherer["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.CustomRange)
        gatherer["frameRange"].setValue(frames)
        gatherer["tasks"][0].setInput(self.script["Validate"]["task"])
        with self.script.context():
            gatherer["task"].execute()
        self.script.removeChild(gatherer)
        return gatherer.batches

    def worked(self, frames):
        """How often the hash of a task is worked out."""
        counted = []
        with (
            mock.patch.multiple(EngineTask, taskHash=_counting(EngineTask.taskHash, counted)),
            mock.patch.multiple(RecoveryWriter, taskHash=_counting(RecoveryWriter.taskHash, counted)),
        ):
            self.gather(frames)
        return len(counted)

    def testEachFrameMoreCostsTheSameAndLittle(self):
        self.load()
        four, eight, twelve = (self.worked(f"11-{10 + frames}") for frames in (4, 8, 12))
        self.assertEqual(twelve - eight, eight - four)
        # There are fourteen tasks at a frame in this graph.
        self.assertLessEqual(eight - four, 4 * 14)

    def testTheTasksAreThoseOfAllPaths(self):
        self.load()
        quick = self.gather("3-5")
        # One who asks without a signal is told everything each time.
        with mock.patch("GafferRecovery._taskNodes.TaskWalk.TaskWalk.current", return_value=None):
            thorough = self.gather("3-5")
        self.assertEqual(quick, thorough)
        self.assertEqual(self.gather("3-5"), thorough)

    def testTheImagesOfPairsShareProcesses(self):
        self.load()
        names = [name for name, frames, _ in self.gather("1-48") if frames]
        # One of each of the two stages: to start Gaffer takes longer than an image.
        for writer in ("__inputWriter", "__targetWriter", "__previewWriter"):
            self.assertEqual(names.count(writer), 2, writer)

    def testOneWhoOnlyAsksTakesNothingFromTheDispatch(self):
        self.load()

        def ask(dispatcher):
            self.script["ChromaTrain"]["task"].preTasks()

        expected = self.gather("1")
        connection = GafferDispatch.Dispatcher.dispatchSignal().connect(ask, scoped=True)
        self.assertEqual(self.gather("1"), expected)
        connection.disconnect()

    @GafferTest.TestRunner.CategorisedTestMethod({"performance"})
    def testSecondsBeforeTheFirstTask(self):
        self.load()
        for frames in (48, 1000):
            start, processor = time.perf_counter(), time.process_time()
            self.gather(f"1-{frames}")
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
            print(f"{frames} frames: {seconds:.1f} s, {processor:.1f} s of the processor ", end="")


def _counting(method, counted):
    def count(task, context):
        counted.append(task)
        return method(task, context)

    return count
