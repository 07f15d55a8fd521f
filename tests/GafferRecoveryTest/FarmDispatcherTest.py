import contextlib
import json
import os
import subprocess
import unittest
from pathlib import Path
from unittest import mock

import Gaffer
import GafferDispatch
import IECore

import GafferRecovery
from filmrecovery.farm.task_tree import Needs, read_tree
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine


def hasSlurm():
    """Whether a cluster answers."""
    with contextlib.suppress(OSError):
        return subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0
    return False


class Simulation(GafferDispatch.TaskNode):
    """Each frame needs the one before."""

    def __init__(self, name="Simulation"):
        GafferDispatch.TaskNode.__init__(self, name)

    def preTasks(self, context):
        before = Gaffer.Context(context)
        before.setFrame(context.getFrame() - 1)
        return [self.Task(self["task"], before)] if before.getFrame() > 0 else []

    def hash(self, context):
        h = GafferDispatch.TaskNode.hash(self, context)
        h.append(context.getFrame())
        return h

    def execute(self):
        pass


IECore.registerRunTimeTyped(Simulation, typeName="GafferRecoveryTest::Simulation")


class FarmDispatcherTest(RecoveryTestCase):
    """Tasks of Gaffer for farms: commands that write texts, in the order of the graph."""

    def command(self, name, text, *before, batchSize=1):
        node = self.script[name] = GafferDispatch.SystemCommand()
        node["command"].setValue(text.replace("FOLDER", str(self.temporaryDirectory())))
        node["dispatcher"]["batchSize"].setValue(batchSize)
        for index, task in enumerate(before):
            node["preTasks"][index].setInput(task["task"])
        return node

    def graph(self):
        """Frames in batches, gathered by a task that needs no frame; between them a task that does nothing."""
        write = self.command("Write", "echo ${frame} >> FOLDER/${frame}.txt", batchSize=2)
        between = self.script["Between"] = GafferDispatch.TaskList()
        between["preTasks"][0].setInput(write["task"])
        gather = self.command("Gather", "cat FOLDER/?.txt > FOLDER/all.txt", between)
        return write, gather

    def written(self, cls, node, frames="1-5", **settings):
        """What a dispatcher writes for a farm: the file of the tree. It submits where `submit` is set."""
        dispatcher = self.script["dispatcher"] = cls()
        dispatcher["jobsDirectory"].setValue(str(self.temporaryDirectory() / "jobs"))
        dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.CustomRange)
        dispatcher["frameRange"].setValue(frames)
        for name, value in {"submit": False, **settings}.items():
            dispatcher[name].setValue(value)
        dispatcher["tasks"][0].setInput(node["task"])
        with self.script.context():
            dispatcher["task"].execute()
        return max(Path(self.temporaryDirectory() / "jobs").rglob("tasks.json"))

    def testDispatchersAreRegistered(self):
        for name in ("Slurm", "OpenJD", "OpenCue"):
            dispatcher = GafferDispatch.Dispatcher.create(name)
            self.assertIsInstance(dispatcher, getattr(GafferRecovery, f"{name}Dispatcher"))

    def testScriptsWithoutOurNodesAreDispatchedToo(self):
        folder = self.temporaryDirectory()
        settings = {
            "dispatcher.submit": False,
            "dispatcher.jobsDirectory": str(folder / "jobs"),
            "SystemCommand.command": "true",
            "SystemCommand.dispatcher.farm.gpus": 2,
        }
        options = [text for name, value in settings.items() for text in (f"-{name}", repr(value))]
        command = ["dispatch", "-tasks", "GafferDispatch.SystemCommand", "-dispatcher", "Slurm", "-settings", *options]
        self.callGaffer(*command)
        (path,) = (folder / "jobs").rglob("tasks.json")
        (task,) = read_tree(path).tasks
        self.assertEqual(task.needs, Needs(gpus=2))
        # What a machine of the farm calls knows the plug too.
        self.assertEqual(callEngine("-m", "filmrecovery", "do-task", path, "SystemCommand", 0).count("ERROR"), 0)

    def testBatchesBecomeChunksInTheirOrder(self):
        write, gather = self.graph()
        write["dispatcher"]["farm"]["cores"].setValue(3)
        write["dispatcher"]["farm"]["memory"].setValue(500)
        path = self.written(GafferRecovery.SlurmDispatcher, gather)
        tree = read_tree(path)
        first, second = tree.tasks
        self.assertEqual((first.name, first.chunks, first.after), ("Write", ("1-2", "3-4", "5"), ()))
        self.assertEqual((second.name, second.chunks, second.after), ("Gather", ("1",), ("Write",)))
        self.assertEqual(first.needs, Needs(3, 500, 0))
        self.assertEqual(second.needs, Needs())
        self.assertEqual(tree.folder, str(path.parent))
        self.assertTrue((path.parent / "tasks.slurm" / "submit.sh").exists())

    def testATrainingOfSeveralProcessesNeedsACoreForEach(self):
        train = self.script["Train"] = GafferRecovery.Train()
        train["pairs"][0].setValue(str(self.temporaryDirectory() / "pairs"))
        train["runsDirectory"].setValue(str(self.temporaryDirectory() / "runs"))
        train["processes"].setValue(4)
        (task,) = read_tree(self.written(GafferRecovery.SlurmDispatcher, train)).tasks
        self.assertEqual(task.needs, Needs(cores=4))

    def testAJobTakesAlongWhereColoursAndAssetsAre(self):
        said = {"OPENASSETIO_DEFAULT_CONFIG": "/shows/openassetio.toml", "OPENASSETIO_PLUGIN_PATH": "/shows/plugins"}
        with mock.patch.dict(os.environ, said | {"OCIO": ""}):
            path = self.written(GafferRecovery.SlurmDispatcher, self.command("Write", "true"), frames="1")
        found = read_tree(path).environment
        self.assertEqual({name: found[name] for name in said}, said)
        self.assertNotIn("OCIO", found)

    def testTheCallsDoTheTasks(self):
        _, gather = self.graph()
        path = self.written(GafferRecovery.SlurmDispatcher, gather)
        for task in read_tree(path).tasks:
            for call in range(task.calls):
                callEngine("-m", "filmrecovery", "do-task", path, task.name, call)
        self.assertEqual((self.temporaryDirectory() / "all.txt").read_text(), "1\n2\n3\n4\n5\n")

    def testContextsBecomeTasksOfTheirOwn(self):
        write = self.command("Write", 'echo ${word} > "FOLDER/${word}.txt"')
        wedge = self.script["Wedge"] = GafferDispatch.Wedge()
        wedge["preTasks"][0].setInput(write["task"])
        wedge["variable"].setValue("word")
        wedge["mode"].setValue(int(GafferDispatch.Wedge.Mode.StringList))
        wedge["strings"].setValue(IECore.StringVectorData(["one", "two words"]))
        path = self.written(GafferRecovery.OpenJDDispatcher, wedge, frames="1")
        tasks = read_tree(path).tasks
        self.assertEqual([task.name for task in tasks], ["Write", "Write-2"])
        for task in tasks:
            callEngine("-m", "filmrecovery", "do-task", path, task.name, 0)
        self.assertEqual((self.temporaryDirectory() / "two words.txt").read_text(), "two words\n")
        template = json.loads((path.parent / "tasks.openjd" / "template.json").read_text())
        self.assertEqual([step["name"] for step in template["steps"]], ["Write", "Write-2"])

    def testFramesThatComeAfterEachOtherAreTasksAfterEachOther(self):
        self.script["Simulation"] = Simulation()
        path = self.written(GafferRecovery.SlurmDispatcher, self.script["Simulation"], frames="1-3")
        self.assertEqual(
            [(task.name, task.chunks, task.after) for task in read_tree(path).tasks],
            [
                ("Simulation", ("1",), ()),
                ("Simulation-2", ("2",), ("Simulation",)),
                ("Simulation-3", ("3",), ("Simulation-2",)),
            ],
        )

    def testOptionsWithAnOpenQuoteAreRefusedInOneSentence(self):
        write = self.command("Write", "true")
        with self.assertRaisesRegex(Gaffer.ProcessException, "close each quote") as raised:
            self.written(GafferRecovery.SlurmDispatcher, write, submit=True, options="--comment='reel 2")
        self.assertNotIn("Traceback", str(raised.exception))

    def testNeedsAreSavedWithTheScript(self):
        self.script["Train"] = GafferRecovery.Train()
        self.script["Train"]["dispatcher"]["farm"]["gpus"].setValue(1)
        script = Gaffer.ScriptNode()
        script.execute(self.script.serialise())
        self.assertEqual(script["Train"]["dispatcher"]["farm"]["gpus"].getValue(), 1)

    @unittest.skipUnless(hasSlurm(), "there is no Slurm here: no scontrol, or no slurmctld answers")
    def testSlurmDoesTheTasks(self):
        _, gather = self.graph()
        # Each array is waited for before the next one is submitted.
        path = self.written(GafferRecovery.SlurmDispatcher, gather, submit=True, options="--wait --time=5")
        self.assertEqual((self.temporaryDirectory() / "all.txt").read_text(), "1\n2\n3\n4\n5\n")
        self.assertEqual(len(self.filesIn(path.parent / "tasks.done")), 4)
        self.assertEqual(len((path.parent / "tasks.slurm" / "jobs").read_text().split()), 2)
