import os
import random

from Qt import QtCore, QtGui, QtWidgets

from filmrecovery.training.runs.run_status import STATUS_NAME
from GafferRecoveryUITest.TrainingEditorTestCase import TrainingEditorTestCase


class TrainingPicturesTest(TrainingEditorTestCase):
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

    def testLongTitlesFitIntoASmallWindow(self):
        run = self.runOf(self.train())
        for step in (0, 100_000):
            self.picture(run / "contactSheets" / f"contact.{step:06d}.png")
        editor = self.editor()
        self.until(lambda: editor.pictures().sheet().picture().hasPicture())
        # The panel below the Viewer of a window of 1280 pixels.
        self.assertLessEqual(editor._qtWidget().minimumSizeHint().width(), 880)

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
            QtCore.QEvent.MouseButtonDblClick,
            place,
            place,
            QtCore.Qt.LeftButton,
            QtCore.Qt.LeftButton,
            QtCore.Qt.NoModifier,
        )
        QtWidgets.QApplication.sendEvent(picture, double)
        self.assertEqual(picture.zoom(), 1.0)

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
