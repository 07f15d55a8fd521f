import os
from pathlib import Path
from unittest import mock

import Gaffer
import GafferUI
import GafferUITest
from GafferRecoveryTest.assetLibrary import Library
from Qt import QtCore, QtWidgets

import GafferRecoveryUI
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.AssetChooserDialogue import AssetChooserDialogue

_PLUGINS = Path(__file__).parent / "openassetioPlugins"


class AssetChooserDialogueTest(GafferUITest.TestCase):
    """What a manager offers for choosing, by a plug-in of OpenAssetIO that has two buttons."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        Library(self, self.temporaryDirectory())

    def withPlugin(self):
        patch = mock.patch.dict(os.environ, {"OPENASSETIO_UI_PLUGIN_PATH": str(_PLUGINS)})
        patch.start()
        self.addCleanup(patch.stop)

    def doAndPress(self, action, *labels):
        """Calls what opens the window, presses buttons there one after the other, and returns what the call returns."""
        results = []
        timer = QtCore.QTimer()

        def press():
            window = QtWidgets.QApplication.activeModalWidget()
            if window is None:
                return
            timer.stop()
            buttons = {button.text(): button for button in window.findChildren(QtWidgets.QPushButton)}
            for label in labels:
                if label not in buttons or not buttons[label].isEnabled():
                    # It would stay open for ever.
                    window.close()
                    return
                buttons[label].click()

        def act():
            timer.timeout.connect(press)
            timer.start(0)
            try:
                results.append(action())
            finally:
                timer.stop()
                GafferUI.EventLoop.mainEventLoop().stop()

        QtCore.QTimer.singleShot(0, act)
        GafferUI.EventLoop.mainEventLoop().start()
        return results[0]

    def chosen(self, *labels):
        return self.doAndPress(lambda: AssetChooserDialogue("bal:///video").waitForReference(), *labels)

    def testWhatIsChosenLast(self):
        self.withPlugin()
        self.assertEqual(self.chosen("bal:///print", "bal:///video", "Choose"), "bal:///video")
        self.assertEqual(self.chosen("bal:///print", "Cancel"), "")

    def testItBeginsAtTheReferenceThatIsThere(self):
        self.withPlugin()
        for text, begun in (("bal:///video", "['bal:///video']"), ("/scans/print.####.exr", "[]")):
            dialogue = AssetChooserDialogue(text)
            labels = [label.text() for label in dialogue._qtWidget().findChildren(QtWidgets.QLabel)]
            self.assertIn(f"begun at {begun}", labels)
            choose = next(
                one for one in dialogue._qtWidget().findChildren(QtWidgets.QPushButton) if one.text() == "Choose"
            )
            self.assertFalse(choose.isEnabled())
            del dialogue, choose

    def testTheButtonSetsThePlug(self):
        self.withPlugin()
        script = Gaffer.ScriptNode()
        script["node"] = Gaffer.Node()
        plug = script["node"]["files"] = pathPlugs.files()
        with GafferUI.Window() as window:
            widget = GafferRecoveryUI.FilesPlugValueWidget(plug)
        window.setVisible(True)
        self.waitForIdle(1000)
        button = next(one for one in window._qtWidget().findChildren(QtWidgets.QPushButton) if one.text() == "Asset...")
        self.doAndPress(button.click, "bal:///print", "Choose")
        self.assertEqual(plug.getValue(), "bal:///print")
        script.undo()
        self.assertEqual(plug.getValue(), "")
        del widget, window, button

    def testAManagerThatOffersNothingIsASentence(self):
        with self.assertRaisesRegex(RuntimeError, "offers nothing to choose assets in; type the reference"):
            AssetChooserDialogue("")
