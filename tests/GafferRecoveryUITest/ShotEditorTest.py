import dataclasses
import json
import weakref
from typing import Any

import Gaffer
import GafferUI
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import np, rgbChannels, writeExr
from Qt import QtCore, QtGui, QtTest, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.film.elements.element import Element
from filmrecovery.reference.curation.selection_file import FrameRole, Selection, write_selection
from filmrecovery.reference.matching.frame_match import FrameMatch, write_matches
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validation_figures import FrameDoubt, ShotFigures, ShotFrame, Validation
from filmrecovery.validation.validation_record import write_validation
from filmrecovery.validation.verdict import FailingFrame, Verdict
from GafferRecoveryUI.shotEditor.shotFacts import timings
from GafferRecoveryUI.shotEditor.TimeAxis import TimeAxis
from GafferRecoveryUITest.EditorTestCase import EditorTestCase

_FRAMES = range(1, 13)


class ShotEditorTest(EditorTestCase):
    def setUp(self):
        EditorTestCase.setUp(self)
        self.script["frameRange"]["end"].setValue(12)
        node = self.node = self.script["SelectPairs"] = GafferRecovery.SelectPairs()
        for plug, name in (("matches", "matches"), ("alignment", "alignment"), ("fileName", "selection")):
            node[plug].setValue(str(self.folder / f"{name}.json"))
        node["outliersFile"].setValue(str(self.folder / "outliers.json"))

    def writeRecords(self):
        """Frame 5 is lacking in the reference, 7 is doubled, and before 9 one is left out."""
        references = {1: 11, 2: 12, 3: 13, 4: 14, 5: None, 6: 16, 7: 16, 8: 17, 9: 20, 10: 21, 11: 22, 12: 23}
        matches = [FrameMatch(frame, references[frame], 0.2 if frame == 7 else 0.9) for frame in _FRAMES]
        write_matches(self.folder / "matches.json", tuple(matches))
        path = self.folder / "alignment.json"
        rawElements.writeAlignment(path, {frame: rawElements.matrix() for frame in _FRAMES if frame != 5})
        content = json.loads(path.read_text())
        content["frames"][2] |= {"flagged": True, "reason": "stands off its neighbours", "error": 0.8}
        path.write_text(json.dumps(content))
        self.writeSelection()

    def writeSelection(self, trained=(1, 6, 12), heldOut=(4,)):
        roles = dict.fromkeys(trained, "train") | dict.fromkeys(heldOut, "hold-out") | {9: "preview"}
        why = {5: ("no reference", "no frame of the reference shows it")}
        rows = [
            FrameRole(
                frame,
                1 if frame < 7 else 2,
                roles.get(frame, "left"),
                *why.get(frame, ("like the chosen", "like frames that were chosen")),
            )
            for frame in _FRAMES
        ]
        write_selection(self.folder / "selection.json", Selection(tuple(rows)))

    def writeSource(self, frames):
        """Grey frames of the working space, and their pattern."""
        for frame in frames:
            writeExr(self.folder / f"source.{frame:04d}.exr", rgbChannels(np.full((72, 128, 3), 0.5, np.float32)))
        return str(self.folder / "source.####.exr")

    def editor(self):
        return self.shown("FilmRecoveryShot", GafferRecoveryUI.ShotEditor, 1200, 480)

    def clickFrame(self, editor, frame, modifiers=QtCore.Qt.NoModifier):
        QtTest.QTest.mouseClick(editor.strip(), QtCore.Qt.LeftButton, modifiers, editor.strip().placeOf(frame))

    def press(self, editor, text):
        """Clicks a button with the mouse."""
        (button,) = [
            button for button in editor._qtWidget().findChildren(QtWidgets.QPushButton) if button.text() == text
        ]
        self.assertTrue(button.isEnabled(), f"{text} is not offered")
        QtTest.QTest.mouseClick(button, QtCore.Qt.LeftButton)
        self.look(editor)

    def byHand(self):
        return tuple(self.node[plug].getValue() for plug in ("frames", "holdOutFrames", "previewFrame"))

    def testItTellsWhatTheFilesOfTheStageHold(self):
        self.writeRecords()
        editor = self.editor()
        facts = {found.frame: found for found in editor.facts().frames}
        self.assertEqual(list(facts), list(_FRAMES))
        self.assertEqual((facts[5].reference, facts[5].timing, facts[5].unfit), (None, "none", True))
        self.assertEqual((facts[7].reference, facts[7].timing, facts[7].confidence), (16, "doubled", 0.2))
        self.assertEqual((facts[3].error, facts[3].flagged), (0.8, "stands off its neighbours"))
        roles = {1: "train", 6: "train", 12: "train", 4: "hold-out", 9: "preview"}
        self.assertEqual(editor.facts().roles(), roles)
        self.assertEqual(editor.facts().spans(), [(0, 6), (6, 12)])

    def testDoubtfulFramesStandOutInTheBars(self):
        self.writeRecords()
        strip = self.editor().strip()
        for title, doubtful in (("Match", 7), ("Alignment", 3)):
            bars = strip.bars(title)
            self.assertNotEqual(bars[doubtful].colour, bars[1].colour, title)
            self.assertEqual(bars[2].colour, bars[1].colour, title)
        self.assertNotIn(5, strip.bars("Alignment"))
        self.assertEqual(strip.bars("Doubt"), {})

    def writeReport(self, folder):
        """Frame 2 fails and is worth training on; doubt grows from frame to frame."""
        figures = ShotFigures(*[0.0] * len(dataclasses.fields(ShotFigures)))
        frames = tuple(
            ShotFrame(frame, 0.0, figures, None, figures, doubt=FrameDoubt(frame / 200, frame / 50, 3, 4))
            for frame in _FRAMES
        )
        given: dict[str, Any] = dict.fromkeys((field.name for field in dataclasses.fields(Validation)), ())
        given |= {
            "mode": "chroma",
            "working_space": "srgb_tx",
            "model": "0" * 64,
            "own_pairs": True,
            "training_frames": "1",
            "source": Element("source.####.exr", tuple(_FRAMES), "srgb_tx"),
            "recovered": Element("recovered.####.exr", tuple(_FRAMES), "srgb_tx"),
            "baseline": None,
            "crop": None,
            "frames": frames,
        }
        failing = (FailingFrame(2, 3.5, "flickers"),)
        path = ReportFolder(folder).record
        path.parent.mkdir(parents=True)
        write_validation(path, Validation(**given), Verdict(False, Criteria(), (), failing, "2"))

    def testDoubtAndOutliersComeFromTheReport(self):
        self.writeRecords()
        pairs = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        pairs["frames"].setInput(self.node["selectedFrames"])
        validate = self.script["Validate"] = GafferRecovery.Validate()
        validate["pairs"][0].setInput(pairs["pairs"])
        validate["directory"].setValue(str(self.folder / "report"))
        editor = self.editor()
        (button,) = [
            button
            for button in editor._qtWidget().findChildren(QtWidgets.QPushButton)
            if button.text() == "Open the Report"
        ]
        self.assertFalse(button.isEnabled())
        self.writeReport(self.folder / "report")
        self.look(editor)
        self.assertTrue(button.isEnabled())
        doubt, fails = editor.strip().bars("Doubt"), editor.strip().bars("Fails")
        self.assertGreater(doubt[12].level, doubt[3].level)
        self.assertEqual(list(fails), [2])
        self.assertTrue(fails[2].mark)
        self.clickFrame(editor, 2)
        self.assertIn("Expected error of the recovery 1.0 %", editor.message())
        self.assertIn("Fails: flickers; training on it would help", editor.message())

    def testTimingsTellWhereTheReferenceDoesNotGoOnSteadily(self):
        found = timings([FrameMatch(*match, 1.0) for match in ((1, 5), (2, 6), (3, None), (4, 8), (5, 8), (6, 10))])
        self.assertEqual(found, {1: "", 2: "", 3: "none", 4: "", 5: "doubled", 6: "dropped"})

    def testAClickGoesToTheFrameAndTellsOfIt(self):
        self.writeRecords()
        editor = self.editor()
        self.clickFrame(editor, 7)
        self.assertEqual(self.script["frame"].getValue(), 7)
        self.assertEqual(editor.selected(), [7])
        self.assertIn("Reference 16, the same as before, confidence 0.20", editor.message())
        self.script["frame"].setValue(3)
        self.assertEqual(editor.selected(), [3])
        self.assertIn("stands off its neighbours", editor.message())

    def testRolesAreSetByAClickAndUndone(self):
        self.writeRecords()
        editor = self.editor()
        self.clickFrame(editor, 3)
        self.press(editor, "Train")
        self.assertEqual(self.byHand(), ("1,3,6,12", "4", "9"))
        self.assertTrue(editor.facts().byHand)
        self.assertEqual(self.node["selectedFrames"].getValue(), "1,3,6,12")
        self.clickFrame(editor, 4)
        self.press(editor, "Leave Out")
        self.clickFrame(editor, 6)
        self.press(editor, "Hold Out")
        self.clickFrame(editor, 10)
        self.press(editor, "Preview")
        self.assertEqual(self.byHand(), ("1,3,12", "6", "10"))
        self.assertIn("Frame 10 to preview", editor.message())
        for _ in range(4):
            self.script.undo()
        self.assertEqual(self.byHand(), ("", "", ""))
        self.assertNotIn("to preview", editor.message())
        self.assertFalse(self.script.undoAvailable())
        self.look(editor)
        self.assertFalse(editor.facts().byHand)

    def testKeysSetRoles(self):
        self.writeRecords()
        editor = self.editor()
        for frame, key in ((3, QtCore.Qt.Key_T), (6, QtCore.Qt.Key_H), (4, QtCore.Qt.Key_L)):
            self.clickFrame(editor, frame)
            QtTest.QTest.keyClick(editor.strip(), key)
            self.look(editor)
        self.assertEqual(self.byHand(), ("1,3,12", "6", "9"))

    def testSeveralFramesAreChosenAndLeftOut(self):
        self.writeRecords()
        editor = self.editor()
        self.clickFrame(editor, 4)
        self.clickFrame(editor, 6, QtCore.Qt.ShiftModifier)
        self.clickFrame(editor, 12, QtCore.Qt.ControlModifier)
        self.assertEqual(editor.selected(), [4, 5, 6, 12])
        self.press(editor, "Leave Out")
        self.assertEqual(self.byHand(), ("1", "", "9"))

    def testItFitsBelowTheViewerOfASmallWindow(self):
        # A window of 1280x720 pixels has so much room there, as Gaffer lays it out.
        for name, kind in (
            ("FilmRecoveryShot", GafferRecoveryUI.ShotEditor),
            ("FilmRecoveryTraining", GafferRecoveryUI.TrainingEditor),
        ):
            editor = self.shown(name, kind, 880, 308)
            least = editor._qtWidget().minimumSizeHint()
            self.assertLessEqual(least.width(), 880, name)
            self.assertLessEqual(least.height(), 308, name)

    def testALongMessageIsWholeAndLiesOverNothing(self):
        self.writeRecords()
        editor = self.shown("FilmRecoveryShot", GafferRecoveryUI.ShotEditor, 420, 330)
        self.clickFrame(editor, 3)
        (text,) = editor._qtWidget().findChildren(QtWidgets.QTextEdit)
        self.assertLessEqual(text.document().size().height(), text.height())
        kinds = QtWidgets.QScrollBar, QtWidgets.QPushButton
        beside = [one for kind in kinds for one in editor._qtWidget().findChildren(kind) if one.isVisible()]
        shown = [text, editor.strip(), *beside]
        place, *others = [QtCore.QRect(one.mapToGlobal(QtCore.QPoint()), one.size()) for one in shown]
        self.assertFalse(any(map(place.intersects, others)))

    def testAutomaticChoosesAgain(self):
        self.writeRecords()
        self.node["frames"].setValue("2,3")
        editor = self.editor()
        self.assertEqual(editor.facts().roles(), {2: "train", 3: "train"})
        self.press(editor, "Automatic")
        self.assertEqual(self.byHand(), ("", "", ""))
        self.assertEqual(editor.facts().roles()[12], "train")
        self.script.undo()
        self.assertEqual(self.byHand(), ("2,3", "", ""))

    def testTheLastFrameToTrainOnStays(self):
        self.writeRecords()
        self.node["frames"].setValue("2")
        editor = self.editor()
        self.clickFrame(editor, 2)
        self.press(editor, "Leave Out")
        self.assertIn("One frame at least", editor.message())
        self.assertEqual(self.byHand(), ("2", "", ""))
        self.assertFalse(self.script.undoAvailable())

    def testRolesAreWrittenWhereTheNodeReadsThem(self):
        self.writeRecords()
        settings = self.script["Settings"] = Gaffer.Node()
        for name in ("frames", "holdOutFrames", "previewFrame"):
            settings[name] = Gaffer.StringPlug(flags=Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic)
            self.node[name].setInput(settings[name])
        editor = self.editor()
        self.clickFrame(editor, 2)
        self.press(editor, "Train")
        self.assertEqual(settings["frames"].getValue(), "1-2,6,12")
        self.assertIn("Written to Settings", editor.message())
        Gaffer.MetadataAlgo.setReadOnly(settings, True)
        self.press(editor, "Leave Out")
        self.assertIn("cannot be set", editor.message())
        self.assertEqual(settings["frames"].getValue(), "1-2,6,12")

    def testItFollowsItsFiles(self):
        editor = self.editor()
        self.assertEqual(editor.facts().frames, ())
        self.writeRecords()
        self.look(editor)
        self.assertEqual(len(editor.facts().frames), 12)
        before = editor.facts()
        self.look(editor)
        self.assertIs(editor.facts(), before)
        self.writeSelection(trained=(2, 3), heldOut=())
        self.look(editor)
        self.assertEqual(editor.facts().roles(), {2: "train", 3: "train", 9: "preview"})

    def testFramesAreNamedOfFilesThatAreChosen(self):
        self.node["sourceFrames"].setValue("1-6")
        editor = self.editor()
        self.assertEqual(editor.facts().frames, ())
        self.node["sourceFiles"].setValue(self.writeSource(_FRAMES))
        self.look(editor)
        self.assertEqual([found.frame for found in editor.facts().frames], [1, 2, 3, 4, 5, 6])

    def testNoFrameIsLeftOutBeforeAnyAreChosen(self):
        self.writeRecords()
        (self.folder / "selection.json").unlink()
        editor = self.editor()
        self.assertEqual(editor.strip().bars("Role"), {})
        self.assertIn("none chosen yet", editor.facts().summary())
        self.assertNotIn("left out", editor.facts().frames[0].sentences())
        self.writeSelection()
        self.look(editor)
        self.assertEqual(len(editor.strip().bars("Role")), 12)

    def testADamagedFileIsToldAndTheOthersAreShown(self):
        self.writeRecords()
        (self.folder / "matches.json").write_text("{")
        editor = self.editor()
        (fault,) = editor.facts().faults
        self.assertIn("matches.json", fault)
        self.assertEqual(editor.facts().roles()[12], "train")

    def testPicturesComeFromTheFilesOfTheSourceAndOnlyThoseInView(self):
        self.writeRecords()
        self.node["sourceFiles"].setValue(self.writeSource(_FRAMES))
        editor = self.editor()
        self.until(lambda: editor.thumbnails().image(1) is not None and not editor.thumbnails().works())
        colour = QtGui.QColor(editor.thumbnails().image(1).pixel(5, 5))
        self.assertAlmostEqual(colour.redF(), 0.5, delta=0.01)
        read = [frame for frame in _FRAMES if editor.thumbnails().image(frame) is not None]
        self.assertLess(len(read), len(_FRAMES))

    def testAChosenFrameIsKeptInView(self):
        axis = TimeAxis(count=100, left=10, width=100, cell=10.0)
        for index in (0, 5, 50, 99):
            shown = TimeAxis(100, 10, 100, 10.0, axis.showing(index))
            self.assertIn(index, shown.visible())
            self.assertGreaterEqual(shown.x(index), shown.left)
            self.assertLessEqual(shown.x(index + 1), shown.left + shown.width)
        self.assertEqual(TimeAxis(100, 10, 100, 10.0, 300).showing(34), 300)

    def testTheWheelZoomsAtTheMouse(self):
        self.writeRecords()
        strip = self.editor().strip()
        place = QtCore.QPointF(strip.placeOf(8))
        turn = (QtCore.QPoint(0, 0), QtCore.QPoint(0, 480), QtCore.Qt.NoButton, QtCore.Qt.NoModifier)
        wheel = QtGui.QWheelEvent(place, place, *turn, QtCore.Qt.NoScrollPhase, False)
        QtWidgets.QApplication.sendEvent(strip, wheel)
        self.assertLess(len(strip.axis().visible()), 12)
        self.assertEqual(strip.axis().index(place.x()), 7)
        strip.showAll()
        self.assertEqual(len(strip.axis().visible()), 12)

    def testAShotOfAReelFillsTheWidth(self):
        self.writeRecords()
        editor = self.editor()
        self.clickFrame(editor, 9)
        self.press(editor, "This Shot")
        self.assertEqual(list(editor.strip().axis().visible()), list(range(6, 12)))
        self.script["frame"].setValue(2)
        self.assertIn(1, editor.strip().axis().visible())
        self.press(editor, "All Frames")
        self.assertEqual(len(editor.strip().axis().visible()), 12)

    def testStagesWithoutASelectionAreShownToo(self):
        self.script.removeChild(self.node)
        self.node = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        self.script["Source"] = GafferRecovery.ElementReader()
        self.script["Source"]["fileName"].setValue(self.writeSource((1, 2)))
        self.node["input"].setInput(self.script["Source"]["out"])
        self.node["frames"].setValue("1")
        editor = self.editor()
        self.assertEqual(editor.facts().roles(), {1: "train"})
        self.clickFrame(editor, 2)
        self.press(editor, "Hold Out")
        self.assertEqual(self.byHand(), ("1", "2", ""))

    def testAReelShowsItsShotsAsRows(self):
        self.script["FindShots"] = GafferRecovery.FindShots()
        editor = self.editor()
        tables = editor._qtWidget().findChildren(QtWidgets.QTableWidget)
        self.assertEqual(len(tables), 1)

    def testToLookIsNoEdit(self):
        self.writeRecords()
        before = self.script.serialise()
        editor = self.editor()
        self.look(editor)
        self.assertEqual(self.script.serialise(), before)
        self.assertFalse(self.script["unsavedChanges"].getValue())
        self.assertFalse(self.script.undoAvailable())

    def testItEndsWithItsWindow(self):
        self.writeRecords()
        editor = weakref.ref(self.editor())
        self.window = None
        self.until(lambda: editor() is None)

    def testItIsALayoutEditor(self):
        self.assertEqual(repr(self.editor()), "GafferRecoveryUI.ShotEditor( scriptNode )")
        layouts = GafferUI.Layouts.acquire(self.root)
        layouts.add("Shot", "GafferRecoveryUI.ShotEditor( scriptNode )")
        self.assertIsInstance(layouts.create("Shot", self.script), GafferRecoveryUI.ShotEditor)
