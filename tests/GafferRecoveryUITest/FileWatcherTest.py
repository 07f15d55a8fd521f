import time

import Gaffer
import GafferImage
import GafferUITest
import imath
from GafferRecoveryTest.RecoveryTestCase import writeModel

import GafferRecovery
from GafferRecoveryUI import FileWatcher


class FileWatcherTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.root = Gaffer.ApplicationRoot("FileWatcherTest")
        self.script = Gaffer.ScriptNode()
        self.root["scripts"].addChild(self.script)
        self.path = self.temporaryDirectory() / "model.safetensors"

    def node(self, parent=None):
        parent = parent or self.script
        image = parent["Constant"] = GafferImage.Constant()
        image["format"].setValue(GafferImage.Format(32, 32, 1.0))
        image["color"].setValue(imath.Color4f(0.2, 0.4, 0.6, 1.0))
        node = parent["Inference"] = GafferRecovery.Inference()
        node["in"].setInput(image["out"])
        node["model"].setValue(str(self.path))
        node["missingModel"].setValue("passThrough")
        node["device"].setValue("cpu")
        return node

    def watcher(self):
        """A watcher that has looked, and does not look by itself during a test."""
        watcher = FileWatcher(self.root, seconds=1000)
        watcher.look()
        return watcher

    def pixels(self, node):
        with self.script.context():
            return node["out"].channelData("R", imath.V2i(0))

    def dirtied(self, node):
        plugs = []
        node.plugDirtiedSignal().connect(plugs.append, scoped=False)
        return plugs

    def testImageFollowsTheFile(self):
        node = self.node()
        watcher = self.watcher()
        seen = [self.pixels(node)]
        for change in (
            lambda: writeModel(self.path, seed=1),
            lambda: writeModel(self.path, seed=2),
            self.path.unlink,
        ):
            change()
            dirtied = self.dirtied(node)
            watcher.look()
            self.assertIn(node["out"], dirtied)
            seen.append(self.pixels(node))
        self.assertEqual(len({tuple(pixels) for pixels in seen}), 3)
        self.assertEqual(seen[0], seen[-1])

    def testNothingHappensWhileTheFileIsTheSame(self):
        writeModel(self.path)
        node = self.node()
        watcher = self.watcher()
        dirtied = self.dirtied(node)
        watcher.look()
        self.assertEqual(dirtied, [])

    def testItIsNoEdit(self):
        self.node()
        watcher = self.watcher()
        self.path.write_text("a model")
        # The timer goes on while an edit waits for a dialogue.
        with Gaffer.UndoScope(self.script):
            watcher.look()
        self.assertFalse(self.script["unsavedChanges"].getValue())
        self.assertFalse(self.script.undoAvailable())

    def testModelOfATraining(self):
        self.script["Train"] = GafferRecovery.Train()
        self.script["Train"]["runsDirectory"].setValue(str(self.temporaryDirectory() / "${script:name}"))
        self.script["fileName"].setValue("/shot.gfr")
        node = self.node()
        node["model"].setInput(self.script["Train"]["model"])
        watcher = self.watcher()
        dirtied = self.dirtied(node)
        with self.script.context():
            self.path = self.path.with_name("shot") / self.script["Train"]["model"].getValue()
        self.path.parent.mkdir(parents=True)
        self.path.write_text("a model")
        watcher.look()
        self.assertIn(node["out"], dirtied)

    def testANodeInABoxIsRefreshed(self):
        box = self.script["Box"] = Gaffer.Box()
        node = self.node(box)
        Gaffer.PlugAlgo.promote(node["refreshCount"])
        watcher = self.watcher()
        dirtied = self.dirtied(node)
        self.path.write_text("a model")
        watcher.look()
        self.assertIn(node["out"], dirtied)

    def testAPathThatCannotBeComputedIsNoConcernOfOthers(self):
        self.script["Train"] = GafferRecovery.Train()
        # Below the minimum of the engine, though not of the plug.
        self.script["Train"]["minutes"].setValue(0.01)
        wrong = self.script["wrong"] = GafferRecovery.Inference()
        wrong["model"].setInput(self.script["Train"]["model"])
        node = self.node()
        watcher = self.watcher()
        dirtied = self.dirtied(node)
        self.path.write_text("a model")
        watcher.look()
        self.assertIn(node["out"], dirtied)

    def testItLooksByItself(self):
        node = self.node()
        dirtied = self.dirtied(node)
        watcher = FileWatcher(self.root, seconds=0.02)
        watcher.look()
        self.path.write_text("a model")
        end = time.monotonic() + 600
        while node["out"] not in dirtied and time.monotonic() < end:
            self.waitForIdle(10)
        self.assertIn(node["out"], dirtied)
