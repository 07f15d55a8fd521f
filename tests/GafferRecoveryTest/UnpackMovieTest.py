import Gaffer

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, callEngine

_WRITE = """
import sys, av, numpy
with av.open(sys.argv[1], "w") as movie:
    movie.metadata["TIMECODE"] = "01:00:00:00"
    stream = movie.add_stream("ffv1", rate=24)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
    for level in map(int, sys.argv[2:]):
        picture = av.VideoFrame.from_ndarray(numpy.full((48, 64, 3), level, numpy.uint8), "rgb24")
        movie.mux(stream.encode(picture.reformat(format="bgr0")))
    movie.mux(stream.encode())
"""
"""Writes pictures of one level each, 0 to 255, as FFV1 of R'G'B'."""


def writeMovie(path, *levels):
    path.parent.mkdir(parents=True, exist_ok=True)
    callEngine("-c", _WRITE, path, *levels)
    return path


class UnpackMovieTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        self.movie = writeMovie(self.folder / "scans" / "video.mkv", 51, 102, 153)
        node = self.node = self.script["UnpackMovie"] = GafferRecovery.UnpackMovie()
        node["movie"].setValue(str(self.movie))
        node["movieSpace"].setValue("g24_rec709")
        node["directory"].setValue(str(self.folder / "movies"))

    def value(self, name):
        with self.script.context():
            return self.node[name].getValue()

    def elementReader(self):
        """An ElementReader of what the node makes, in the space of the movie."""
        self.setWorkingSpace("g24_rec709")
        reader = self.script["ElementReader"] = GafferRecovery.ElementReader()
        reader["fileName"].setInput(self.node["files"])
        reader["colorSpace"].setInput(self.node["colorSpace"])
        return reader

    def testAMovieBecomesAnElement(self):
        reader = self.elementReader()
        self.assertEqual(self.value("frames"), "")
        self.dispatch(self.node)
        self.assertEqual(self.value("files"), str(self.folder / "movies" / "video.####.exr"))
        self.assertEqual(self.value("frames"), "1-3")
        self.assertEqual(tuple(self.value("frameRange")), (1, 3))
        for frame, level in ((1, 51), (2, 102), (3, 153)):
            with Gaffer.Context(self.script.context()) as context:
                context.setFrame(frame)
                sampled = reader["out"].channelData("G", reader["out"].dataWindow().min())[0]
            self.assertAlmostEqual(sampled, level / 255, 5)

    def testSettingsReachTheEngine(self):
        self.node["first"].setValue(1001)
        self.node["movieFrames"].setValue("1002-1003")
        self.dispatch(self.node)
        self.assertEqual(self.value("frames"), "1002-1003")
        exr = [name for name in self.filesIn(self.folder / "movies") if name.endswith(".exr")]
        self.assertEqual(exr, ["video.1002.exr", "video.1003.exr"])

    def testTheSpaceIsHeldAgainstWhatTheMovieSays(self):
        with self.script.context():
            (call,) = self.node.calls("UnpackMovie")
            self.assertIn("--movie-space=g24_rec709", call)
            self.node["movieSpace"].setValue("")
            (call,) = self.node.calls("UnpackMovie")
        self.assertFalse([argument for argument in call if argument.startswith("--movie-space")])

    def testAnotherMovieIsUnpackedInItsPlace(self):
        self.dispatch(self.node)
        writeMovie(self.movie, 51, 102)
        self.dispatch(self.node)
        self.assertEqual(self.value("frames"), "1-2")

    def testAMovieWithSignsOfANumberInItsNameIsUnpacked(self):
        self.node["movie"].setValue(str(self.movie.rename(self.movie.with_name("reel#2 %d.mkv"))))
        self.dispatch(self.node)
        self.assertEqual(self.value("files"), str(self.folder / "movies" / "reel_2 _d.####.exr"))
        self.assertEqual(self.value("frames"), "1-3")

    def testWhatIsNoMovieIsOneSentence(self):
        self.movie.write_text("no movie")
        with self.assertRefused("UnpackMovie: ", self.movie):
            self.execute(self.node)
        self.assertEqual(self.value("frames"), "")

    def testInterlacedPicturesWithoutTheirOrderAreOneSentence(self):
        self.node["pictures"].setValue("fields")
        with self.assertRefused(f"UnpackMovie: {self.movie}: give the order of the fields"):
            self.execute(self.node)

    def testWithoutAMovieItSaysWhatToDo(self):
        self.node["movie"].setValue("")
        self.assertEqual(self.value("files"), "")
        with self.assertRefused("UnpackMovie: the plug movie is empty; choose the movie"):
            self.execute(self.node)

    def testAMissingMovieIsToldBeforeADispatch(self):
        self.node["movie"].setValue(str(self.folder / "none.mkv"))
        with self.script.context():
            self.assertEqual(self.node.fault(), f"{self.folder / 'none.mkv'}: missing; choose the movie")

    def testNotEnabledAllIsEmpty(self):
        self.dispatch(self.node)
        self.node["enabled"].setValue(False)
        self.assertEqual([self.value(name) for name in ("files", "frames", "colorSpace")], ["", "", ""])
        self.assertEqual(tuple(self.value("frameRange")), (0, 0))
