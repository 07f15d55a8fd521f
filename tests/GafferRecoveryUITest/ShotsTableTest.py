import dataclasses
import json
import weakref

import Gaffer
import GafferUI
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import callEngine, np, rgbChannels, writeExr
from Qt import QtWidgets

import GafferRecovery
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validation_figures import ShotFigures, ShotFrame, Validation
from filmrecovery.validation.validation_record import write_validation
from filmrecovery.validation.verdict import FailingFrame, Verdict
from GafferRecoveryUI import graphSettings
from GafferRecoveryUITest.RecordTableTestCase import RecordTableTestCase

_SHOTS = (Scope("roof", "shot", 1, 4), Scope("street", "shot", 5, 8))


class ShotsTableTest(RecordTableTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        for frame in range(1, 9):
            self.writeFrame(self.folder / "source" / f"source.{frame:04d}.exr")
        self.list = self.folder / "reel.json"
        write_scopes(self.list, _SHOTS)
        find = self.find = self.script["FindShots"] = GafferRecovery.FindShots()
        find["sourceFiles"].setValue(str(self.folder / "source" / "source.####.exr"))
        find["fileName"].setValue(str(self.folder / "shots.json"))
        align = self.script["Align"] = GafferRecovery.Align()
        align["fileName"].setValue(str(self.folder / "alignment.json"))
        pairs = self.script["TrainingPairs"] = GafferRecovery.TrainingPairs()
        pairs["directory"].setValue(str(self.folder / "pairs"))
        validate = self.script["Validate"] = GafferRecovery.Validate()
        validate["recoveredFiles"].setValue(str(self.folder / "recovered" / "recovered.####.exr"))
        validate["directory"].setValue(str(self.folder / "report"))
        for node in (align, pairs, validate):
            node["shots"].setInput(find["shots"])

    def writeFrame(self, path):
        writeExr(path, rgbChannels(np.full((64, 64, 3), 0.5, np.float32)))

    def widget(self):
        return self.shown(self.find["shots"])

    def writeReport(self, failing):
        element = Element("source.####.exr", tuple(range(1, 9)), "srgb_tx")
        figures = ShotFigures(**{field.name: 0.0 for field in dataclasses.fields(ShotFigures)})
        validation = Validation(
            mode="chroma",
            working_space="srgb_tx",
            model="",
            own_pairs=True,
            training_frames="1",
            source=element,
            recovered=element,
            baseline=None,
            crop=None,
            pairs=(),
            shots_without_pairs=(),
            hold_outs=(),
            steadiness=(),
            frames=tuple(ShotFrame(frame, 0.0, figures, None, figures) for frame in element.frames),
        )
        frames = tuple(FailingFrame(frame, 1.0, "blotches") for frame in failing)
        path = ReportFolder(self.folder / "report").record
        path.parent.mkdir()
        write_validation(path, validation, Verdict(not failing, Criteria(), (), frames, ""))

    def testEachShotTellsHowFarItIs(self):
        write_scopes(self.folder / "shots.json", _SHOTS)
        widget = self.widget()
        self.assertEqual(self.cells(widget), [["roof", "1-4", "", "", "", ""], ["street", "5-8", "", "", "", ""]])

        rawElements.writeAlignment(self.folder / "alignment.json", dict.fromkeys((1, 2, 3, 4, 5), rawElements.matrix()))
        for frame in (1, 4):
            for name in ("input", "target"):
                self.writeFrame(self.folder / "pairs" / f"{name}.{frame:04d}.exr")
        spaces = "--mode", "chroma", "--working-space", "srgb_tx"
        callEngine("-m", "filmrecovery", "adopt", self.folder / "pairs", *spaces, "--shots", self.list)
        for frame in (1, 2, 3, 4, 5):
            self.writeFrame(self.folder / "recovered" / f"recovered.{frame:04d}.exr")
        widget.look()
        # What somebody should look at comes first.
        street = ["street", "5-8", "1 of 4", "none: takes the grade of the film", "1 of 4", ""]
        self.assertEqual(self.cells(widget), [street, ["roof", "1-4", "4 of 4", "2", "4 of 4", ""]])

        self.writeFrame(self.folder / "recovered" / "recovered.0006.exr")
        widget.look()
        self.assertEqual(self.cells(widget)[0][4], "2 of 4")

    def testDoubtfulAlignmentIsTold(self):
        write_scopes(self.folder / "shots.json", _SHOTS)
        path = rawElements.writeAlignment(
            self.folder / "alignment.json", dict.fromkeys(range(1, 9), rawElements.matrix())
        )
        content = json.loads(path.read_text())
        content["frames"][5] |= {"flagged": True, "reason": "stands off its neighbours"}
        path.write_text(json.dumps(content))
        self.assertEqual([row[2] for row in self.cells(self.widget())], ["4 of 4, 1 doubtful", "4 of 4"])

    def testTheReportIsToldByShot(self):
        write_scopes(self.folder / "shots.json", _SHOTS)
        self.writeReport(failing=(6, 7))
        self.assertEqual(
            [(row[0], row[5]) for row in self.cells(self.widget())],
            [("street", "2 frames fail"), ("roof", "no frame fails")],
        )

    def testAListIsToldWhenItIsSet(self):
        widget = self.widget()
        self.find["shotList"].setValue(str(self.folder / "none.json"))
        widget.look()
        self.assertIn("none.json: there is no such file", self.texts(widget))
        write_scopes(self.list, (Scope("far", "shot", 1001, 1010),))
        self.find["shotList"].setValue(str(self.list))
        widget.look()
        self.assertIn("none of its shots has a frame of", self.texts(widget))
        write_scopes(self.list, _SHOTS)
        widget.look()
        self.assertIn("dispatch FindShots", self.texts(widget))

    def testATimelineOfAnotherFilmIsTold(self):
        (self.folder / "reel.otio").write_text("{")
        self.find["shotList"].setValue(str(self.folder / "reel.otio"))
        self.assertIn("reel.otio: ", self.texts(self.widget()))

    def testSettingsShowTheTableWhereThereAreSeveralShots(self):
        settings = self.script["Settings"] = Gaffer.Node()
        settings["severalShots"] = Gaffer.BoolPlug(flags=Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic)
        self.find["enabled"].setInput(settings["severalShots"])
        write_scopes(self.folder / "shots.json", _SHOTS)
        with GafferUI.Window() as self.window:
            widget = graphSettings.Shots(settings)
        self.window.setVisible(True)
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        self.assertFalse(table.isVisible())
        settings["severalShots"].setValue(True)
        self.waitForIdle(1000)
        self.assertTrue(table.isVisible())
        # The path of the record, as the plug holds it, would say nothing here.
        self.assertEqual(widget._qtWidget().findChildren(QtWidgets.QLineEdit), [])
        reference = weakref.ref(widget)
        del widget
        self.window = None
        self.waitForIdle(1000)
        self.assertIsNone(reference())
