"""A training that is steered by clicks alone: started, watched, stopped, lengthened, resumed; its best model is taken.

    ./run gaffer test GafferRecoveryUITest.ScriptedTrainingTest

It takes a minute, so that it is not in the round of all tests. For each of these it prints how often the window stood
still for longer than 0.2 s. Beside the wipe it measures one between two of Gaffer's own nodes: without a graphics card,
a Viewer of this size takes longer than 0.2 s to draw one.
"""

import Gaffer
import GafferImage
import GafferUI
import imath
from GafferRecoveryTest import rawElements
from Qt import QtCore, QtTest, QtWidgets

import GafferRecovery
import GafferRecoveryUI
from filmrecovery.training.runs.run_status import RunState
from GafferRecoveryUI import viewerWipe
from GafferRecoveryUITest.ScriptedTestCase import ScriptedTestCase, Stalls

_STEPS, _STOPPED_AFTER, _LONGER = 100_000, 40, 120
_LIMIT_SECONDS = 300
_DIALOGUE_MILLISECONDS = 500
"""After a click, until its dialogue is there."""
_BOOKMARKS = {9: "front", 8: "back"}


class ScriptedTrainingTest(ScriptedTestCase):
    def testATrainingIsSteeredByClicks(self):
        # Dialogues ask for the main loop.
        loop, faults = GafferUI.EventLoop.mainEventLoop(), []

        def steer():
            try:
                self.steer()
            except Exception as fault:
                faults.append(fault)
            self.editor = None
            loop.stop()

        QtCore.QTimer.singleShot(0, steer)
        loop.start()
        for fault in faults:
            raise fault

    def steer(self):
        kinds = (GafferUI.Viewer, GafferUI.GraphEditor, GafferUI.NodeEditor, GafferRecoveryUI.TrainingEditor)
        script, window, editors = self.opened("chromaRecovery", kinds)
        viewer, _, _, self.editor = editors
        source, reference = (f"{self.folder}/scans/{element}.####.exr" for element in ("source", "reference"))
        values = {"film": "A film", "shot": "AF_010", "sourceFiles": source, "referenceFiles": reference}
        values |= {"sourceSpace": "srgb_tx", "referenceSpace": "srgb_tx"}
        training = {"size": "small", "steps": _STEPS, "patchSize": 64, "reportInterval": 20}
        stalls = Stalls()
        self.setUpGraph(
            script,
            self.folder,
            {f"Settings.{name}": value for name, value in values.items()}
            | {f"Train.{name}": value for name, value in training.items()}
            | {"Align.model": "translate", "Settings.holdOutFrames": "6"},
        )
        self.editor.parent().setCurrent(self.editor)
        self.until(lambda: self.editor.table().cells())
        stalls.told("set-up")

        self.press("Start")
        self.until(lambda: self.step() > _STOPPED_AFTER)
        stalls.told("start and watch")
        self.press("Stop")
        self.until(lambda: self.state() is RunState.STOPPED)
        stalls.told("stop")

        stopped = self.step()
        QtCore.QTimer.singleShot(_DIALOGUE_MILLISECONDS, self.typeLength)
        self.press("Length...")
        self.until(lambda: "asked for" in self.editor.message())
        stalls.told("another length")
        self.press("Resume")
        self.until(lambda: self.state() is RunState.DONE)
        self.assertEqual(self.step(), _LONGER)
        self.assertGreater(_LONGER, stopped)
        stalls.told("resume, to the end")

        script.selection().clear()
        script.selection().add(script["Inference"])
        self.press("Use Best")
        self.until(lambda: script["Inference"]["model"].getValue().endswith("best.safetensors"))
        stalls.told("take the best")
        self.press("Compare")
        self.until(lambda: "wipes between" in self.editor.message())
        viewer.parent().setCurrent(viewer)
        self.letPass(10)
        self.assertEqual(len(list(GafferRecovery.Inference.Range(script))), 3)
        stalls.told("wipe")
        window.setVisible(False)
        self.letPass(1)

    def testAWipeOfGaffersOwnNodes(self):
        script, window, (viewer, graph) = self.opened("chromaRecovery", (GafferUI.Viewer, GafferUI.GraphEditor))
        for number, side in _BOOKMARKS.items():
            node = script[side] = GafferImage.Checkerboard()
            node["format"].setValue(GafferImage.Format(rawElements.WIDTH, rawElements.HEIGHT, 1))
            # Not the same picture twice.
            node["size"].setValue(imath.V2f(4 * number))
            Gaffer.MetadataAlgo.setNumericBookmark(script, number, node)
        # As the training editor does, the graph lies over the Viewer.
        graph.parent().setCurrent(graph)
        self.letPass(1)
        stalls = Stalls()
        front, back = _BOOKMARKS
        viewerWipe.begin(viewer, front, back)
        viewer.reveal()
        self.letPass(10)
        self.assertTrue(viewer.view()["compare"]["wipe"].getValue())
        self.assertTrue(viewer.view()["compare"]["image"].getInput().node().isSame(script["back"]))
        stalls.told("wipe of two of Gaffer's own nodes")
        window.setVisible(False)
        self.letPass(1)

    def press(self, text):
        self.click(self.editor._qtWidget(), text)

    def overview(self):
        run = self.editor.table().current()
        return run.overview if run is not None else None

    def step(self):
        overview = self.overview()
        return overview.step if overview is not None else 0

    def state(self):
        overview = self.overview()
        return overview.state if overview is not None else None

    def until(self, condition):
        self.assertTrue(self.letPass(_LIMIT_SECONDS, condition), self.editor.message())

    def typeLength(self):
        """Types a length into the dialogue, and presses its button."""
        windows = [one for one in QtWidgets.QApplication.topLevelWidgets() if one.isVisible()]
        (dialogue,) = [one for one in windows if one.windowTitle() == "Length of the Training"]
        (field,) = dialogue.findChildren(QtWidgets.QLineEdit)
        field.selectAll()
        QtTest.QTest.keyClicks(field, str(_LONGER))
        self.click(dialogue, "Set Length")
