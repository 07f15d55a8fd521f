import json

import GafferUI
from GafferRecoveryTest import rawElements
from Qt import QtCore, QtTest, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.film.movies.movie_facts import MovieFacts
from filmrecovery.film.movies.movie_record import (
    BY_MOVIE,
    BY_RULE,
    Decisions,
    FilmFrame,
    MovieRecord,
    write_movie_record,
)
from filmrecovery.reference.curation.selection_file import FrameRole, Selection, write_selection
from filmrecovery.reference.curation.shared_crop import SharedCrop, write_crop
from GafferRecoveryUITest.RecordTableTestCase import RecordTableTestCase


class RecordTableTest(RecordTableTestCase):
    def setUp(self):
        super().setUp()
        self.node = self.script["Align"] = GafferRecovery.Align()
        self.path = self.temporaryDirectory() / "alignment.json"
        self.node["fileName"].setValue(str(self.path))

    def widget(self):
        return self.shown(self.node["alignment"])

    def testItShowsWhatTheEngineWrote(self):
        widget = self.widget()
        self.assertIn("dispatch Align", self.texts(widget))
        rawElements.writeAlignment(self.path, {3: rawElements.matrix(), 4: rawElements.matrix()})
        widget.look()
        expected = [[str(frame), str(rawElements.referenceOf(frame)), "0.04", "0.99", ""] for frame in (3, 4)]
        self.assertEqual(self.cells(widget), expected)
        self.assertIn("2 frames", self.texts(widget))
        rawElements.writeAlignment(self.path, {3: rawElements.matrix()})
        widget.look()
        self.assertEqual(self.cells(widget), expected[:1])

    def testTheTableIsAsHighAsItsLines(self):
        rawElements.writeAlignment(self.path, dict.fromkeys((3, 4, 5), rawElements.matrix()))
        widget = self.widget()
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        # In a narrow one there is something to scroll to.
        for width in (2000, 200):
            self.window._qtWidget().resize(width, 400)
            self.waitForIdle(10000)
            self.assertEqual(table.viewport().height(), sum(table.rowHeight(row) for row in range(3)))

    def testDoubtfulFramesComeFirst(self):
        rawElements.writeAlignment(self.path, dict.fromkeys((3, 4, 5), rawElements.matrix()))
        content = json.loads(self.path.read_text())
        content["frames"][1] |= {"flagged": True, "reason": "stands off its neighbours"}
        self.path.write_text(json.dumps(content))
        cells = self.cells(self.widget())
        self.assertEqual([row[0] for row in cells], ["4", "3", "5"])
        self.assertEqual(cells[0][-1], "stands off its neighbours")

    def testAMovieTellsWhatItSaysAndWhatWasDecided(self):
        self.node = self.script["UnpackMovie"] = GafferRecovery.UnpackMovie()
        movie = self.temporaryDirectory() / "video.vob"
        self.node["movie"].setValue(str(movie))
        self.node["directory"].setValue(str(self.temporaryDirectory() / "movies"))
        with GafferUI.Window() as self.window:
            widget = GafferUI.PlugValueWidget.create(self.node["files"])
        self.window.setVisible(True)
        self.assertIn("video.vob: missing; choose the movie", self.texts(widget))
        movie.touch()
        record = MovieRecord(
            movie="video.vob",
            sha256="",
            decoder="",
            facts=MovieFacts(codec="mpeg2video", width=720, height=480, pixel_aspect="8/9", rate="30000/1001"),
            decided=Decisions(
                matrix="bt601",
                matrix_from=BY_RULE,
                range="limited",
                range_from=BY_MOVIE,
                siting="left",
                siting_from=BY_MOVIE,
                width=720,
                height=540,
                rate="24000/1001",
                cadence="2:3",
                first_field="top",
                timecode="01:00:00;00",
            ),
            pictures=10,
            first=1001,
            breaks=(1005,),
            frames=(FilmFrame(0, 0),) * 8,
        )
        path = self.temporaryDirectory() / "movies" / "video.movie.json"
        path.parent.mkdir()
        write_movie_record(path, record, "")
        widget.look()
        self.assertIn("10 pictures, 8 frames: 1001-1008", self.texts(widget))
        cells = self.cells(widget)
        # What nobody said comes first.
        self.assertEqual(cells[0], ["Matrix", "bt601", "nobody"])
        for row in (
            ["Range", "limited", "the movie"],
            ["Siting", "left", "the movie"],
            ["Size", "720 x 540, made of 720 x 480 with pixels of 8/9", ""],
            ["Frames a second", "24000/1001", ""],
            ["First field", "top", "found"],
            ["Pulldown", "2:3", "found"],
            ["Time code", "01:00:00;00", "the movie"],
            ["Cadence broken before", "1005", "found"],
        ):
            self.assertIn(row, cells)
        # The path is computed in the background, which keeps its widget alive.
        self.waitForIdle(10000)

    def clickHeading(self, widget, column):
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        header = table.horizontalHeader()
        place = QtCore.QPoint(header.sectionViewportPosition(column) + 10, header.height() // 2)
        QtTest.QTest.mouseClick(header.viewport(), QtCore.Qt.LeftButton, QtCore.Qt.NoModifier, place)

    def testAClickOnAHeadingSortsByFigures(self):
        rawElements.writeAlignment(self.path, dict.fromkeys((3, 12, 5), rawElements.matrix()))
        widget = self.widget()
        self.assertEqual([row[0] for row in self.cells(widget)], ["3", "12", "5"])
        for expected in (["3", "5", "12"], ["12", "5", "3"], ["3", "12", "5"]):
            self.clickHeading(widget, 0)
            self.assertEqual([row[0] for row in self.cells(widget)], expected)
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        self.clickHeading(widget, 0)
        table.cellClicked.emit(1, 0)
        self.assertEqual(self.script["frame"].getValue(), 5)

    def testChosenFramesStayOnTop(self):
        self.node = self.script["SelectPairs"] = GafferRecovery.SelectPairs()
        self.node["fileName"].setValue(str(self.path))
        roles = {1: "left", 2: "train", 3: "left", 4: "hold-out"}
        rows = [FrameRole(frame, 1, role, "like the chosen", "why") for frame, role in roles.items()]
        write_selection(self.path, Selection(tuple(rows)))
        with GafferUI.Window() as self.window:
            widget = GafferUI.PlugValueWidget.create(self.node["selectedFrames"])
        self.window.setVisible(True)
        self.assertEqual([row[0] for row in self.cells(widget)], ["2", "4", "1", "3"])
        for expected in (["2", "4", "1", "3"], ["4", "2", "3", "1"]):
            self.clickHeading(widget, 0)
            self.assertEqual([row[0] for row in self.cells(widget)], expected)
        # Updates in the background keep widgets alive.
        self.waitForIdle(10000)

    def testALongTableFillsItsPanel(self):
        rawElements.writeAlignment(self.path, dict.fromkeys(range(1, 61), rawElements.matrix()))
        with GafferUI.Window() as self.window, GafferUI.ScrolledContainer():
            widget = GafferUI.PlugValueWidget.create(self.node["alignment"])
        self.window.setVisible(True)
        (table,) = widget._qtWidget().findChildren(QtWidgets.QTableWidget)
        heights = []
        for height in (300, 900):
            self.window._qtWidget().resize(800, height)
            self.waitForIdle(10000)
            heights.append(table.height())
        self.assertGreater(heights[1], heights[0] + 300)
        self.assertLess(heights[1], 900)

    def testAClickGoesToTheFrame(self):
        rawElements.writeAlignment(self.path, {3: rawElements.matrix(), 7: rawElements.matrix()})
        (table,) = self.widget()._qtWidget().findChildren(QtWidgets.QTableWidget)
        table.cellClicked.emit(1, 0)
        self.assertEqual(self.script["frame"].getValue(), 7)

    def testADamagedFileIsTold(self):
        self.path.write_text("{")
        widget = self.widget()
        self.assertIn("align the elements again", self.texts(widget))
        self.assertEqual(self.cells(widget), [])

    def testACropThatIsNotThereYetIsNoError(self):
        # Gaffer shows numbers that cannot be computed in red.
        self.node = self.script["SharedCrop"] = GafferRecovery.SharedCrop()
        self.node["fileName"].setValue(str(self.path))
        paths = {"crop": self.path, "sourceCrop": self.path.with_name("source_alignment.json")}
        with GafferUI.Window() as self.window, GafferUI.ListContainer():
            widgets = {plug: GafferUI.PlugValueWidget.create(self.node[plug]) for plug in paths}
        self.window.setVisible(True)
        for plug, widget in widgets.items():
            with self.subTest(plug=plug):
                self.assertEqual(widget._qtWidget().findChildren(QtWidgets.QLineEdit), [])
                write_crop(paths[plug], SharedCrop(4, 2, 60, 40, 64, 48))
                widget.look()
                numbers = widget._qtWidget().findChildren(QtWidgets.QLineEdit)
                self.assertEqual([number.isVisible() for number in numbers], [True] * 4)
                # By what is left out: files count rows from the top, and Gaffer from the bottom.
                expected = "without 4 at the left, 2 at the top, 4 at the right and 8 at the bottom"
                self.assertIn(expected, self.texts(widget))
        # Updates in the background keep widgets alive.
        self.waitForIdle(10000)

    def testAllNodesHaveTables(self):
        for name, plug in (
            ("MatchFrames", "matches"),
            ("Align", "alignment"),
            ("SharedCrop", "crop"),
            ("SelectPairs", "selectedFrames"),
        ):
            node = self.script[name] = getattr(GafferRecovery, name)()
            widget = GafferUI.PlugValueWidget.create(node[plug])
            self.assertIsInstance(widget, GafferRecoveryUI.RecordTable, name)
