import os

import Gaffer
import GafferImage

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, picture, rgbChannels, writeExr


class ElementReaderTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory() / "scans"
        self.write(1, 1)
        self.node = self.script["Source"] = GafferRecovery.ElementReader()
        self.node["fileName"].setValue(str(self.folder / "print.####.exr"))

    def write(self, frame, seed):
        """Replaces a frame, as all programs do that write files whole."""
        path = self.folder / f"print.{frame:04d}.exr"
        temporary = path.with_name(f"print.{frame:04d}.new.exr")
        planes = rgbChannels(picture(seed)) | {"A": 0.5 * picture(seed)[..., 0]}
        writeExr(temporary, planes, metadata={"FilmTitle": "Mission"})
        os.replace(temporary, path)

    def showsFrame(self, frame):
        """The image of a frame, in the window."""
        self.script["frame"].setValue(frame)
        return self.rgb(self.node["out"])

    def noticeChanges(self):
        """What the interface does when it sees that the folder has changed."""
        folder, changes = self.node.watchedFile()
        with self.script.context():
            self.assertEqual(folder.getValue(), str(self.folder))
        changes.setValue(changes.getValue() + 1)

    def testItReadsFramesAsTheyAre(self):
        # Also where an alpha is no coverage, by which ImageReader divides when it converts.
        self.assertClose(self.showsFrame(1), picture(1), 0.0)
        self.assertClose(self.channels(self.node["out"])["A"], 0.5 * picture(1)[..., 0], 0.0)
        with self.script.context():
            self.assertEqual(self.node["out"].metadata()["FilmTitle"].value, "Mission")

    def testAFrameOutOfRangeSaysTheRange(self):
        self.write(2, 2)
        self.write(3, 3)
        self.write(7, 7)
        with self.assertRefused("frame 60 is not there", "print.####.exr has the frames 1-3,7; go to one of these"):
            self.showsFrame(60)

    def testMissingFilesAreNamed(self):
        self.node["fileName"].setValue(str(self.folder / "video.####.exr"))
        with self.assertRefused("video.####.exr: no file matches this pattern", "check the name"):
            self.showsFrame(1)
        self.node["fileName"].setValue("/nowhere/video.####.exr")
        with self.assertRefused("the folder /nowhere does not exist"):
            self.showsFrame(1)
        self.node["fileName"].setValue(str(self.folder / "print.0001.exr"))
        with self.assertRefused("is no sequence", "shot.####.exr"):
            self.showsFrame(1)

    def testItConvertsToTheWorkingSpace(self):
        self.node["colorSpace"].setValue("lin_ap0")
        self.script["Color"] = GafferImage.ColorSpace()
        self.script["Color"]["in"].setInput(self.imageOf(picture(1)))
        self.script["Color"]["inputSpace"].setValue("lin_ap0")
        self.assertClose(self.showsFrame(1), self.rgb(self.script["Color"]["out"]), 0.0)

    def testUnknownSpacesAreNamed(self):
        self.showsFrame(1)
        self.node["colorSpace"].setValue("film")
        with self.assertRefused("colour space of the files 'film' is not in the OpenColorIO config; choose one"):
            self.showsFrame(1)
        self.node["colorSpace"].setValue("lin_ap0")
        self.setWorkingSpace("nonsense")
        with self.assertRefused("the working space 'nonsense' is not in the OpenColorIO config; choose one"):
            self.showsFrame(1)

    def testErrorsAreOneSentence(self):
        with self.assertRaises(RuntimeError) as raised:
            self.showsFrame(60)
        self.assertNotIn("Traceback", str(raised.exception))

    def testNothingNamedIsNoError(self):
        self.node["fileName"].setValue("")
        with self.script.context():
            self.assertFalse(self.node["out"].metadata()["fileValid"].value)

    def testAReplacedFrameIsShown(self):
        self.showsFrame(1)
        with self.assertRefused("frame 2 is not there"):
            self.showsFrame(2)
        self.write(1, 10)
        self.write(2, 20)
        self.noticeChanges()
        self.assertClose(self.showsFrame(1), picture(10), 0.0)
        self.assertClose(self.showsFrame(2), picture(20), 0.0)
        # Again, with a frame in between that was looked at and stays.
        self.write(1, 11)
        self.noticeChanges()
        self.assertClose(self.showsFrame(1), picture(11), 0.0)
        self.assertClose(self.showsFrame(2), picture(20), 0.0)

    def testFramesThatStayAreNotComputedAgain(self):
        self.write(2, 2)
        self.noticeChanges()
        self.script["frame"].setValue(2)
        with self.script.context():
            before = GafferImage.ImageAlgo.imageHash(self.node["out"])
            self.write(1, 10)
            self.noticeChanges()
            self.assertEqual(GafferImage.ImageAlgo.imageHash(self.node["out"]), before)

    def testImageIsTheSameInEveryProcess(self):
        # A finished frame is known by it: times of files, which copying changes, must not count.
        with self.script.context():
            before = GafferImage.ImageAlgo.imageHash(self.node["out"])
        os.utime(self.folder / "print.0001.exr", (1, 1))
        Gaffer.ValuePlug.clearHashCache()
        with self.script.context():
            self.assertEqual(GafferImage.ImageAlgo.imageHash(self.node["out"]), before)
