import re
import subprocess
import sys

import Gaffer
import GafferDispatch
import GafferImage
import imath

import GafferRecovery
from GafferRecoveryTest.GraphTestCase import CHECKOUT, GRAPHS, GraphTestCase
from GafferRecoveryTest.RecoveryTestCase import np, picture
from GafferRecoveryTest.UnpackMovieTest import writeMovie

_TWO_STAGES = ("combinedRecovery", "fourElements")
_SINGLE_STAGE = sorted(GRAPHS.keys() - {*_TWO_STAGES})
_STAGES = {
    **{name: {"": "Train"} for name in _SINGLE_STAGE},
    **{name: {"Spatial": "SpatialTrain", "Chroma": "ChromaTrain"} for name in _TWO_STAGES},
}


class GraphsTest(GraphTestCase):
    def testEveryGraphIsMade(self):
        self.assertEqual(
            set(GRAPHS),
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
            [sys.executable, str(CHECKOUT / "graphs" / "makeGraphs"), str(self.temporaryDirectory())], check=True
        )

        def content(path):
            return re.sub(r"(serialiser:\w+Version\", )\d+", r"\1", path.read_text())

        for name, path in GRAPHS.items():
            with self.subTest(graph=name):
                self.assertEqual(content(self.temporaryDirectory() / path.name), content(path))

    def testAllPathsBeginAtTheProject(self):
        for name, path in GRAPHS.items():
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
                self.assertTrue(self.script["MatchFrames"]["preTasks"][1].source().isSame(movie["task"]))
                self.dispatch(movie)
                self.script["frame"].setValue(2)
                level = np.full((48, 64, 3), 102 / 255, np.float32)
                self.assertClose(self.rgb(self.script["Reference"]["out"]), level, 1e-5)
                with self.script.context():
                    files = self.script["MatchFrames"]["referenceFiles"].getValue()
                self.assertTrue(files.endswith("/movies/video.####.exr"), files)

    def testViewerShowsThePictureAsItIs(self):
        for name in GRAPHS:
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

        for name in GRAPHS:
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

    def testFindingsBesideAReportLieOverNoNode(self):
        # Seven lines are at most 28 wide, and reach 11 below the middle of their node. A node is as above.
        for name in GRAPHS:
            self.load(name)
            places = {node.getName(): node["__uiPosition"].getValue() for node in Gaffer.Node.Range(self.script)}
            for validate in GafferRecovery.Validate.Range(self.script):
                place = places[validate.getName()]
                findings = imath.Box2f(place + imath.V2f(8.5, -11), place + imath.V2f(36.5, 2))
                for node in GafferDispatch.TaskNode.Range(self.script):
                    middle = places[node.getName()]
                    box = imath.Box2f(middle - imath.V2f(8, 2), middle + imath.V2f(8, 2))
                    self.assertFalse(findings.intersects(box), f"{name}: {validate.getName()}, {node.getName()}")

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
        for name in GRAPHS:
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
                    expected["LookFirst"] = ["TrainingPairs"]
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
        for name in GRAPHS:
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
        for name in GRAPHS:
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
        rows = re.findall(r"^\| `-.*", (CHECKOUT / "resources" / "guide" / "farm.md").read_text(), re.MULTILINE)
        names = re.findall(r"`-([\w.]+)`", "\n".join(rows))
        self.assertGreater(len(names), 10)
        dispatchers = GafferDispatch.LocalDispatcher(), GafferRecovery.SlurmDispatcher()
        scripts = [self.load(name) for name in GRAPHS]
        for name in names:
            if name.startswith("dispatcher."):
                found = [dispatcher.descendant(name.removeprefix("dispatcher.")) for dispatcher in dispatchers]
            else:
                found = [script.descendant(name) for script in scripts]
            self.assertTrue(any(isinstance(plug, Gaffer.ValuePlug) for plug in found), name)
