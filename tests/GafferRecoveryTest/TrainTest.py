import contextlib
import fcntl
import io
import json
import os
import re
import shutil
import signal
from pathlib import Path
from unittest import mock

import Gaffer
import IECore

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, adopt, copyPairs, np, picture, rgbChannels, writeExr


class TrainTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.root = self.temporaryDirectory() / "project"
        copyPairs(self.root / "pairs")
        self.setVariable("project:rootDirectory", str(self.root))

    def node(self, **values):
        node = self.script["Train"] = GafferRecovery.Train()
        node["pairs"][0].setValue("${project:rootDirectory}/pairs")
        node["runsDirectory"].setValue("${project:rootDirectory}/runs")
        for name, value in {"size": "small", "steps": 2, "patchSize": 64, "device": "cpu", **values}.items():
            node[name].setValue(value)
        return node

    def model(self, node):
        with self.script.context():
            return Path(node["model"].getValue())

    def runs(self, node):
        """The folders of trainings beside the node's model."""
        return sorted(self.model(node).parent.glob("run-*"))

    def journal(self, node):
        """The steps of the journal, less those of reports."""
        (run,) = self.runs(node)
        path = run / "metrics.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [entry["step"] for entry in map(json.loads, lines) if "loss" in entry]

    def hasCheckpoint(self, node):
        return any((run / "checkpoint.safetensors").exists() for run in self.runs(node))

    def longTraining(self):
        """A training of some seconds, to be interrupted."""
        return self.node(steps=100, checkpointInterval=10, reportInterval=100)

    def assertGoesOn(self, node):
        """An interrupted training, of which there is a checkpoint, goes on to its end and repeats no step."""
        self.assertTrue(self.hasCheckpoint(node))
        self.assertFalse(self.model(node).exists())
        done = self.journal(node)
        self.assertTrue(done and done[-1] < 100, done)
        percent = re.search(r"Progress: (\d+)%", self.execute(node))
        self.assertGreater(int(percent[1]), 0)
        journal = self.journal(node)
        self.assertEqual(journal, sorted(set(journal)))
        # Beside every tenth step stands the one at which it stopped.
        self.assertEqual([step for step in journal if step % 10 == 0], list(range(10, 101, 10)))
        self.assertTrue(self.model(node).exists())

    def testTrainsOnceForOneModelOfKnownPath(self):
        node = self.node()
        # Known before there is anything.
        path = self.model(node)
        self.assertTrue(path.is_relative_to(self.root / "runs"))
        self.assertEqual(path.name, "model.safetensors")
        self.dispatch(node, frames="1-20")
        self.assertEqual(self.model(node), path)
        first = path.read_bytes()
        (run,) = self.runs(node)

        # Not again.
        before = path.stat().st_mtime_ns, (run / "model.safetensors").stat().st_mtime_ns
        self.assertNotIn("Progress: 0%", self.execute(node))
        self.assertEqual((path.stat().st_mtime_ns, (run / "model.safetensors").stat().st_mtime_ns), before)

        # Other pairs of the same name are another training, and take the model's place.
        target = self.root / "pairs" / "target.0001.exr"
        earlier = target.read_bytes()
        writeExr(target, rgbChannels(np.clip(picture(77), 0.0, 1.0)))
        adopt(self.root / "pairs")
        self.execute(node)
        self.assertEqual(self.model(node), path)
        self.assertNotEqual(path.read_bytes(), first)
        self.assertEqual(len(self.runs(node)), 2)

        # Back again: the first training is found.
        target.write_bytes(earlier)
        adopt(self.root / "pairs")
        self.assertNotIn("Progress: 0%", self.execute(node))
        self.assertEqual(path.read_bytes(), first)
        self.assertEqual(len(self.runs(node)), 2)
        self.assertEqual((run / "model.safetensors").stat().st_mtime_ns, before[1])

        # As it is where the whole project has moved.
        moved = self.temporaryDirectory() / "moved"
        shutil.move(self.root, moved)
        self.setVariable("project:rootDirectory", str(moved))
        self.assertNotIn("Progress: 0%", self.execute(node))
        self.assertEqual(self.model(node).read_bytes(), first)
        self.assertEqual(len(self.runs(node)), 2)

    def testDisabledItTrainsNothingAndItsModelStaysInUse(self):
        node = self.node()
        path = self.model(node)
        node["enabled"].setValue(False)
        self.dispatch(node)
        self.assertFalse((self.root / "runs").exists())
        self.assertEqual(self.model(node), path)

    def testADispatchHasOneTaskForTheWholeRange(self):
        node = self.node()
        with self.script.context() as context:
            hashes = set()
            for frame in (1, 2, 50):
                context.setFrame(frame)
                hashes.add(str(node["task"].hash()))
        self.assertEqual(len(hashes), 1)
        self.assertNotEqual(hashes, {str(IECore.MurmurHash())})

    def testModelPathIsThatOfWhatDecidesTheModel(self):
        path = self.model(self.node())
        for values in (
            {"size": "medium"},
            {"steps": 3},
            {"minutes": 1.5},
            {"patchSize": 128},
            {"batchSize": 2},
            {"learningRate": 0.02},
            {"multiResolution": True},
            {"flips": False},
            {"exposureJitter": 0.1},
            {"scaleJitter": 0.1},
            {"unvariedEnd": 0.5},
            {"startFrom": "other.safetensors"},
            {"seed": 2},
            {"precision": "float32"},
        ):
            with self.subTest(**values):
                self.assertNotEqual(self.model(self.node(**values)), path)
        for values in ({"checkpointInterval": 7}, {"reportInterval": 7}, {"device": "auto"}):
            with self.subTest(**values):
                self.assertEqual(self.model(self.node(**values)), path)
        # Steps do not count where minutes do.
        self.assertEqual(self.model(self.node(minutes=1, steps=3)), self.model(self.node(minutes=1, steps=4)))
        # More pairs, and pairs of another place.
        node = self.node()
        node["pairs"].resize(2)
        node["pairs"][1].setValue("${project:rootDirectory}/more")
        self.assertNotEqual(self.model(node), path)
        node = self.node()
        node["pairs"][0].setValue("${project:rootDirectory}/others")
        self.assertNotEqual(self.model(node), path)

    def testModelPathMovesWithTheProject(self):
        before = self.model(self.node())
        moved = self.temporaryDirectory() / "elsewhere" / "project"
        self.setVariable("project:rootDirectory", str(moved))
        self.assertEqual(self.model(self.script["Train"]), moved / before.relative_to(self.root))

    def testModelPathTellsWhatItIs(self):
        self.assertIn("/small-2steps-", str(self.model(self.node())))
        self.assertIn("/large-1.5min-", str(self.model(self.node(size="large", minutes=1.5))))
        self.assertEqual(self.model(self.node(runsDirectory="")), Path())

    def testMessagesAndProgressOfTheEngine(self):
        progress = self.execute(self.node())
        self.assertEqual(
            re.findall("Progress: .*\n", progress), ["Progress: 0%\n", "Progress: 50%\n", "Progress: 100%\n"]
        )
        self.assertIn((IECore.Msg.Level.Info, f"model: {self.model(self.script['Train'])}"), self.messages)
        self.assertFalse(any("Progress" in text for _, text in self.messages))

    def testErrorsAreTheEngines(self):
        shutil.rmtree(self.root / "pairs")
        shown = []
        node = self.node()
        node.errorSignal().connect(lambda plug, source, text: shown.append(text))
        with self.assertRefused("Train: ", self.root / "pairs", "missing"):
            self.execute(node)
        # The sentence alone, at the node.
        (text,) = shown
        self.assertTrue(text.startswith(f"Train: {self.root / 'pairs'}"), text)
        self.assertNotIn("Traceback", text)
        self.assertNotIn("error: ", text)

    def testAMissingModelToStartFromIsTold(self):
        node = self.node(startFrom="${project:rootDirectory}/old.safetensors")
        with self.assertRefused("Train: ", self.root / "old.safetensors", "no such file"):
            self.execute(node)

    def testMissingPairsOrFolderAndAnUnknownSizeAreRefused(self):
        node = self.node()
        node["pairs"][0].setValue("")
        with self.assertRefused("Train: has no pairs", "TrainingPairs"):
            self.execute(node)
        with self.assertRefused("Train: the plug runsDirectory is empty"):
            self.execute(self.node(runsDirectory=""))
        with self.assertRefused("'huge' is not one of small, medium, large"):
            self.execute(self.node(size="huge"))

    def testWithoutTheEngineItSaysWhatToDo(self):
        with (
            mock.patch.dict(os.environ, FILMRECOVERY_PYTHON="/nowhere/python"),
            self.assertRefused("/nowhere/python does not exist", "run filmrecovery", "FILMRECOVERY_PYTHON"),
        ):
            self.execute(self.node())

    def testCancellationEndsTheTrainingAndKeepsACheckpoint(self):
        node = self.longTraining()
        messages = IECore.CapturingMessageHandler()

        def train(canceller):
            with Gaffer.Context(self.script.context(), canceller), messages:
                node["task"].execute()

        with contextlib.redirect_stderr(io.StringIO()):
            task = Gaffer.BackgroundTask(node["task"], train)
            self.assertSoon(lambda: self.hasCheckpoint(node))
            task.cancelAndWait()
        self.assertEqual(task.status(), Gaffer.BackgroundTask.Status.Cancelled)
        self.assertGoesOn(node)

    def executeUntilCheckpoint(self, node, number):
        """Sends a signal to a `gaffer execute` in mid-training and waits for its end."""
        path = self.save()
        process = self.startGaffer("execute", "-script", path, "-nodes", "Train")
        self.assertSoon(lambda: self.hasCheckpoint(node))
        process.send_signal(number)
        process.wait()
        process.stdout.close()
        return process

    def testTerminatedItGoesOn(self):
        node = self.longTraining()
        process = self.executeUntilCheckpoint(node, signal.SIGTERM)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        # The engine has ended with it, so that nothing is in the way.
        self.assertGoesOn(node)

    def testKilledItGoesOn(self):
        node = self.longTraining()
        self.executeUntilCheckpoint(node, signal.SIGKILL)
        # The engine has lost its parent and ends at its next line of output; until then it holds the folder.
        (run,) = self.runs(node)
        self.assertSoon(lambda: _isFree(run / ".lock"))
        self.assertGoesOn(node)


def _isFree(lock):
    with open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
