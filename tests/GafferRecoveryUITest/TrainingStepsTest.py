import Gaffer
import GafferImage
import GafferUI
import imath
from GafferRecoveryTest.RecoveryTestCase import writeModel
from Qt import QtCore, QtTest, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from GafferRecoveryUITest.TrainingEditorTestCase import TrainingEditorTestCase

_IDLE_EVENTS = 10000
_REST_EVENTS = 100


class TrainingStepsTest(TrainingEditorTestCase):
    """What the editor does with a step of a training: its picture in the Viewer, its model in the graph."""

    def setUp(self):
        TrainingEditorTestCase.setUp(self)
        GafferRecoveryUI.graphOpening.register()
        self.node = self.train()
        self.run_ = self.runOf(self.node, state="done")
        for step in (0, 300):
            self.picture(self.run_ / "contactSheets" / f"contact.{step:06d}.png")
            self.picture(self.run_ / "previews" / f"preview.0007.{step:06d}.png")
        self.picture(self.run_ / "previews" / "doubt.0007.000300.png")
        self.kept = writeModel(self.run_ / "models" / "model.000300.safetensors", seed=3)
        for name, seed in (("best", 4), ("model", 5)):
            writeModel(self.run_ / f"{name}.safetensors", seed=seed)

    def tearDown(self):
        # Gaffer prints errors of a Viewer that ends before it has come to rest, also without this extension.
        self.waitForIdle(_REST_EVENTS)
        self.window = None
        # Updates of a Viewer in the background keep widgets alive.
        self.waitForIdle(_IDLE_EVENTS)
        TrainingEditorTestCase.tearDown(self)

    def openWindow(self):
        """The editor beside a Viewer, in the window of the script."""
        self.window = GafferUI.ScriptWindow(self.script)
        layout = GafferUI.CompoundEditor(self.script)
        self.window.setLayout(layout)
        viewer, editor = GafferUI.Viewer(self.script), GafferRecoveryUI.TrainingEditor(self.script)
        layout.addEditor(viewer)
        layout.addEditor(editor)
        editor.reveal()
        self.window._qtWidget().resize(1400, 800)
        self.window.setVisible(True)
        self.look(editor)
        return viewer, editor

    def choose(self, pictures, label):
        """Chooses from the menu of a picture's step."""
        item = pictures.menuDefinition().item(f"/{label}")
        self.assertTrue(item.active, f"{label} is not offered")
        item.command()

    def offeredOf(self, pictures):
        return {path[1:] for path, item in pictures.menuDefinition().items() if item.active}

    def inference(self):
        source = self.script["Source"] = GafferImage.Constant()
        source["format"].setValue(GafferImage.Format(32, 32, 1.0))
        node = self.script["Inference"] = GafferRecovery.Inference()
        node["in"].setInput(source["out"])
        node["model"].setInput(self.node["model"])
        node["device"].setValue("cpu")
        node["shot"].setValue("harbour")
        # The first picture takes a second or more, and Gaffer complains where a Viewer does not give one up at once.
        writeModel(self.model(self.node))
        self.compute(node)
        return node

    def testAClickOpensThePictureInTheViewer(self):
        viewer, editor = self.openWindow()
        before = self.script.serialise()
        sheet = editor.pictures().sheet()
        self.until(sheet.picture().hasPicture)
        QtTest.QTest.mouseClick(sheet.picture(), QtCore.Qt.LeftButton, pos=QtCore.QPoint(40, 40))
        self.until(lambda: len(viewer.getNodeSet()) == 1)
        (reader,) = viewer.getNodeSet()
        self.assertEqual(reader["fileName"].getValue(), str(self.run_ / "contactSheets" / "contact.000300.png"))
        self.assertTrue(viewer.view()["in"].getInput().isSame(reader["out"]))
        self.assertIn("contact_000300", viewer.getTitle())
        # Another picture takes its place, and to look is no edit.
        self.choose(editor.pictures().doubt(), "Open in the Viewer")
        self.assertIn("doubt_0007_000300", viewer.getTitle())
        self.assertIsNone(reader.parent())
        self.assertEqual(self.script.serialise(), before)
        self.assertFalse(self.script.undoAvailable())
        self.script.setFocus(self.node)
        self.assertTrue(viewer.getNodeSet().isSame(self.script.focusSet()))

    def testADragOrADoubleClickOpensNothing(self):
        viewer, editor = self.openWindow()
        picture = editor.pictures().sheet().picture()
        self.until(picture.hasPicture)
        before = viewer.getNodeSet()
        QtTest.QTest.mouseDClick(picture, QtCore.Qt.LeftButton, pos=QtCore.QPoint(40, 40))
        QtTest.QTest.mousePress(picture, QtCore.Qt.LeftButton, pos=QtCore.QPoint(40, 40))
        QtTest.QTest.mouseMove(picture, QtCore.QPoint(90, 60))
        QtTest.QTest.mouseRelease(picture, QtCore.Qt.LeftButton, pos=QtCore.QPoint(90, 60))
        passed = QtCore.QTimer()
        passed.setSingleShot(True)
        passed.start(2 * QtWidgets.QApplication.doubleClickInterval())
        self.until(lambda: not passed.isActive())
        self.assertTrue(viewer.getNodeSet().isSame(before))

    def testTheDoubtIsThatOfThePreviewedFrame(self):
        self.picture(self.run_ / "previews" / "preview.0012.000300.png")
        _, editor = self.openWindow()
        doubt = editor.pictures().doubt()
        self.assertEqual(doubt.step(), 300)
        (frames,) = editor.pictures()._qtWidget().findChildren(QtWidgets.QComboBox)
        frames.setCurrentIndex(1)
        self.assertIsNone(doubt.step())

    def testAStepWithoutAModelOffersItsPictureAlone(self):
        _, editor = self.openWindow()
        sheet = editor.pictures().sheet()
        everything = {
            "Open in the Viewer",
            "Use This Step's Model",
            "New Training from This Step",
            "Compare with the Best as a Wipe",
        }
        self.assertEqual(self.offeredOf(sheet), everything)
        sheet.setStep(0)
        self.assertEqual(self.offeredOf(sheet), {"Open in the Viewer"})

    def testTheModelOfAStepStaysWhenTheTrainingGivesItUp(self):
        node = self.inference()
        node["follow"].setValue("newest")
        self.script.selection().add(node)
        _, editor = self.openWindow()
        self.compute(node)
        self.choose(editor.pictures().preview(), "Use This Step's Model")
        content = self.kept.read_bytes()
        self.kept.unlink()
        with open(node["model"].getValue(), "rb") as model:
            self.assertEqual(model.read(), content)
        self.assertEqual(node["follow"].getValue(), "modelFile")
        self.script.undo()
        self.assertTrue(node["model"].getInput().isSame(self.node["model"]))
        self.assertEqual(node["follow"].getValue(), "newest")

    def testANewTrainingBeginsFromAStep(self):
        self.script["pairs"] = GafferRecovery.TrainingPairs()
        self.node["pairs"][0].setInput(self.script["pairs"]["pairs"])
        self.node["preTasks"][0].setInput(self.script["pairs"]["task"])
        self.node["learningRate"].setValue(0.004)
        self.runOf(self.node, state="done")
        _, editor = self.openWindow()
        self.look(editor)
        self.writeModelOf(editor)
        self.choose(editor.pictures().sheet(), "New Training from This Step")
        (begun,) = self.script.selection()
        self.assertFalse(begun.isSame(self.node))
        self.assertTrue(begun["pairs"][0].getInput().isSame(self.script["pairs"]["pairs"]))
        self.assertTrue(begun["preTasks"][0].getInput().isSame(self.script["pairs"]["task"]))
        self.assertAlmostEqual(begun["learningRate"].getValue(), 0.004)
        with open(begun["startFrom"].getValue(), "rb") as model:
            self.assertEqual(model.read(), self.kept.read_bytes())
        self.look(editor)
        self.assertIn("not started", self.column(editor, "State"))
        self.script.undo()
        self.assertEqual(list(GafferRecovery.Train.Range(self.script)), [self.node])

    def writeModelOf(self, editor):
        """Gives the run that is selected a picture and a model of step 300."""
        run = editor.drawn()[0].overview.path
        self.picture(run / "contactSheets" / "contact.000300.png")
        self.kept = writeModel(run / "models" / "model.000300.safetensors", seed=3)
        self.look(editor)

    def compute(self, node):
        """Waits for the picture of a node."""
        with self.script.context():
            node["out"].channelData("R", imath.V2i(0))

    def assertWipes(self, viewer, front, back):
        compare = viewer.view()["compare"]
        self.assertTrue(viewer.view()["in"].getInput().isSame(front["out"]))
        self.assertTrue(compare["image"].getInput().isSame(back["out"]))
        self.assertEqual((compare["mode"].getValue(), compare["wipe"].getValue()), ("replace", True))
        for node in (front, back):
            self.compute(node)

    def testTheBestAndTheFinalModelAreWipedByOneClick(self):
        node = self.inference()
        viewer, editor = self.openWindow()
        self.click(editor, "Compare")
        front, back = self.script["Train_best"], self.script["Train_final"]
        self.assertWipes(viewer, front, back)
        for made, name in ((front, "best"), (back, "model")):
            self.assertEqual(made["model"].getValue(), str(self.run_ / f"{name}.safetensors"))
            self.assertTrue(made["in"].getInput().isSame(self.script["Source"]["out"]))
            self.assertEqual(made["shot"].getValue(), "harbour")
        self.assertTrue(node["model"].getInput().isSame(self.node["model"]))
        # The nodes are used again.
        self.choose(editor.pictures().sheet(), "Compare with the Best as a Wipe")
        self.assertEqual((front.getName(), back.getName()), ("Train_step300", "Train_best"))
        self.assertWipes(viewer, front, back)
        self.script.undo()
        self.assertWipes(viewer, front, back)
        self.script.undo()
        self.assertEqual(list(GafferRecovery.Inference.Range(self.script)), [node])
        self.assertFalse(self.script.undoAvailable())

    def testAfterAnUndoTheViewerShowsWhatItShowedBefore(self):
        node = self.inference()
        self.script.setFocus(node)
        viewer, editor = self.openWindow()
        viewer.reveal()
        self.until(lambda: viewer.view() is not None)
        compare = viewer.view()["compare"]
        compare["mode"].setValue("difference")
        image = compare["image"].getInput()
        # The second click uses the wipe of the first.
        for _ in range(2):
            editor.reveal()
            self.look(editor)
            self.click(editor, "Compare")
            self.assertWipes(viewer, self.script["Train_best"], self.script["Train_final"])
        self.script.undo()
        self.script.undo()
        self.until(lambda: viewer.getNodeSet().isSame(self.script.focusSet()))
        self.assertTrue(viewer.view()["in"].getInput().isSame(node["out"]))
        self.assertEqual((compare["mode"].getValue(), compare["wipe"].getValue()), ("difference", True))
        self.assertTrue(compare["image"].getInput().isSame(image))
        self.script.redo()
        self.assertTrue(viewer.getNodeSet().isSame(self.script.focusSet()))

    def testAWipeThatWasLeftByHandIsNotTouchedByAnUndo(self):
        node = self.inference()
        viewer, editor = self.openWindow()
        self.click(editor, "Compare")
        chosen = Gaffer.StandardSet([node])
        viewer.setNodeSet(chosen)
        self.script.undo()
        self.waitForIdle(2)
        self.assertTrue(viewer.getNodeSet().isSame(chosen))

    def testTwoTrainingsAreWiped(self):
        other = self.runOf(self.train("Other", seed=2))
        writeModel(other / "best.safetensors", seed=6)
        viewer, editor = self.openWindow()
        editor.table().select([0, 1])
        self.click(editor, "Compare")
        self.assertWipes(viewer, self.script["Train_best"], self.script["Other_best"])
        self.assertIn("no input yet", editor.message())
        self.assertEqual(Gaffer.MetadataAlgo.getNumericBookmark(self.script, 9), self.script["Train_best"])

    def testAModelThatIsNotThereIsTold(self):
        (self.run_ / "model.safetensors").unlink()
        _, editor = self.openWindow()
        self.click(editor, "Compare")
        self.assertIn("is not there", editor.message())
        self.assertFalse(self.script.undoAvailable())
