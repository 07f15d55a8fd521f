from pathlib import Path

import Gaffer
import GafferImage
import GafferImageUI
import GafferUI
import GafferUITest
import imath
from GafferRecoveryTest.RecoveryTestCase import picture, rgbChannels, writeExr
from Qt import QtWidgets

import GafferRecoveryUI

_IDLE_EVENTS = 10000
_NARROW = 330
"""For what is in the Node Editor of a window that is 1280 pixels wide, as Gaffer lays it out."""
_GRAPHS = sorted((Path(__file__).resolve().parents[2] / "graphs").glob("*.gfr"))


class GraphOpeningTest(GafferUITest.TestCase):
    def load(self, path):
        script = Gaffer.ScriptNode()
        script["fileName"].setValue(str(path))
        script.load()
        for plug in script["Settings"].children(Gaffer.StringPlug):
            if plug.getName().endswith("Files"):
                plug.setValue(str(self.scan.with_name("scan.####.exr")))
        return script

    def openWindow(self, script):
        """A window as an artist has it: a Viewer above a Graph Editor."""
        window = GafferUI.ScriptWindow(script)
        layout = GafferUI.CompoundEditor(script)
        window.setLayout(layout)
        viewer, graph = GafferUI.Viewer(script), GafferUI.GraphEditor(script)
        for editor in (viewer, graph):
            layout.addEditor(editor)
        window._qtWidget().resize(1400, 800)
        window.setVisible(True)
        return window, viewer, graph

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        GafferRecoveryUI.graphOpening.register()
        self.scan = self.temporaryDirectory() / "scan.0001.exr"
        writeExr(self.scan, rgbChannels(picture(1)))

    def tearDown(self):
        # Updates in the background keep widgets alive.
        self.waitForIdle(_IDLE_EVENTS)
        GafferUITest.TestCase.tearDown(self)

    def testTheTableOfTheShotsLiesBelowTheirList(self):
        for path in _GRAPHS:
            settings = self.load(path)["Settings"]
            order = GafferUI.PlugLayout.layoutOrder(settings, includeCustomWidgets=True, section="Settings.Frames")
            names = [item if isinstance(item, str) else item.getName() for item in order]
            self.assertEqual(names[:4], ["frameRange", "severalShots", "shotList", "shots"], path.stem)

    def testItOpensAtItsSettings(self):
        for path in _GRAPHS:
            with self.subTest(graph=path.stem):
                script = self.load(path)
                window, viewer, graph = self.openWindow(script)
                GafferRecoveryUI.graphOpening.show(window)
                self.assertEqual(list(script.selection()), [script["Settings"]])
                self.assertTrue(viewer.view()["in"].getInput().isSame(script["Source"]["out"]))
                # Large enough to be read: a node is 2.5 units high.
                viewport = graph.graphGadgetWidget().getViewportGadget()
                corners = [viewport.gadgetToRasterSpace(imath.V3f(0, y, 0), graph.graphGadget()) for y in (0, 1)]
                self.assertGreater(abs(corners[0].y - corners[1].y), 6)
                self.waitForIdle(_IDLE_EVENTS)
                window.setVisible(False)

    def testASourceThatIsChosenIsShownWhole(self):
        script = self.load(_GRAPHS[0])
        settings = script["Settings"]
        settings["sourceFiles"].setValue("")
        window, viewer, _ = self.openWindow(script)
        GafferRecoveryUI.graphOpening.show(window)
        self.waitForIdle(_IDLE_EVENTS)
        settings["sourceFiles"].setValue(str(self.scan.with_name("scan.####.exr")))
        self.waitForIdle(_IDLE_EVENTS)
        viewport = viewer.view().viewportGadget()
        size = script["Source"]["out"].format().getDisplayWindow().size()
        corners = [
            viewport.gadgetToRasterSpace(imath.V3f(x, y, 0), viewport.getPrimaryChild())
            for x, y in ((0, 0), (size.x, size.y))
        ]
        # It fills the Viewer in one direction, and lies within it in the other.
        shares = [abs(corners[1][axis] - corners[0][axis]) / viewport.getViewport()[axis] for axis in (0, 1)]
        self.assertGreater(max(shares), 0.7)
        self.assertLessEqual(max(shares), 1)
        window.setVisible(False)

    def testAViewerComparesWithTheSource(self):
        script = self.load(_GRAPHS[0])
        view = GafferImageUI.ImageView(script)
        view["in"].setInput(script["Provenance"]["out"])
        GafferRecoveryUI.graphOpening.compareImageWidget(view["compare"]["image"])
        self.assertTrue(view["compare"]["image"].getInput().isSame(script["Source"]["out"]))

    def testOtherScriptsAreLeftAlone(self):
        script = Gaffer.ScriptNode()
        script["Constant"] = GafferImage.Constant()
        Gaffer.MetadataAlgo.setNumericBookmark(script, 1, script["Constant"])
        self.assertFalse(GafferRecoveryUI.graphOpening.isRecoveryGraph(script))
        view = GafferImageUI.ImageView(script)
        view["in"].setInput(script["Constant"]["out"])
        before = view["compare"]["image"].getInput()
        GafferRecoveryUI.graphOpening.compareImageWidget(view["compare"]["image"])
        self.assertFalse(script["Constant"]["out"].isSame(view["compare"]["image"].getInput()), before)
        graph = GafferUI.GraphEditor(script)
        self.assertTrue(graph.graphGadget()["__auxiliaryConnections"].getVisible())

    def testNoWireLeavesItsStep(self):
        for path in _GRAPHS:
            with self.subTest(graph=path.stem):
                script = self.load(path)
                graph = GafferUI.GraphEditor(script)
                gadget = graph.graphGadget()
                self.assertFalse(gadget["__auxiliaryConnections"].getVisible())
                nodes = script.children(Gaffer.Node)
                wires = 0
                for plug in [plug for node in nodes for plug in Gaffer.Plug.RecursiveInputRange(node)]:
                    wire = gadget.connectionGadget(plug)
                    if wire is None or wire.getMinimised():
                        continue
                    wires += 1
                    ends = [self.stepOf(script, end.node()) for end in (plug, plug.getInput())]
                    self.assertEqual(ends[0], ends[1], plug.fullName())
                self.assertGreater(wires, 10)

    def stepOf(self, script, node):
        position = node["__uiPosition"].getValue()
        for backdrop in Gaffer.Backdrop.Range(script):
            bound = backdrop["__uiBound"].getValue()
            origin = backdrop["__uiPosition"].getValue()
            if imath.Box2f(bound.min() + origin, bound.max() + origin).intersects(position):
                return backdrop.getName()
        self.fail(f"{node.getName()} lies on no step")

    def testAChosenFocusIsShown(self):
        script = self.load(_GRAPHS[0])
        window, viewer, _ = self.openWindow(script)
        GafferRecoveryUI.graphOpening.show(window)
        script.setFocus(script["Reference"])
        self.assertTrue(viewer.view()["in"].getInput().isSame(script["Reference"]["out"]))
        self.waitForIdle(_IDLE_EVENTS)
        window.setVisible(False)

    def testNoNodeIsRedBecauseItsSettingsAreLookedAtBeforeTheFirstDispatch(self):
        script = self.load(next(path for path in _GRAPHS if path.stem == "combinedRecovery"))
        told = []
        for node in script.children(Gaffer.Node):
            node.errorSignal().connect(lambda plug, source, text: told.append(f"{plug.fullName()}: {text}"))
        for name in ("SharedCrop", "GroundTruth", "Inference", "SelectPairs"):
            with GafferUI.Window() as window:
                GafferUI.NodeUI.create(script[f"Chroma{name}"])
            window.setVisible(True)
            self.waitForIdle(_IDLE_EVENTS)
            window.setVisible(False)
        self.assertEqual(told, [])

    def testSettingsFitIntoTheNodeEditorOfASmallWindow(self):
        script = self.load(next(path for path in _GRAPHS if path.stem == "fourElements"))
        script["Settings"]["severalShots"].setValue(True)
        with GafferUI.Window() as window:
            ui = GafferUI.NodeUI.create(script["Settings"])
        window._qtWidget().resize(_NARROW, 700)
        window.setVisible(True)
        self.waitForIdle(_IDLE_EVENTS)
        buttons = [one for one in ui._qtWidget().findChildren(QtWidgets.QPushButton) if one.isVisible()]
        around = next(one for one in buttons if one.text() == "Deliver")
        while not isinstance(around, QtWidgets.QScrollArea):
            around = around.parentWidget()
        right = around.viewport().mapToGlobal(around.viewport().rect().topRight()).x()
        ends = {one.text(): one.mapToGlobal(one.rect().topRight()).x() for one in buttons}
        self.assertLessEqual({"Deliver", "Sample Film...", "All of the Source"}, ends.keys())
        self.assertEqual([text for text, end in ends.items() if end > right], [])
        window.setVisible(False)

    def testSettingsAreShownInAnotherScript(self):
        application, script, other = Gaffer.ApplicationRoot(), self.load(_GRAPHS[0]), Gaffer.ScriptNode()
        for each in (script, other):
            application["scripts"].addChild(each)
        script.copy(filter=Gaffer.StandardSet([script["Settings"]]))
        other.paste()
        with GafferUI.Window() as window:
            ui = GafferUI.NodeUI.create(other["Settings"])
        window.setVisible(True)
        self.assertIsNotNone(ui.plugValueWidget(other["Settings"]["sourceFiles"]))
        self.waitForIdle(_IDLE_EVENTS)
        window.setVisible(False)

    def testSettings(self):
        for path in _GRAPHS:
            with self.subTest(graph=path.stem):
                script = self.load(path)
                with GafferUI.Window() as window:
                    ui = GafferUI.NodeUI.create(script["Settings"])
                window.setVisible(True)
                for plug in script["Settings"].children(Gaffer.ValuePlug):
                    if plug.getName() == "user" or plug.getName().startswith("__"):
                        continue
                    self.assertTrue(Gaffer.Metadata.value(plug, "description"), plug.getName())
                    widget = ui.plugValueWidget(plug)
                    self.assertIsNotNone(widget, plug.getName())
                    if plug.getName().endswith("Files"):
                        self.assertIsInstance(widget, GafferUI.FileSystemPathPlugValueWidget)
                    elif plug.getName().endswith("Space"):
                        self.assertNotIn(Gaffer.NodeAlgo.currentPreset(plug), ("", None))
                buttons = {button.text() for button in ui._qtWidget().findChildren(QtWidgets.QPushButton)}
                self.assertLessEqual({"Deliver", "Report", "Sample Film...", "All of the Source"}, buttons)
                self.waitForIdle(_IDLE_EVENTS)
                window.setVisible(False)
