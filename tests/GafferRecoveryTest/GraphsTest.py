import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import Gaffer
import GafferDispatch
import GafferImage
import IECore
import imath

import GafferRecovery
from filmrecovery.film.frame_numbers import parse_frames
from filmrecovery.film.scope import Scope, write_scopes
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, readExr, readRgb, rgbChannels, writeExr
from GafferRecoveryTest.UnpackMovieTest import writeMovie

_CHECKOUT = Path(__file__).resolve().parents[2]
_GRAPHS = {path.stem: path for path in sorted((_CHECKOUT / "graphs").glob("*.gfr"))}
_TWO_STAGES = ("combinedRecovery", "fourElements")
_SINGLE_STAGE = sorted(_GRAPHS.keys() - {*_TWO_STAGES})
_STAGES = {
    **{name: {"": "Train"} for name in _SINGLE_STAGE},
    **{name: {"Spatial": "SpatialTrain", "Chroma": "ChromaTrain"} for name in _TWO_STAGES},
}


class GraphsTest(RecoveryTestCase):
    def load(self, name):
        """The graph, in a project that lies in the temporary directory."""
        self.script = Gaffer.ScriptNode()
        self.script["fileName"].setValue(str(_GRAPHS[name]))
        self.script.load()
        settings = self.script["Settings"]
        settings["folder"].setValue(str(self.temporaryDirectory()))
        for plug in self.elementFiles():
            role = plug.getName().removesuffix("Files")
            plug.setValue(f"${{project:rootDirectory}}/scans/{role}.####.exr")
        return self.script

    def elementFiles(self):
        return [
            plug for plug in self.script["Settings"].children(Gaffer.StringPlug) if plug.getName().endswith("Files")
        ]

    def writeFile(self, fileName, frame, rgb):
        """Writes a frame to where a plug of the graph says."""
        self.script["frame"].setValue(frame)
        with self.script.context():
            writeExr(Path(self.script.context().substitute(fileName.getValue())), rgbChannels(rgb), dataType="half")

    def writeElements(self, *frames):
        for node in GafferRecovery.ElementReader.Range(self.script):
            for frame in frames:
                self.writeFile(node["fileName"], frame, np.clip(picture(frame + len(node.getName()), 48, 64), 0, 1))

    def testAllAreThere(self):
        self.assertEqual(
            set(_GRAPHS),
            {
                "chromaRecovery",
                "balancedChromaRecovery",
                "spatialRecovery",
                "combinedRecovery",
                "fourElements",
                "twoStepSpatialRecovery",
                "nonReferenceChroma",
            },
        )

    def testFilesAreThoseThatTheScriptMakes(self):
        # In a process of its own: where Gaffer's interface is loaded, promoted plugs take its metadata with them.
        subprocess.run(
            [sys.executable, str(_CHECKOUT / "graphs" / "makeGraphs"), str(self.temporaryDirectory())], check=True
        )

        def content(path):
            return re.sub(r"(serialiser:\w+Version\", )\d+", r"\1", path.read_text())

        for name, path in _GRAPHS.items():
            with self.subTest(graph=name):
                self.assertEqual(content(self.temporaryDirectory() / path.name), content(path))

    def testAllPathsBeginAtTheProject(self):
        for name, path in _GRAPHS.items():
            with self.subTest(graph=name):
                self.assertIsNone(re.search(r"""['"]([/~\\]|[A-Za-z]:[/\\])""", path.read_text()))
                self.load(name)
                for plug in Gaffer.StringPlug.RecursiveInputRange(self.script):
                    if plug.getInput() is None and plug.getName() in ("directory", "runsDirectory"):
                        self.assertTrue(plug.getValue().startswith("${project:rootDirectory}/"), plug.fullName())
                for node in GafferRecovery.ElementReader.Range(self.script):
                    with self.script.context() as context:
                        path = context.substitute(node["fileName"].getValue())
                    self.assertTrue(path.startswith(f"{self.temporaryDirectory()}/"), path)

    def testImagesComputeBeforeTheTraining(self):
        for name, stages in _STAGES.items():
            self.load(name)
            self.writeElements(1)
            settings = self.script["Settings"]
            if "Balance" in self.script:
                with self.assertRefused("dispatch Balance"):
                    self.evaluate(self.script["Clean"]["out"])
                self.script["Balance"]["enabled"].setValue(False)
            if "alignReference" in settings:
                for prefix in stages:
                    with self.assertRefused("dispatch Align"):
                        self.evaluate(self.script[f"{prefix}Align"]["out"])
                settings["alignReference"].setValue(False)
            for prefix, train in stages.items():
                with self.subTest(graph=name, stage=prefix):
                    truth = self.script[f"{prefix}GroundTruth"]
                    for plug in (truth["trainingInput"], truth["out"]):
                        self.assertEqual(self.rgb(plug).shape, (48, 64, 3))
                    with self.assertRefused(f"dispatch {train}"):
                        self.evaluate(self.script[f"{prefix}Inference"]["out"])

    def testTheReferenceMayBeAMovie(self):
        for name in ("chromaRecovery", "balancedChromaRecovery"):
            with self.subTest(graph=name):
                self.load(name)
                settings, movie = self.script["Settings"], self.script["UnpackMovie"]
                self.assertIsNone(self.dispatch(movie))
                self.writeElements(1)
                self.assertEqual(self.rgb(self.script["Reference"]["out"]).shape, (48, 64, 3))
                movie["enabled"].setValue(True)
                movie["movie"].setValue(str(writeMovie(self.temporaryDirectory() / "video.mkv", 51, 102)))
                settings["referenceFiles"].setInput(movie["files"])
                settings["referenceSpace"].setInput(movie["colorSpace"])
                self.assertTrue(self.script["MatchFrames"]["preTasks"][1].getInput().isSame(movie["task"]))
                self.dispatch(movie)
                self.script["frame"].setValue(2)
                level = np.full((48, 64, 3), 102 / 255, np.float32)
                self.assertClose(self.rgb(self.script["Reference"]["out"]), level, 1e-5)
                with self.script.context():
                    files = self.script["MatchFrames"]["referenceFiles"].getValue()
                self.assertTrue(files.endswith("/movies/video.####.exr"), files)

    def testViewerShowsThePictureAsItIs(self):
        for name in _GRAPHS:
            with self.subTest(graph=name):
                self.load(name)
                display, view = self.script["openColorIO"]["displayTransform"].getValue().split("/")
                self.script["Viewed"] = GafferImage.DisplayTransform()
                self.script["Viewed"]["inputColorSpace"].setValue("${ocio:workingSpace}")
                self.script["Viewed"]["display"].setValue(display)
                self.script["Viewed"]["view"].setValue(view)
                rgb = np.clip(picture(1), 0.0, 1.0)
                self.script["Viewed"]["in"].setInput(self.imageOf(rgb))
                self.assertClose(self.rgb(self.script["Viewed"]["out"]), rgb, 1e-4)

    def testNothingOverlaps(self):
        # A node is at most 16 wide and 4 high, a dot with its label 13 from its middle to the right.
        def box(node, position):
            left, right = (1, 13) if isinstance(node, Gaffer.Dot) else (8, 8)
            return imath.Box2f(position - imath.V2f(left, 2), position + imath.V2f(right, 2))

        for name in _GRAPHS:
            with self.subTest(graph=name):
                self.load(name)
                backdrops = {node.getName(): self.bound(node) for node in Gaffer.Backdrop.Range(self.script)}
                nodes = {
                    node.getName(): box(node, position)
                    for node in Gaffer.Node.Range(self.script)
                    if not isinstance(node, Gaffer.Backdrop)
                    for position in (node["__uiPosition"].getValue(),)
                }
                for boxes in (backdrops, nodes):
                    for one, bound in boxes.items():
                        for other in boxes.keys() - {one}:
                            self.assertFalse(bound.intersects(boxes[other]), f"{one} overlaps {other}")
                for node, bound in nodes.items():
                    around = [title for title, area in backdrops.items() if area.intersects(bound)]
                    self.assertEqual(len(around), 1, f"{node} lies on {around}")

    def bound(self, backdrop):
        position = backdrop["__uiPosition"].getValue()
        bound = backdrop["__uiBound"].getValue()
        return imath.Box2f(bound.min() + position, bound.max() + position)

    def testDispatchersAreReady(self):
        tasks = {
            "LookFirst": ["SelectPairs"],
            "EarlyReport": ["EarlyValidate"],
            "Deliver": ["Delivery"],
            "Report": ["Validate"],
            "HandOver": ["DeliverFolder"],
        }
        for name in _GRAPHS:
            with self.subTest(graph=name):
                self.load(name)
                expected = dict(tasks)
                if name == "balancedChromaRecovery":
                    expected["LookFirst"] = ["SelectPairs", "Balance"]
                elif name in _TWO_STAGES:
                    expected["EarlyReport"] = ["SpatialEarlyValidate", "ChromaEarlyValidate"]
                    self.script["SpatialEarlyValidate"]["mostFrames"].setValue(30)
                    self.assertEqual(self.script["ChromaEarlyValidate"]["mostFrames"].getValue(), 30)
                    self.script["SpatialEarlyValidate"]["mostFrames"].setValue(60)
                    expected["LookFirst"] = ["SpatialSelectPairs", "ChromaSelectPairs"]
                elif name == "nonReferenceChroma":
                    del expected["LookFirst"]
                self.script["frameRange"]["end"].setValue(600)
                found = {node.getName(): node for node in GafferDispatch.Dispatcher.Range(self.script)}
                self.assertEqual(found.keys(), expected.keys())
                with self.script.context():
                    for dispatcher, nodes in expected.items():
                        inputs = [
                            plug.source().node().getName() for plug in found[dispatcher]["tasks"] if plug.getInput()
                        ]
                        self.assertEqual(inputs, nodes)
                        frames = found[dispatcher].frameRange().asList()
                        if dispatcher == "EarlyReport":
                            self.assertEqual((len(frames), frames[0], frames[-1]), (60, 1, 600))
                        else:
                            self.assertEqual(frames, list(range(1, 601)))
                        self.assertTrue(found[dispatcher]["executeInBackground"].getValue())
                        self.assertIn("Dispatch", Gaffer.MetadataAlgo.getAnnotation(found[dispatcher], "user").text())

    def testNumbersShowWhatThereIsToCompare(self):
        for name in _GRAPHS:
            with self.subTest(graph=name):
                self.load(name)
                shown = [Gaffer.MetadataAlgo.getNumericBookmark(self.script, number) for number in (1, 2, 3)]
                aligned = {**dict.fromkeys(_TWO_STAGES, "ChromaAlign"), "nonReferenceChroma": "Reference"}.get(
                    name, "Align"
                )
                self.assertEqual([node.getName() for node in shown], ["Source", aligned, "Provenance"])

    def testViewsHaveNodesOfTheirOwn(self):
        # The Viewer shows the first image of a node.
        for name, stages in _STAGES.items():
            self.load(name)
            for prefix in stages:
                with self.subTest(graph=name, stage=prefix):
                    views = {"TrainingInput": (f"{prefix}GroundTruth", "trainingInput")}
                    if name != "nonReferenceChroma":
                        views["AlignmentView"] = (f"{prefix}Align", "comparison")
                    for view, (node, plug) in views.items():
                        self.assertEqual(self.script[f"{prefix}{view}"]["in"].getInput(), self.script[node][plug])

    def testSettingsReachTheWholeGraph(self):
        for name in _GRAPHS:
            with self.subTest(graph=name):
                self.load(name)
                settings = self.script["Settings"]
                settings["film"].setValue("A film")
                settings["shot"].setValue("AF_010")
                settings["workingSpace"].setValue("g24_rec709")
                settings["institution"].setValue("An archive")
                context = self.script.context()
                self.assertEqual((context["film:title"], context["film:shot"]), ("A film", "AF_010"))
                self.assertEqual(context["ocio:workingSpace"], "g24_rec709")
                self.assertEqual(self.script["Provenance"]["institution"].getValue(), "An archive")
                # Saved and opened again, it is the same.
                path = self.save()
                again = Gaffer.ScriptNode()
                again["fileName"].setValue(str(path))
                again.load()
                self.assertEqual(again.context()["film:shot"], "AF_010")
                self.assertEqual(again.context()["ocio:workingSpace"], "g24_rec709")

    def testSpatialFramesOfPairsComeBeforeThePairs(self):
        self.load("combinedRecovery")
        frames = self.script["Settings"]
        frames["trainingFrames"].setValue("1,6")
        frames["holdOutFrames"].setValue("3")
        frames["previewFrame"].setValue("4")
        with self.script.context():
            writers = self.script["ChromaPairs"]["task"].preTasks()
            self.assertEqual({writer.context().getFrame() for writer in writers}, {1, 3, 4, 6})
            for writer in writers:
                with writer.context() as context:
                    before = [(task.plug().source(), task.context().getFrame()) for task in writer.plug().preTasks()]
                    self.assertIn((self.script["SpatialWriter"]["task"], context.getFrame()), before)

    def testSettingsOfTheGuideExist(self):
        rows = re.findall(r"^\| `-.*", (_CHECKOUT / "resources" / "guide" / "farm.md").read_text(), re.MULTILINE)
        names = re.findall(r"`-([\w.]+)`", "\n".join(rows))
        self.assertGreater(len(names), 10)
        dispatchers = GafferDispatch.LocalDispatcher(), GafferRecovery.SlurmDispatcher()
        scripts = [self.load(name) for name in _GRAPHS]
        for name in names:
            if name.startswith("dispatcher."):
                found = [dispatcher.descendant(name.removeprefix("dispatcher.")) for dispatcher in dispatchers]
            else:
                found = [script.descendant(name) for script in scripts]
            self.assertTrue(any(isinstance(plug, Gaffer.ValuePlug) for plug in found), name)

    def testDispatch(self):
        self.load("chromaRecovery")
        self.writeElements(1, 2, 3, 4)
        folder = self.temporaryDirectory()
        settings = {
            "Settings.alignReference": False,
            "Settings.trainingFrames": "1,4",
            "Settings.holdOutFrames": "2",
            "Settings.previewFrame": "3",
        }
        self.dispatchTask("Delivery", "1-4", settings)

        shot = folder / "AF_010"
        self.assertEqual(
            self.filesIn(shot / "delivery"), [f"AF_010_recovered.{frame:04d}.exr" for frame in (1, 2, 3, 4)]
        )
        self.assertEqual(len(list((shot / "chroma" / "runs").glob("small-2steps-*/model.safetensors"))), 1)
        self.assertIn('"A film AF_010"', (shot / "chroma" / "pairs" / "manifest.json").read_text())
        _, spec = readExr(shot / "delivery" / "AF_010_recovered.0003.exr")
        self.assertEqual((str(spec.format), spec.get_string_attribute("compression")), ("half", "zip"))

        # As a recovery of chroma delivers it: new colours, and the luma of the scan.
        self.script["frame"].setValue(3)
        recovered = self.rgb(self.reader(shot / "delivery" / "AF_010_recovered.####.exr", "lin_ap0"))
        source = self.rgb(self.reader(folder / "scans" / "source.####.exr"))
        self.assertGreater(np.abs(recovered - source).max(), 0.01)
        self.assertClose(self.luma(recovered), self.luma(source), 4e-3)

    def testPressDispatch(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        self.script["frameRange"]["end"].setValue(12)
        self.script["Settings"]["sourceSpace"].setValue("srgb_tx")
        self.script["Align"]["model"].setValue("translate")
        self.save()
        self.script["LookFirst"]["executeInBackground"].setValue(False)
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["LookFirst"]["task"].execute()
        with self.script.context():
            self.assertNotEqual(self.script["SelectPairs"]["selectedFrames"].getValue(), "")
        self.script["frame"].setValue(5)
        self.assertEqual(
            self.rgb(self.script["AlignmentView"]["out"]).shape, self.rgb(self.script["Align"]["out"]).shape
        )

    def testTwoStepsOnASourceOfSeveralShots(self):
        self.load("twoStepSpatialRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        shots = self.temporaryDirectory() / "reel.json"
        write_scopes(shots, (Scope("roof", "shot", 1, 6), Scope("street", "shot", 7, 9), Scope("park", "shot", 10, 12)))
        settings = {
            "sourceSpace": "srgb_tx",
            "referenceSpace": "srgb_tx",
            "goodFrames": "1-8",
            "severalShots": True,
            "shotList": str(shots),
        }
        for name, value in settings.items():
            self.script["Settings"][name].setValue(value)
        self.script["Align"]["model"].setValue("translate")
        self.script["LookFirst"]["executeInBackground"].setValue(False)
        self.save()
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["LookFirst"]["task"].execute()
        with Gaffer.Context(self.script.context()) as context:
            found = []
            for frame in (1, 8, 12):
                context.setFrame(frame)
                found.append(self.script["Inference"]["shot"].getValue())
            self.assertEqual(found, ["roof", "street", "park"])
            chosen = parse_frames(self.script["SelectPairs"]["selectedFrames"].getValue())
        # Of both shots that have good frames, and of good frames alone.
        self.assertLessEqual({1, 6, 7, 8}, set(chosen))
        self.assertEqual(max(chosen), 8)

    def testEarlyReportMakesItsFramesAlone(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        self.script["frameRange"]["end"].setValue(12)
        settings = {
            "Settings.sourceSpace": "srgb_tx",
            "Align.model": "translate",
            "Train.steps": 2,
            "Train.patchSize": 64,
            "EarlyValidate.mostFrames": 6,
            "EarlyReport.executeInBackground": False,
        }
        for name, value in settings.items():
            self.script.descendant(name).setValue(value)
        self.save()
        with self.script.context(), contextlib.redirect_stderr(io.StringIO()), IECore.CapturingMessageHandler():
            self.script["EarlyReport"]["task"].execute()
        shot = self.temporaryDirectory() / "SHOT_010"
        written = [int(path.suffixes[-2][1:]) for path in sorted((shot / "delivery").glob("*.exr"))]
        self.assertEqual(written, [1, 2, 3, 10, 11, 12])
        self.assertIn("6 of 12", (shot / "chroma" / "early_report" / "report.html").read_text())
        self.assertFalse((shot / "chroma" / "report").exists())

    def testDispatchOfRawElements(self):
        self.load("chromaRecovery")
        rawElements.writeElements(self.temporaryDirectory() / "scans")
        others = {
            "Align.model": "translate",
            "frameRange.end": 12,
            "Settings.restorationist": "Ana",
            "DeliverFolder.review": "none",
        }
        self.dispatchTask("DeliverFolder", "1-12", others)

        shot = self.temporaryDirectory() / "AF_010"
        self.assertEqual(
            [name for name in self.filesIn(shot / "chroma" / "reference") if name.endswith(".json")],
            sorted(f"{name}.json" for name in ("matches", "alignment", "crop", "source_crop", "selection")),
        )
        self.assertEqual(len(self.filesIn(shot / "delivery")), 12)
        self.assertEqual(self.filesIn(shot / "chroma" / "report"), ["outliers.txt", "report.html", "report.json"])
        self.assertEqual(self.filesIn(shot / "chroma" / "baseline"), ["grade.clf", "grade.cube", "grade.json"])
        _, spec = readExr(shot / "delivery" / "AF_010_recovered.0003.exr")
        self.assertEqual(spec.get_string_attribute("FilmTitle"), "A film")
        self.assertIn("chroma small, step 2", spec.get_string_attribute("ModelCheckpoint"))
        delivered = self.temporaryDirectory() / "deliveries" / "A_film_AF_010_v001"
        self.assertEqual(self.filesIn(delivered), ["ascmhl", "delivery.json", "masters", "report"])
        self.assertEqual(self.filesIn(delivered / "report"), ["outliers.txt", "report.html", "report.json"])
        for frame, master in enumerate(sorted((delivered / "masters" / "zip").glob("*.exr")), start=1):
            written = readRgb(shot / "delivery" / f"AF_010_recovered.{frame:04d}.exr")
            self.assertTrue(np.array_equal(readRgb(master), written))
        (sidecar,) = (delivered / "masters" / "zip").glob("*.provenance.txt")
        self.assertIn("Ana", sidecar.read_text())
        # The graph shows live what was dispatched.
        self.script["Settings"]["shot"].setValue("AF_010")
        self.script["Settings"]["sourceSpace"].setValue("srgb_tx")
        self.script["frame"].setValue(5)
        aligned = self.rgb(self.script["Align"]["out"])
        self.assertClose(aligned[24:-24, 24:-24], rawElements.seen(5)[24:-24, 24:-24], 0.02)
        with self.script.context():
            self.assertNotEqual(self.script["TrainingPairs"]["frames"].getValue(), "")

    def dispatchTask(self, task, frames, others):
        folder = self.temporaryDirectory()
        settings = {
            "dispatcher.framesMode": 2,
            "dispatcher.frameRange": frames,
            "dispatcher.jobsDirectory": str(folder / "jobs"),
            "Settings.folder": str(folder),
            "Settings.sourceFiles": "${project:rootDirectory}/scans/source.####.exr",
            "Settings.referenceFiles": "${project:rootDirectory}/scans/reference.####.exr",
            "Settings.film": "A film",
            "Settings.shot": "AF_010",
            "Settings.sourceSpace": "srgb_tx",
            "GroundTruth.median": 3,
            "Train.size": "small",
            "Train.steps": 2,
            "Train.patchSize": 64,
            **others,
        }
        command = ["dispatch", "-script", _GRAPHS["chromaRecovery"], "-tasks", task, "-dispatcher", "Local"]
        options = [text for name, value in settings.items() for text in (f"-{name}", repr(value))]
        self.callGaffer(*command, "-settings", *options)

    def luma(self, rgb):
        return rgb @ np.array((0.2126, 0.7152, 0.0722), np.float32)
