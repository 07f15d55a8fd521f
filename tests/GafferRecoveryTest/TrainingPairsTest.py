import json
import os

import Gaffer
import GafferDispatch
import GafferDispatchTest
import IECore
import imath

import GafferRecovery
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, readExr, readRgb, rgbChannels, writeExr


class _Recorder(GafferDispatch.Dispatcher):
    """Keeps the batches that it is to dispatch."""

    def _doDispatch(self, batch):
        self.root = batch


IECore.registerRunTimeTyped(_Recorder, typeName="GafferRecoveryTest::Recorder")


class TrainingPairsTest(RecoveryTestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.temporaryDirectory()
        for frame in (1, 2, 7, 9, 12):
            writeExr(self.folder / "scan" / f"scan.{frame:04d}.exr", rgbChannels(picture(frame)))
            writeExr(self.folder / "video" / f"video.{frame:04d}.exr", rgbChannels(picture(100 + frame)))
        truth = self.script["GroundTruth"] = GafferRecovery.GroundTruth()
        truth["source"].setInput(self.reader(self.folder / "scan" / "scan.####.exr"))
        truth["reference"].setInput(self.reader(self.folder / "video" / "video.####.exr"))
        truth["median"].setValue(0)

    def node(self, **values):
        node = self.script["Pairs"] = GafferRecovery.TrainingPairs()
        truth = self.script["GroundTruth"]
        node["input"].setInput(truth["trainingInput"])
        node["target"].setInput(truth["out"])
        node["preview"].setInput(truth["trainingInput"])
        node["directory"].setValue(str(self.folder / "pairs"))
        node["frames"].setValue("2,7")
        for name, value in values.items():
            node[name].setValue(value)
        return node

    def testAMaskIsCoveredInThePairs(self):
        mask = np.zeros((64, 96), np.float32)
        mask[50:60, 30:70] = 1.0
        writeExr(self.folder / "mask" / "mask.0002.exr", {"A": mask})
        node = self.node(maskFiles=str(self.folder / "mask" / "mask.####.exr"), maskBoxes="7: 0,0,20,10")
        # A part of the picture: 8 pixels less at the left, 4 at the top.
        self.script["GroundTruth"]["crop"].setValue(imath.Box2i(imath.V2i(8, 0), imath.V2i(96, 60)))
        self.dispatch(node)
        self.assertEqual([pair["mask"] for pair in self.manifest()["pairs"]], ["mask.0002.exr", "mask.0007.exr"])
        for frame, rows, columns in ((2, slice(46, 56), slice(22, 62)), (7, slice(0, 6), slice(0, 12))):
            expected = np.zeros((60, 88), bool)
            expected[rows, columns] = True
            found = readRgb(self.folder / "pairs" / f"mask.{frame:04d}.exr")[..., 0] > 0
            self.assertTrue(np.array_equal(found, expected), frame)

    def manifest(self):
        return json.loads((self.folder / "pairs" / "manifest.json").read_text())

    def written(self):
        folder = self.folder / "pairs"
        return {name: os.stat(folder / name).st_mtime_ns for name in self.filesIn(folder)}

    def batches(self, node, frames):
        """The batches of a dispatch: node, frames and the indices of the batches that come before."""
        dispatcher = self.script["recorder"] = _Recorder()
        dispatcher["jobsDirectory"].setValue(str(self.folder / "jobs"))
        dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.CustomRange)
        dispatcher["frameRange"].setValue(frames)
        dispatcher["tasks"][0].setInput(node["task"])
        with self.script.context():
            dispatcher["task"].execute()
        found = []

        def walk(batch):
            if batch.plug() is None:
                return [walk(upstream) for upstream in batch.preTasks()]
            before = sorted({walk(upstream) for upstream in batch.preTasks()})
            entry = batch.plug().node().relativeName(self.script), sorted(batch.frames()), before
            if entry not in found:
                found.append(entry)
            return found.index(entry)

        walk(dispatcher.root)
        return found

    def testWritesTheChosenFramesWhateverIsDispatched(self):
        node = self.node(holdOutFrames="9", previewFrame="12", label="Mission, shot 7")
        self.dispatch(node, frames="1-3")
        names = [f"{image}.{frame:04d}.exr" for image in ("input", "target") for frame in (2, 7, 9)]
        names += [".lock", "input.0012.exr", "manifest.json"]
        self.assertEqual(self.filesIn(self.folder / "pairs"), sorted(names))
        manifest = self.manifest()
        self.assertEqual(
            [(pair["frame"], pair["role"], pair["target"] is None) for pair in manifest["pairs"]],
            [(2, "train", False), (7, "train", False), (9, "hold-out", False), (12, "preview", True)],
        )
        self.assertEqual({pair["label"] for pair in manifest["pairs"]}, {"Mission, shot 7"})
        self.assertEqual(manifest["recipe"]["mode"], "chroma")
        self.assertEqual(manifest["recipe"]["working_space"], "srgb_tx")
        for frame in (2, 7, 9):
            self.script["frame"].setValue(frame)
            for image, plug in (("input", "trainingInput"), ("target", "out")):
                expected = self.rgb(self.script["GroundTruth"][plug])
                # As they are: in the working space and of single precision.
                self.assertClose(readRgb(self.folder / "pairs" / f"{image}.{frame:04d}.exr"), expected, 0.0)
                self.assertNotIn("A", readExr(self.folder / "pairs" / f"{image}.{frame:04d}.exr")[0])

    def testEachImageIsATaskAndTheManifestWaitsForAll(self):
        node = self.node(holdOutFrames="9", previewFrame="12")
        batches = self.batches(node, "1-3")
        writers = [("Pairs.__inputWriter", [frame], []) for frame in (2, 7, 9)]
        writers += [("Pairs.__targetWriter", [frame], []) for frame in (2, 7, 9)]
        writers.append(("Pairs.__previewWriter", [12], []))
        self.assertCountEqual(batches[:-1], writers)
        name, frames, before = batches[-1]
        self.assertEqual((name, len(frames), before), ("Pairs", 1, list(range(7))))

    def testImagesGoTogetherInBatchesOfTheNodesSize(self):
        node = self.node()
        node["dispatcher"]["batchSize"].setValue(10)
        self.assertIn(("Pairs.__inputWriter", [2, 7], []), self.batches(node, "1-3"))

    def testUpstreamTasksRunBeforeAndAtTheFramesOfPairsAlone(self):
        node = self.node(holdOutFrames="9", previewFrame="12")
        upstream = self.script["Upstream"] = GafferDispatchTest.LoggingTaskNode()
        upstream["frame"] = Gaffer.StringPlug(defaultValue="${frame}", flags=Gaffer.Plug.Flags.Default)
        node["preTasks"][0].setInput(upstream["task"])
        batches = self.batches(node, "1-3")
        logged = {tuple(frames): index for index, (name, frames, _) in enumerate(batches) if name == "Upstream"}
        self.assertEqual(set(logged), {(2,), (7,), (9,), (12,)})
        for name, frames, before in batches:
            if name.endswith("Writer"):
                self.assertEqual(before, [logged[tuple(frames)]])

    def testFramesOfAnEarlierStageAreWrittenWhateverIsDispatched(self):
        # As in a first dispatch of a few frames: those of the pairs are chosen on the way.
        stage = self.script["Stage"] = GafferRecovery.RecoveryWriter()
        stage["in"].setInput(self.reader(self.folder / "scan" / "scan.####.exr"))
        stage["fileName"].setValue(str(self.folder / "stage" / "stage.####.exr"))
        result = self.script["Result"] = GafferRecovery.ElementReader()
        result["fileName"].setInput(stage["fileName"])
        result["colorSpace"].setInput(stage["colorSpace"])
        self.script["GroundTruth"]["source"].setInput(result["out"])
        select = self.script["Select"] = GafferRecovery.SelectPairs()
        select["frames"].setValue("2,7")
        node = self.node()
        node["frames"].setInput(select["selectedFrames"])
        node["preTasks"][0].setInput(stage["task"])
        self.execute(stage, 1)
        self.execute(node)
        self.assertEqual([pair["frame"] for pair in self.manifest()["pairs"]], [2, 7])
        self.assertEqual(self.filesIn(self.folder / "stage"), [f"stage.{frame:04d}.exr" for frame in (1, 2, 7)])

    def testASecondDispatchWritesNoPairAgain(self):
        node = self.node(holdOutFrames="9")
        self.dispatch(node, frames="1-3")
        before = self.written()
        self.dispatch(node, frames="1-3")
        after = self.written()
        del before["manifest.json"], after["manifest.json"]
        self.assertEqual(after, before)
        writeExr(self.folder / "scan" / "scan.0007.exr", rgbChannels(picture(50)))
        self.forgetFiles()
        self.dispatch(node, frames="1")
        changed = [name for name, time in self.written().items() if before.get(name) != time]
        self.assertEqual(sorted(changed), ["input.0007.exr", "manifest.json", "target.0007.exr"])

    def testFramesThatAreNoLongerChosenAreLeftOut(self):
        self.dispatch(self.node(holdOutFrames="9"))
        self.dispatch(self.node(frames="2"))
        self.assertEqual([pair["frame"] for pair in self.manifest()["pairs"]], [2])

    def testDisabledItWritesNothingAndKeepsWhatIsThere(self):
        node = self.node(enabled=False)
        self.dispatch(node)
        self.assertEqual(self.written(), {})
        node["enabled"].setValue(True)
        self.dispatch(node)
        before = self.written()
        self.assertIn("manifest.json", before)
        node["frames"].setValue("2,9")
        node["enabled"].setValue(False)
        self.dispatch(node)
        self.assertEqual(self.written(), before)
        with self.script.context():
            self.assertEqual(node["pairs"].getValue(), str(self.folder / "pairs"))

    def testPairsAreWrittenInTheChosenDataType(self):
        for dataType, tolerance in (("float", 0.0), ("half", 1e-3)):
            with self.subTest(dataType=dataType):
                self.execute(self.node(frames="2", dataType=dataType)["__inputWriter"], 2)
                path = self.folder / "pairs" / "input.0002.exr"
                _, spec = readExr(path)
                self.assertEqual({str(spec.channelformat(i)) for i in range(3)}, {dataType})
                self.assertClose(readRgb(path), np.clip(picture(2), 0.0, 1.0), tolerance)
        with self.assertRefused("dataType 'uint8' is not one of float, half"):
            self.execute(self.node(dataType="uint8")["__inputWriter"], 2)

    def testPairsIsTheDirectory(self):
        node = self.node(directory="${project:rootDirectory}/pairs/${shot}")
        self.setVariable("shot", "sh010")
        self.setVariable("project:rootDirectory", str(self.folder))
        with self.script.context() as context:
            self.assertEqual(context.substitute(node["pairs"].getValue()), str(self.folder / "pairs" / "sh010"))
        self.dispatch(node)
        self.assertIn("manifest.json", self.filesIn(self.folder / "pairs" / "sh010"))

    def testWrongFramesAndMissingImagesAreRefusedBeforeAnyWork(self):
        for values, *texts in (
            ({"holdOutFrames": "7"}, "frame 7 is both a train and a hold-out frame"),
            ({"previewFrame": "2"}, "frame 2 is both a train and a preview frame"),
            ({"frames": ""}, "frames ''", "the range is empty"),
            ({"frames": "1-"}, "'1-' is no range"),
            ({"directory": ""}, "the plug directory is empty", "set it to a folder"),
        ):
            with self.subTest(**values), self.assertRefused("Pairs: ", *texts):
                self.dispatch(self.node(**values))
        for image in ("input", "target", "preview"):
            node = self.node(previewFrame="12")
            node[image].setInput(None)
            with self.subTest(image=image), self.assertRefused(f"Pairs: nothing is connected to the plug {image}"):
                self.dispatch(node)
        # A preview that is not asked for need not be connected.
        node["preview"].setInput(None)
        self.assertEqual(len(self.batches(self.node(), "1")), 5)
        self.assertEqual(self.filesIn(self.folder / "pairs"), [])

    def testASceneLinearWorkingSpaceIsRefused(self):
        self.setWorkingSpace("scene_linear")
        with self.assertRefused("scene_linear", "scene-linear", "display-referred"):
            self.execute(self.node(), 1)
            self.dispatch(self.node())
        self.assertNotIn("manifest.json", self.filesIn(self.folder / "pairs"))

    def testTheEnginesErrorsAreTheTasks(self):
        # The manifest alone, as on a farm where the frames went missing.
        with self.assertRefused("Pairs: ", "no such folder", self.folder / "pairs"):
            self.execute(self.node())
        self.execute(self.node()["__inputWriter"], 2, 7)
        with self.assertRefused("the target of the train frame 2 is missing"):
            self.execute(self.node())

    def testADamagedSourceNamesItsFrame(self):
        (self.folder / "scan" / "scan.0007.exr").write_bytes(b"damaged")
        with self.assertRefused("frame 7", "scan.0007.exr"):
            self.dispatch(self.node())
        self.assertNotIn("manifest.json", self.filesIn(self.folder / "pairs"))

    def testHashFollowsTheSettingsAndNotTheFrame(self):
        node = self.node()
        hashes = []
        with self.script.context() as context:
            for frame in (1, 2):
                context.setFrame(frame)
                hashes.append(str(node["task"].hash()))
            self.assertEqual(hashes[0], hashes[1])
            for name, value in (
                ("mode", "spatial"),
                ("frames", "2"),
                ("holdOutFrames", "9"),
                ("previewFrame", "12"),
                ("directory", "other"),
                ("dataType", "half"),
                ("label", "shot"),
            ):
                node[name].setValue(value)
                hashes.append(str(node["task"].hash()))
        self.assertEqual(len(set(hashes)), 8)
