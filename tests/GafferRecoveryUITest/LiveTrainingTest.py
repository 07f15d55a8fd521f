import shutil

import Gaffer
import GafferImage
import GafferImageUI
import GafferUI
import GafferUITest
import imath
from GafferRecoveryTest.RecoveryTestCase import writeModel
from Qt import QtGui

import GafferRecovery
from GafferRecoveryUI import FileWatcher

_IDLE_EVENTS = 10000
_REST_EVENTS = 100


class LiveTrainingTest(GafferUITest.TestCase):
    """A training that goes on, in the Viewer: its newest picture, and its newest model at work."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.root = Gaffer.ApplicationRoot("LiveTrainingTest")
        self.script = Gaffer.ScriptNode()
        self.root["scripts"].addChild(self.script)
        config = GafferImage.OpenColorIOConfigPlug.acquireDefaultConfigPlug(self.script)
        config["workingSpace"].setValue("srgb_tx")
        self.train = self.script["Train"] = GafferRecovery.Train()
        self.train["runsDirectory"].setValue(str(self.temporaryDirectory() / "runs"))
        self.watcher = FileWatcher(self.root, seconds=1000)

    def tearDown(self):
        # Updates of a Viewer in the background keep widgets alive.
        self.waitForIdle(_IDLE_EVENTS)
        GafferUITest.TestCase.tearDown(self)

    def model(self):
        with self.script.context():
            return self.temporaryDirectory() / "runs" / self.train["model"].getValue()

    def run_(self, name="run-1"):
        """A run folder with the present settings of the node, as it is when a training has begun."""
        run = self.model().parent / name
        run.mkdir(parents=True)
        (run / "metrics.jsonl").write_text('{"step": 0}\n')
        return run

    def picture(self, path, red):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = QtGui.QImage(20, 10, QtGui.QImage.Format_RGB32)
        image.fill(QtGui.QColor(red, 0, 0))
        written = path.with_name("written.tmp")
        self.assertTrue(image.save(str(written), "PNG"))
        written.replace(path)

    def shown(self):
        """The red code in the middle of the image of the Train node; None where it shows none."""
        self.watcher.look()
        with self.script.context():
            if GafferImage.BufferAlgo.empty(self.train["out"].dataWindow()):
                return None
            sampler = GafferImage.Sampler(self.train["out"], "R", self.train["out"].dataWindow())
            return round(255 * sampler.sample(10, 5))

    def inference(self):
        image = self.script["Constant"] = GafferImage.Constant()
        image["format"].setValue(GafferImage.Format(32, 32, 1.0))
        image["color"].setValue(imath.Color4f(0.2, 0.4, 0.6, 1.0))
        node = self.script["Inference"] = GafferRecovery.Inference()
        node["in"].setInput(image["out"])
        node["model"].setInput(self.train["model"])
        node["device"].setValue("cpu")
        return node

    def pixels(self, node):
        self.watcher.look()
        with self.script.context():
            return tuple(node["out"].channelData("R", imath.V2i(0)))

    def testTheImageOfATrainingIsItsNewestPicture(self):
        self.assertIsNone(self.shown())
        sheets = self.run_() / "contactSheets"
        self.assertIsNone(self.shown())
        for step, red in ((0, 50), (500, 100), (1000, 150)):
            self.picture(sheets / f"contact.{step:06d}.png", red)
            self.assertEqual(self.shown(), red)
        # A training that goes on from an earlier step writes a picture again.
        self.picture(sheets / "contact.001000.png", 200)
        self.assertEqual(self.shown(), 200)
        # With other pairs the training begins again, in another folder.
        self.picture(self.run_("run-2") / "contactSheets" / "contact.000000.png", 250)
        (self.model().parent / "run-1" / "metrics.jsonl").unlink()
        self.assertEqual(self.shown(), 250)

    def testAPlugChoosesThePicture(self):
        run = self.run_()
        self.picture(run / "contactSheets" / "contact.000500.png", 50)
        self.picture(run / "previews" / "preview.0007.000500.png", 100)
        self.picture(run / "previews" / "preview.0012.000500.png", 150)
        self.picture(run / "previews" / "doubt.0007.000500.png", 200)
        for choice, red in (("preview", 100), ("doubt", 200), ("none", None), ("contactSheet", 50)):
            self.train["picture"].setValue(choice)
            self.assertEqual(self.shown(), red, choice)

    def testTheViewerShowsItWhereTheNodeHasTheFocus(self):
        self.picture(self.run_() / "contactSheets" / "contact.000500.png", 50)
        self.script.setFocus(self.train)
        viewer = GafferUI.Viewer(self.script)
        self.assertIsInstance(viewer.view(), GafferImageUI.ImageView)
        self.assertTrue(viewer.view()["in"].getInput().isSame(self.train["out"]))
        # Gaffer prints errors of a Viewer that ends before it has come to rest, also without this extension.
        self.waitForIdle(_REST_EVENTS)

    def testItIsNoEditAndNotSaved(self):
        run = self.run_()
        self.shown()
        before = self.script.serialise()
        self.picture(run / "contactSheets" / "contact.000500.png", 50)
        self.assertEqual(self.shown(), 50)
        self.assertFalse(self.script["unsavedChanges"].getValue())
        self.assertEqual(self.script.serialise(), before)

    def testAnInferenceFollowsTheTraining(self):
        node = self.inference()
        node["missingModel"].setValue("passThrough")
        node["follow"].setValue("newest")
        seen = [self.pixels(node)]
        run = self.run_()
        self.assertEqual(self.pixels(node), seen[0])
        for step in (0, 500, 1000):
            writeModel(run / "models" / f"model.{step:06d}.safetensors", seed=step)
            seen.append(self.pixels(node))
        self.assertEqual(len(set(seen)), 4)
        # The model that is half written has another name, and a step before is no news.
        shutil.copy(run / "models" / "model.000000.safetensors", run / "models" / ".model.001500.safetensors.x.tmp")
        writeModel(run / "models" / "model.000750.safetensors", seed=750)
        self.assertEqual(self.pixels(node), seen[-1])
        for follow, name in (("best", "best.safetensors"), ("final", "model.safetensors")):
            node["follow"].setValue(follow)
            self.assertEqual(self.pixels(node), seen[0])
            for seed in (1, 2):
                writeModel(run / name, seed=seed)
                seen.append(self.pixels(node))
        self.assertEqual(len(set(seen)), 6)

    def testItFollowsATrainingInAFolderOfItsOwn(self):
        node = self.inference()
        farm = self.temporaryDirectory() / "farm" / "run-7"
        writeModel(farm / "models" / "model.000500.safetensors", seed=5)
        node["run"].setValue(str(farm))
        node["follow"].setValue("newest")
        first = self.pixels(node)
        writeModel(farm / "models" / "model.001000.safetensors", seed=6)
        self.assertNotEqual(self.pixels(node), first)

    def testWithoutAModelToFollowItSaysWhatToDo(self):
        node = self.inference()
        for follow, message in (("best", "the training has no best model yet"), ("latest", "called 'latest'")):
            node["follow"].setValue(follow)
            with self.assertRaisesRegex(Gaffer.ProcessException, message):
                self.pixels(node)
