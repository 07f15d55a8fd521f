import os
import struct
import sys
import zlib
from pathlib import Path

import Gaffer
import GafferImage
import IECore
import OpenImageIO

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, rgbChannels, writeExr

# The corpus of the engine's tests, whose writer of DPX needs the standard library alone.
sys.path.append(str(Path(__file__).parents[1] / "filmrecovery" / "corpus"))
from dpx_files import Variant as DpxVariant
from dpx_files import write_dpx as writeDpx


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

    def readDpx(self, **layout):
        """What the node shows of a DPX file of 7x3 pixels of a layout, and the picture that is in the file."""
        path = self.folder / "scan.0001.dpx"
        truth = writeDpx(path, DpxVariant(**{"width": 7} | layout))
        self.node["fileName"].setValue(str(path.with_name("scan.####.dpx")))
        # Another file in its place, as when a scan is made again.
        self.noticeChanges()
        return self.showsFrame(1), np.asarray(truth, np.float32)[..., :3]

    def testDpxIsReadAsTheEngineReadsIt(self):
        for layout in (
            {},
            {"bits": 16, "order": "<"},
            {"bits": 12, "packing": 0},
            # Lines that are padded, pictures upside down or mirrored, data at offset 0, and an alpha.
            {"bits": 8},
            {"bits": 12},
            {"bits": 16},
            {"orientation": 1},
            {"orientation": 2},
            {"element_offset": 0},
            {"descriptor": 51, "bits": 8},
            {"line_padding": 4},
        ):
            with self.subTest(layout=layout):
                shown, truth = self.readDpx(**layout)
                self.assertClose(shown, truth, 0.6 / 255)
                with self.script.context():
                    self.assertIn(self.node["out"].metadata().get("Orientation", IECore.IntData(1)).value, (0, 1))

    def testAPixelAspectThatIsNoneIsSquare(self):
        path = self.folder / "scan.0001.dpx"
        for stated, aspect in (((0, 1), 1.0), ((0xFFFFFFFF, 1), 1.0), ((2, 1), 2.0)):
            writeDpx(path, DpxVariant())
            content = bytearray(path.read_bytes())
            struct.pack_into(">2I", content, 1628, *stated)
            path.write_bytes(content)
            self.node["fileName"].setValue(str(path.with_name("scan.####.dpx")))
            self.noticeChanges()
            with self.script.context():
                self.assertEqual(self.node["out"].format().getPixelAspect(), aspect)

    def testDpxThatTheEngineDoesNotReadIsAnError(self):
        for layout, sentence in (
            ({"descriptor": 102}, "scan.0001.dpx: holds Cb Y Cr (4:4:4)"),
            ({"key": 4711}, "is encrypted"),
            ({"orientation": 5}, "is stored in columns"),
        ):
            with self.subTest(layout=layout), self.assertRefused(sentence):
                self.readDpx(**layout)

    def writeOther(self, name, channels=("R", "G", "B"), dataType="uint8", values=0.5, **attributes):
        path = self.folder / name
        spec = OpenImageIO.ImageSpec(96, 64, len(channels), dataType)
        spec.channelnames = tuple(channels)
        for attribute, value in attributes.items():
            spec.attribute(attribute.replace("__", ":"), value)
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), spec)
        image.write_image(np.broadcast_to(np.asarray(values, np.float32), (64, 96, len(channels))).copy())
        image.close()
        self.node["fileName"].setValue(str(path).replace("0001", "####"))
        self.noticeChanges()

    def testWhatTheFileSaysOfItsChannelsIsAnErrorAsInTheEngine(self):
        for name, channels, sentence in (
            ("grey.0001.exr", ("Y",), "no RGB among the channels Y; expected R, G and B"),
            ("luma.0001.exr", ("Y", "BY", "RY"), "no RGB among the channels"),
            ("twice.0001.exr", ("R", "G", "B", "red"), "a colour twice among the channels (R, red)"),
            ("layers.0001.exr", ("a.R", "a.G", "a.B", "b.R", "b.G", "b.B"), "more than one layer with RGB (a, b)"),
            ("beside.0001.exr", ("Y", "b.R", "b.G", "b.B"), "a grey picture (Y) beside the layer b with RGB"),
            ("grey.0001.png", ("Y",), "no RGB among the channels Y"),
            ("grey.0001.tif", ("Y",), "no RGB among the channels Y"),
            ("grey.0001.jpg", ("Y",), "no RGB among the channels Y"),
        ):
            with self.subTest(name=name):
                self.writeOther(name, channels, "half" if name.endswith("exr") else "uint8")
                with self.assertRefused(f"{name}: {sentence}"):
                    self.showsFrame(1)

    def testWholeNumbersBesideTheColourAreAnErrorAsInTheEngine(self):
        path = self.folder / "ids.0001.exr"
        spec = OpenImageIO.ImageSpec(96, 64, 4, "half")
        spec.channelnames = ("R", "G", "B", "id")
        spec.channelformats = ("half", "half", "half", "uint")
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), spec)
        image.write_image(np.full((64, 96, 4), 0.5, np.float32))
        image.close()
        self.node["fileName"].setValue(str(path).replace("0001", "####"))
        with self.assertRefused("ids.0001.exr: holds whole-number channels beside RGB, which cannot be kept"):
            self.showsFrame(1)

    def testALayerThatGafferDoesNotShowAsThePictureIsAnError(self):
        self.writeOther("layer.0001.exr", ("beauty.R", "beauty.G", "beauty.B"), "half")
        with self.assertRefused("layer.0001.exr: has its colour in channels that Gaffer does not show", "beauty.R"):
            self.showsFrame(1)
        for channels in (("rgba.R", "rgba.G", "rgba.B"), ("r", "g", "b"), ("red", "green", "blue")):
            self.writeOther("named.0001.exr", channels, "half")
            self.assertClose(self.showsFrame(1), np.full((64, 96, 3), 0.5, np.float32), 0.0)

    def testSeveralPicturesInAFileAreAnErrorAsInTheEngine(self):
        path = self.folder / "pages.0001.tif"
        spec = OpenImageIO.ImageSpec(96, 64, 3, "uint8")
        image = OpenImageIO.ImageOutput.create(str(path))
        for mode in ("Create", "AppendSubimage"):
            assert image.open(str(path), spec, mode)
            image.write_image(np.full((64, 96, 3), 0.5, np.float32))
        image.close()
        self.node["fileName"].setValue(str(path).replace("0001", "####"))
        with self.assertRefused("pages.0001.tif: holds more than one part or page; write each frame as a single-part"):
            self.showsFrame(1)
        path = self.folder / "parts.0001.exr"
        specs = [OpenImageIO.ImageSpec(96, 64, 3, "half") for _ in range(2)]
        for spec, name in zip(specs, ("left", "right"), strict=True):
            spec.channelnames = ("R", "G", "B")
            spec.attribute("oiio:subimagename", name)
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), tuple(specs))
        image.write_image(picture(1))
        assert image.open(str(path), specs[1], "AppendSubimage")
        image.write_image(picture(2))
        image.close()
        self.node["fileName"].setValue(str(path).replace("0001", "####"))
        with self.assertRefused("parts.0001.exr: holds more than one part or page"):
            self.showsFrame(1)

    def writePng(self, name, *chunks):
        rows = b"".join(b"\0" + row.tobytes() for row in np.full((64, 96, 3), 128, np.uint8))
        parts = [(b"IHDR", struct.pack(">IIBBBBB", 96, 64, 8, 2, 0, 0, 0)), *chunks, (b"IDAT", zlib.compress(rows))]
        content = [struct.pack(">I", len(data)) + kind + data for kind, data in (*parts, (b"IEND", b""))]
        checked = b"".join(part + struct.pack(">I", zlib.crc32(part[4:])) for part in content)
        (self.folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + checked)
        self.node["fileName"].setValue(str(self.folder / name).replace("0001", "####"))
        self.noticeChanges()

    def testPngOfLimitedRangeIsAnErrorAsInTheEngine(self):
        self.writePng("full.0001.png", (b"cICP", bytes((1, 1, 0, 1))))
        self.assertClose(self.showsFrame(1), np.full((64, 96, 3), 128 / 255, np.float32), 1e-6)
        self.writePng("limited.0001.png", (b"cICP", bytes((1, 1, 0, 0))))
        with self.assertRefused("limited.0001.png: says that its codes are of limited range"):
            self.showsFrame(1)

    def testValuesThatAreNoNumbersAreAnErrorAsInTheEngine(self):
        values = picture(1)
        for wrong in (np.nan, np.inf, -np.inf):
            values[40, 50, 1] = wrong
            self.writeOther("broken.0001.exr", dataType="half", values=values)
            with self.assertRefused("broken.0001.exr: values of RGB are NaN or Inf; expected finite values, render"):
                self.showsFrame(1)
        # The header can be asked for all the same, and so can the hash.
        with self.script.context():
            GafferImage.ImageAlgo.imageHash(self.node["out"])
            self.assertEqual(self.node["out"].format().width(), 96)

    def testCodesOfFewerBitsThanTheirFilesAreAnErrorAsInTheEngine(self):
        values = np.clip(1.3 * picture(1), 0, 1) * 4095 / 65535
        self.writeOther("codes.0001.tif", dataType="uint16", values=values)
        with self.assertRefused("codes.0001.tif: codes of 12 bits in files of 16", "write the files again with white"):
            self.showsFrame(1)
        # A dark picture, whose highest code is one of a few.
        dark = np.clip(0.7 * picture(1), 0, 1) * 4095 / 65535
        self.writeOther("dark.0001.tif", dataType="uint16", values=dark)
        self.assertClose(self.showsFrame(1), dark, 1e-5)

    def testWhatGaffersReaderShowsOtherwiseIsAnError(self):
        self.writeOther("turned.0001.tif", Orientation=6)
        with self.assertRefused("turned.0001.tif: lies turned or mirrored in its file (orientation 6)"):
            self.showsFrame(1)
        self.writeOther("inks.0001.tif", ("C", "M", "Y", "K"), tiff__ColorSpace="CMYK")
        with self.assertRefused("inks.0001.tif: holds CMYK or other inks, expected RGB"):
            self.showsFrame(1)
        self.writeOther("alpha.0001.png", ("R", "G", "B", "A"))
        with self.assertRefused("alpha.0001.png: has an alpha by which Gaffer multiplies its RGB"):
            self.showsFrame(1)
        self.writeOther("whole.0001.exr", dataType="uint")
        with self.assertRefused("whole.0001.exr: holds whole numbers"):
            self.showsFrame(1)
        self.writeOther("plain.0001.tif")
        self.assertClose(self.showsFrame(1), np.full((64, 96, 3), 0.5, np.float32), 0.6 / 255)

    def testATextThatIsNoUtf8StopsNothing(self):
        # As most scanners of the past wrote them: here in Latin-1, in a TIFF.
        self.writeOther("scan.0001.tif", ImageDescription="Fass")
        path = self.folder / "scan.0001.tif"
        path.write_bytes(path.read_bytes().replace(b"Fass", b"Fa\xdf."))
        self.assertClose(self.showsFrame(1), np.full((64, 96, 3), 0.5, np.float32), 0.6 / 255)

    def testDamageThatGaffersReaderFillsUpIsAnError(self):
        noise = np.random.default_rng(1).random((64, 96, 3), np.float32)
        for name, compression in (("a.0001.jpg", "jpeg"), ("b.0001.tif", "zip"), ("c.0001.tif", "lzw")):
            with self.subTest(name=name):
                self.writeOther(name, values=noise, compression=compression)
                self.showsFrame(1)
                path = self.folder / name
                content = bytearray(path.read_bytes())
                middle = len(content) // 2
                if name.endswith("jpg"):
                    path.write_bytes(content[:middle])
                else:
                    content[middle : middle + 1000] = bytes(1000)
                    path.write_bytes(content)
                self.noticeChanges()
                with self.assertRefused(f"{name}: truncated or damaged", "restore this file"):
                    self.showsFrame(1)

    def testAnExrThatSaysItsChromaticitiesIsRead(self):
        path = self.folder / "aces.0001.exr"
        spec = OpenImageIO.ImageSpec(96, 64, 3, "float")
        ap0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
        spec.attribute("chromaticities", OpenImageIO.TypeDesc("float[8]"), ap0)
        image = OpenImageIO.ImageOutput.create(str(path))
        assert image.open(str(path), spec)
        image.write_image(picture(1))
        image.close()
        self.node["fileName"].setValue(str(path).replace("0001", "####"))
        self.assertClose(self.showsFrame(1), picture(1), 0.0)

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
