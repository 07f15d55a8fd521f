import os
import signal

import Gaffer
import GafferImage
import IECore
import OpenImageIO

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import (
    RecoveryTestCase,
    np,
    picture,
    readExr,
    readRgb,
    rgbChannels,
    writeExr,
    writeModel,
)

_AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)


class RecoveryWriterTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()

    def writer(self, image, name="out/frame.####.exr", **values):
        node = GafferRecovery.RecoveryWriter()
        self.script.addChild(node)
        node["in"].setInput(image)
        node["fileName"].setValue(str(self.folder / name))
        for name, value in values.items():
            node[name].setValue(value)
        return node

    def sequence(self, frames=(1, 2, 3, 4, 5)):
        for frame in frames:
            writeExr(self.folder / "scan" / f"scan.{frame:04d}.exr", rgbChannels(picture(frame)))
        return self.reader(self.folder / "scan" / "scan.####.exr")

    def written(self):
        """Modification times of the frames, by name."""
        return {name: os.stat(self.folder / "out" / name).st_mtime_ns for name in self.filesIn(self.folder / "out")}

    def testEachEncodingKeepsThePicture(self):
        source = np.abs(picture(1))
        channels = rgbChannels(source) | {"A": 0.5 + 0.3 * source[..., 0]}
        image = self.imageOf(channels, (5, 7), size=(128, 100), metadata={"FilmTitle": "Mission"})
        for encoding, compression, dataType, tolerance in (
            ("zip", "zip", "half", 1e-3),
            ("dwaa", "dwaa", "half", 0.2),
            ("aces", "none", "half", 1e-3),
            ("float", "zip", "float", 1e-5),
        ):
            with self.subTest(encoding=encoding):
                writer = self.writer(image, f"{encoding}.exr", encoding=encoding)
                self.execute(writer)
                _, spec = readExr(self.folder / f"{encoding}.exr")
                self.assertEqual(spec.get_string_attribute("compression"), compression)
                self.assertEqual([str(spec.channelformat(i)) for i in range(spec.nchannels)], [dataType] * 4)
                self.assertClose(np.array(spec.getattribute("chromaticities")), np.array(_AP0), 1e-6)
                self.assertEqual(spec.get_int_attribute("acesImageContainerFlag"), 1 if encoding == "aces" else 0)
                self.assertEqual(spec.get_string_attribute("FilmTitle"), "Mission")
                self.assertEqual((spec.x, spec.y, spec.full_width, spec.full_height), (5, 29, 128, 100))
                # Encoded as ACES2065-1, read back into the working space; ImageReader itself would divide by alpha.
                back = GafferImage.ColorSpace()
                self.script.addChild(back)
                back["in"].setInput(self.reader(self.folder / f"{encoding}.exr"))
                back["inputSpace"].setValue("lin_ap0")
                result = self.channels(back["out"])
                for name, plane in channels.items():
                    self.assertLess(np.abs(result[name] - plane).mean(), tolerance, name)

    def testDisabledItWritesNothing(self):
        writer = self.writer(self.sequence(), enabled=False)
        with self.script.context():
            self.assertEqual(writer["task"].hash(), IECore.MurmurHash())
        self.execute(writer, 1, 2)
        self.assertEqual(self.written(), {})
        writer["enabled"].setValue(True)
        with self.script.context():
            self.assertNotEqual(writer["task"].hash(), IECore.MurmurHash())
        self.execute(writer, 1, 2)
        self.assertEqual(list(self.written()), ["frame.0001.exr", "frame.0002.exr"])

    def testIsTheEnginesColour(self):
        # The same conversion by the nodes of Gaffer, written without any.
        transform = self.script["ColorSpace"] = GafferImage.ColorSpace()
        transform["in"].setInput(self.imageOf(picture(1)))
        transform["inputSpace"].setValue("srgb_tx")
        transform["outputSpace"].setValue("lin_ap0")
        self.execute(self.writer(self.imageOf(picture(1)), "delivered.exr", encoding="float"))
        self.execute(self.writer(transform["out"], "converted.exr", encoding="float", colorSpace="srgb_tx"))
        delivered = readRgb(self.folder / "delivered.exr")
        self.assertClose(delivered, readRgb(self.folder / "converted.exr"), 1e-6)
        # Values beyond 0..1 survive.
        self.assertLess(delivered.min(), 0.0)
        self.assertGreater(delivered.max(), 1.0)

    def testOtherColourSpacesHaveNoPrimariesOfAces(self):
        self.execute(self.writer(self.imageOf(picture(1)), "out.exr", colorSpace="srgb_tx", encoding="float"))
        _, spec = readExr(self.folder / "out.exr")
        self.assertIsNone(spec.getattribute("chromaticities"))
        self.assertClose(readRgb(self.folder / "out.exr"), picture(1), 0.0)

    def testSourcesPrimariesAndContainerFlagAreNotCarriedOver(self):
        primaries = OpenImageIO.TypeDesc("float[8]")
        writeExr(self.folder / "source.exr", rgbChannels(picture(1)))
        pixels = OpenImageIO.ImageBuf(str(self.folder / "source.exr"))
        pixels.specmod().attribute("chromaticities", primaries, (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329))
        pixels.specmod().attribute("acesImageContainerFlag", 1)
        pixels.write(str(self.folder / "flagged.exr"))
        image = self.reader(self.folder / "flagged.exr")
        self.execute(self.writer(image, "zip.exr"))
        self.execute(self.writer(image, "other.exr", colorSpace="srgb_tx"))
        for name, expected in (("zip", _AP0), ("other", None)):
            _, spec = readExr(self.folder / f"{name}.exr")
            self.assertIsNone(spec.getattribute("acesImageContainerFlag"))
            found = spec.getattribute("chromaticities")
            self.assertEqual(found and tuple(round(value, 5) for value in found), expected)

    def testWrongSpacesEncodingsAndNamesAreRefused(self):
        image = self.imageOf(picture(1))
        for values, *texts in (
            ({"encoding": "aces", "colorSpace": "srgb_tx"}, "aces", "srgb_tx", "lin_ap0"),
            ({"colorSpace": "film"}, "the colour space of the files 'film' is not in", "choose one of the menu"),
            ({"encoding": "piz"}, "'piz' is not one of zip, dwaa, aces, float"),
            ({"fileName": str(self.folder / "out.####.png")}, "out.0001.png", ".exr"),
            ({"fileName": str(self.folder / "out")}, "out: the file name must end in .exr"),
        ):
            with self.subTest(**values):
                writer = self.writer(image, "out.exr", **values)
                with self.assertRefused("frame 1", *texts):
                    self.execute(writer)
        self.assertEqual(self.filesIn(self.folder), ["images"])

    def testAnAcesContainerHoldsNoOtherChannels(self):
        planes = rgbChannels(picture(1)) | {"infrared": picture(1)[..., 0]}
        writer = self.writer(self.imageOf(planes), "out.exr", encoding="aces")
        with self.assertRefused("infrared", "zip or dwaa"):
            self.execute(writer)

    def testDoesNotOverwriteItsOwnSource(self):
        image = self.sequence()
        grade = self.script["Grade"] = GafferImage.Grade()
        grade["in"].setInput(image)
        writer = self.writer(grade["out"], "scan/scan.####.exr")
        before = (self.folder / "scan" / "scan.0001.exr").read_bytes()
        with self.assertRefused("scan.0001.exr", "own source"):
            self.execute(writer)
        # Nor by another way to the same file.
        os.symlink(self.folder / "scan", self.folder / "link")
        for fileName in ("out/../scan/scan.####.exr", "link/scan.####.exr"):
            writer["fileName"].setValue(str(self.folder / fileName))
            (self.folder / "out").mkdir(exist_ok=True)
            with self.subTest(fileName=fileName), self.assertRefused("own source"):
                self.execute(writer)
        self.assertEqual((self.folder / "scan" / "scan.0001.exr").read_bytes(), before)

    def testFileNamesTakeFramesAndVariables(self):
        self.setVariable("shot", "sh010")
        writer = self.writer(self.sequence(), "${shot}/${shot}_recovered.####.exr")
        self.execute(writer, 2, 3)
        self.assertEqual(self.filesIn(self.folder / "sh010"), ["sh010_recovered.0002.exr", "sh010_recovered.0003.exr"])
        writer["fileName"].setValue(str(self.folder / "single.exr"))
        self.execute(writer, 2)
        self.assertClose(
            readRgb(self.folder / "single.exr"), readRgb(self.folder / "sh010/sh010_recovered.0002.exr"), 0
        )

    def testFinishedFramesAreNotWrittenAgain(self):
        writer = self.writer(self.sequence())
        progress = self.execute(writer, 1, 2, 3, 4, 5)
        self.assertIn("Progress: 40%\n", progress)
        self.assertTrue(progress.endswith("Progress: 100%\n"))
        before = self.written()
        self.assertEqual(len(before), 5)
        Gaffer.ValuePlug.clearCache()
        self.execute(writer, 1, 2, 3, 4, 5)
        self.assertEqual(self.written(), before)

    def testFinishedFramesAreKnownToOtherProcesses(self):
        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["in"].setInput(self.sequence())
        inference["model"].setValue(str(writeModel(self.folder / "model.safetensors")))
        pixels = GafferRecovery.GroundTruth()
        self.script.addChild(pixels)
        pixels["source"].setInput(inference["out"])
        pixels["reference"].setInput(inference["in"])
        merge = self.script["Merge"] = GafferRecovery.Merge()
        merge["original"].setInput(pixels["trainingInput"])
        merge["recovered"].setInput(pixels["out"])
        writer = self.script["Writer"] = self.writer(merge["out"])
        writer["dispatcher"]["batchSize"].setValue(5)
        path = self.save()
        self.callGaffer("execute", "-script", path, "-nodes", "Writer", "-frames", "1-2")
        before = self.written()
        self.assertEqual(len(before), 2)
        # Numbers of types depend on the order of imports and on what else is registered.
        (self.folder / "startup" / "execute").mkdir(parents=True)
        (self.folder / "startup" / "execute" / "others.py").write_text(
            "import GafferDispatchTest\nimport GafferTest\nimport GafferRecoveryTest\nimport GafferRecovery.Merge\n"
        )
        startup = f"{self.folder / 'startup'}:{os.environ['GAFFER_STARTUP_PATHS']}"
        output = self.callGaffer(
            "execute", "-script", path, "-nodes", "Writer", "-frames", "1-2", GAFFER_STARTUP_PATHS=startup
        )
        self.assertEqual(self.written(), before, output)
        self.assertIn("frame.0001.exr is finished", output)
        self.execute(writer, 1, 2)
        self.assertEqual(self.written(), before)

    def testEachFrameIsComputedOnce(self):
        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["in"].setInput(self.sequence())
        inference["model"].setValue(str(writeModel(self.folder / "model.safetensors")))
        writer = self.writer(inference["out"])
        with Gaffer.PerformanceMonitor() as monitor:
            self.execute(writer, 1, 2)
        self.assertEqual(monitor.plugStatistics(inference["__tiles"]).computeCount, 2)
        # And not at all where the frames are there.
        with Gaffer.PerformanceMonitor() as monitor:
            self.execute(writer, 1, 2)
        self.assertEqual(monitor.plugStatistics(inference["__tiles"]).computeCount, 0)

    def testChangedFramesAreWrittenAgain(self):
        model = writeModel(self.folder / "model.safetensors")
        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["in"].setInput(self.sequence())
        inference["model"].setValue(str(model))
        inference["device"].setValue("cpu")
        grade = self.script["Grade"] = GafferImage.Grade()
        grade["in"].setInput(inference["out"])
        writer = self.writer(grade["out"])

        def changed():
            """The frames that an execution, as of a new process, writes."""
            before = self.written()
            self.forgetFiles()
            self.execute(writer, 1, 2)
            after = self.written()
            return [int(name.split(".")[1]) for name in after if after[name] != before.get(name)]

        self.assertEqual(changed(), [1, 2])
        self.assertEqual(changed(), [])
        writeExr(self.folder / "scan" / "scan.0002.exr", rgbChannels(picture(9)))
        self.assertEqual(changed(), [2])
        writeModel(model, seed=1)
        self.assertEqual(changed(), [1, 2])
        grade["gain"]["r"].setValue(0.9)
        self.assertEqual(changed(), [1, 2])
        writer["encoding"].setValue("dwaa")
        self.assertEqual(changed(), [1, 2])
        writer["colorSpace"].setValue("lin_ap1")
        self.assertEqual(changed(), [1, 2])
        self.setWorkingSpace("g24_rec709")
        self.assertEqual(changed(), [1, 2])
        # A touched file has the same content, and a damaged result is none.
        os.utime(self.folder / "scan" / "scan.0001.exr")
        (self.folder / "out" / "frame.0002.exr").write_bytes(b"no picture")
        self.assertEqual(changed(), [2])
        self.assertEqual(changed(), [])

    def testANewSourceFileIsSeenInARunningProcess(self):
        # Readers keep files open; an artist who renders a frame again reloads them by refreshCount.
        writer = self.writer(self.sequence(), encoding="float", colorSpace="srgb_tx")
        self.execute(writer, 1)
        writeExr(self.folder / "scan" / "scan.0001.exr", rgbChannels(picture(9)))
        writer["in"].getInput().node()["refreshCount"].setValue(1)
        self.execute(writer, 1)
        self.assertClose(readRgb(self.folder / "out" / "frame.0001.exr"), picture(9), 0.0)

    def testAnErrorOfANodeBeforeNamesTheNode(self):
        self.sequence()
        reader = self.script["Scan"] = GafferRecovery.ElementReader()
        reader["fileName"].setValue(str(self.folder / "scan" / "scan.####.exr"))
        writer = self.writer(reader["out"])
        with self.assertRefused("frame 9 was not written: Scan: frame 9 is not there", "has the frames 1-5"):
            self.execute(writer, 9)

    def testAFailingFrameDoesNotKeepTheOthersFromBeingWritten(self):
        image = self.sequence()
        damaged = self.folder / "scan" / "scan.0003.exr"
        damaged.write_bytes(damaged.read_bytes()[:2000])
        writer = self.writer(image)
        with self.assertRefused("1 of 5 frames", "frame 3:", "scan.0003.exr"):
            self.execute(writer, 1, 2, 3, 4, 5)
        self.assertEqual(self.filesIn(self.folder / "out"), [f"frame.{frame:04d}.exr" for frame in (1, 2, 4, 5)])

    def testAMissingFrameFailsTheDispatch(self):
        image = self.sequence()
        (self.folder / "scan" / "scan.0003.exr").unlink()
        self.script["Writer"] = self.writer(image)
        self.script["Writer"]["dispatcher"]["batchSize"].setValue(5)
        path = self.save()
        output = self.callGaffer("execute", "-script", path, "-nodes", "Writer", "-frames", "1-5", status=1)
        self.assertIn("frame 3:", output)
        self.assertIn("scan.0003.exr", output)
        self.assertEqual(self.filesIn(self.folder / "out"), [f"frame.{frame:04d}.exr" for frame in (1, 2, 4, 5)])

    def testAFailureLeavesAnEarlierFrameAsItWas(self):
        writer = self.writer(self.sequence())
        self.execute(writer, 1)
        before = self.written()
        (self.folder / "scan" / "scan.0001.exr").write_bytes(b"damaged")
        self.forgetFiles()
        with self.assertRefused("frame 1"):
            self.execute(writer, 1)
        self.assertEqual(self.written(), before)

    def testKilledItLeavesNoHalfFrame(self):
        # Large enough that the kill falls into the work.
        writeExr(self.folder / "scan" / "scan.0001.exr", rgbChannels(picture(1, 1500, 2000)))
        self.script["Writer"] = self.writer(self.reader(self.folder / "scan" / "scan.0001.exr"))
        path = self.save()
        process = self.startGaffer("execute", "-script", path, "-nodes", "Writer", "-frames", "1-20")
        self.assertSoon(lambda: any(name.startswith(".frame") for name in self.filesIn(self.folder / "out")))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        whole = [name for name in self.filesIn(self.folder / "out") if not name.startswith(".")]
        for name in whole:
            self.assertEqual(readRgb(self.folder / "out" / name).shape, (1500, 2000, 3))
        self.assertLess(len(whole), 20)

    def testIsATaskForEachFrame(self):
        writer = self.writer(self.sequence())
        with self.script.context() as context:
            hashes = []
            for frame in (1, 2, 1):
                context.setFrame(frame)
                hashes.append(writer["task"].hash())
        self.assertEqual(hashes[0], hashes[2])
        self.assertNotEqual(hashes[0], hashes[1])
        for name, value in (("fileName", "other.exr"), ("encoding", "dwaa"), ("colorSpace", "lin_ap1")):
            writer[name].setValue(value)
            hashes.append(writer["task"].hash())
        self.assertEqual(len({str(h) for h in hashes}), 5)
        # Without a name or an image there is nothing to do.
        for plug in (writer["fileName"], writer["in"]):
            plug.setInput(None)
            plug.setToDefault()
            self.assertEqual(writer["task"].hash(), IECore.MurmurHash())

    def testItDoesNotKeepTheFramesThatItHasWritten(self):
        # Each is 0.4 GB as Gaffer keeps it, which would keep up to 8 GB.
        board = self.script["Board"] = GafferImage.Checkerboard()
        board["format"].setValue(GafferImage.Format(4096, 3112))
        curve = Gaffer.Animation.acquire(board["colorA"]["r"])
        for seconds in (0, 1):
            curve.addKey(Gaffer.Animation.Key(seconds, seconds))
        node = self.script["LargeWriter"] = GafferRecovery.RecoveryWriter()
        node["in"].setInput(board["out"])
        node["fileName"].setValue(str(self.temporaryDirectory() / "large.####.exr"))
        Gaffer.ValuePlug.clearCache()
        self.execute(node, *range(1, 4))
        self.assertLess(Gaffer.ValuePlug.cacheMemoryUsage(), 700e6)
        self.assertEqual(len(self.filesIn(self.temporaryDirectory())), 3)

    def testOutIsTheInput(self):
        image = self.imageOf(picture(1))
        self.assertImagesEqual(self.writer(image)["out"], image)
