import os
from pathlib import Path
from unittest import mock

import Gaffer
import GafferUI
import GafferUITest
from GafferRecoveryTest.assetLibrary import Library
from GafferRecoveryTest.RecoveryTestCase import picture, rgbChannels, writeExr
from Qt import QtWidgets

from GafferRecoveryUI import graphFaults, graphSettings

_GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
_IDLE_EVENTS = 10000


class GraphFaultsTest(GafferUITest.TestCase):
    """What Settings says while an artist sets a graph up."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.settings = self.load("chromaRecovery")

    def load(self, name):
        self.script = Gaffer.ScriptNode()
        self.script["fileName"].setValue(str(_GRAPHS / f"{name}.gfr"))
        self.script.load()
        settings = self.script["Settings"]
        settings["folder"].setValue(str(self.temporaryDirectory() / "results"))
        for role, frames in (("source", (1, 2, 3)), ("reference", (1, 3))):
            folder = self.temporaryDirectory() / role
            for frame in frames:
                writeExr(folder / f"{frame:04d}.exr", rgbChannels(picture(frame, 64)))
            settings[f"{role}Files"].setValue(str(folder / "####.exr"))
        self.script["frameRange"]["end"].setValue(3)
        return settings

    def assertFaults(self, *expected):
        """Each of the faults holds the texts that are expected of it."""
        found = graphFaults.faults(self.settings)
        self.assertEqual(len(found), len(expected), found)
        for fault, texts in zip(found, expected, strict=True):
            for text in texts:
                self.assertIn(text, fault)

    def testNothingWrongIsNothingSaid(self):
        self.assertFaults()

    def testAGraphAsItOpensHasNoFaults(self):
        for path in sorted(_GRAPHS.glob("*.gfr")):
            with self.subTest(graph=path.stem):
                script = Gaffer.ScriptNode()
                script["fileName"].setValue(str(path))
                script.load()
                self.assertEqual(graphFaults.faults(script["Settings"]), [])

    def testMissingFiles(self):
        self.settings["referenceFiles"].setValue("/nowhere/video.####.exr")
        self.assertFaults(("Colour Reference:", "the folder /nowhere does not exist", "check the path"))

    def testReferencesOfAssets(self):
        library = Library(self, self.temporaryDirectory())
        library.publish("print", self.temporaryDirectory() / "source" / "####.exr", (1, 3), "srgb_tx")
        self.settings["sourceFiles"].setValue("bal:///print")
        self.assertFaults(("Faded Scan: bal:///print?v=1: its asset manager says the colour space", "leave yours out"))
        self.settings["sourceSpace"].setValue("")
        self.assertFaults()
        self.script["frameRange"]["end"].setValue(9)
        self.assertFaults(("Faded Scan: it has the frames 1-3", "lacks 4-9"))
        self.script["frameRange"]["end"].setValue(3)
        self.settings["sourceFiles"].setValue("bal:///prnt")
        self.assertFaults(("Faded Scan: The asset manager", "bal:///prnt: Entity 'prnt' not found"))

    def testVariablesInPaths(self):
        self.settings["folder"].setValue(str(self.temporaryDirectory()))
        self.settings["sourceFiles"].setValue("${project:rootDirectory}/source/####.exr")
        self.assertFaults()

    def testFramesThatAreNotThere(self):
        self.script["frameRange"]["end"].setValue(48)
        self.assertFaults(("Faded Scan: it has the frames 1-3", "frames to deliver it lacks 4-48", "All of the Source"))

    def testUnknownSpace(self):
        self.settings["sourceSpace"].setValue("film")
        self.assertFaults(("Faded Scan: the colour space of the files 'film' is not in", "choose one of the menu"))

    def testLinearWorkingSpace(self):
        self.settings["workingSpace"].setValue("lin_ap1")
        self.assertFaults(("'lin_ap1' is scene-linear", "choose one such as srgb_tx"))

    def testElementsThatDoNotLieOnEachOther(self):
        self.settings = self.load("chromaRecovery")
        folder = self.temporaryDirectory() / "small"
        writeExr(folder / "0001.exr", rgbChannels(picture(1, 32)))
        self.settings["referenceFiles"].setValue(str(folder / "####.exr"))
        # They need not, where they are aligned.
        self.assertFaults()
        self.settings["alignReference"].setValue(False)
        self.assertFaults(("The Faded Scan is 96x64 and the Colour Reference 96x32",))
        (folder / "0001.exr").rename(folder / "0101.exr")
        self.assertFaults(("Colour Reference: it has none of the frame numbers of Faded Scan", "align it"))

    def testFramesToTrainOnThatTheReferenceLacks(self):
        self.settings["trainingFrames"].setValue("1,2")
        self.assertFaults()
        self.settings["alignReference"].setValue(False)
        self.assertFaults(("Colour Reference: it has the frames 1,3", "frames to train on it lacks 2", "name other"))
        self.settings["trainingFrames"].setValue("1 to 3")
        self.assertFaults(("Training Frames: frames '1 to 3'", "expected a range"))

    def testPaintedFrames(self):
        self.settings = self.load("nonReferenceChroma")
        self.settings["trainingFrames"].setValue("1,2,3")
        self.assertFaults(("Painted Frames: it has the frames 1,3", "it lacks 2"))

    def testAFolderThatCannotBeWritten(self):
        file = self.temporaryDirectory() / "file"
        file.touch()
        self.settings["folder"].setValue(str(file / "results"))
        self.assertFaults((str(file), "cannot be written", "choose another one"))

    def testADiskThatIsNearlyFull(self):
        with mock.patch.object(graphFaults, "LEAST_FREE", 2**62):
            self.assertFaults((str(self.temporaryDirectory()), "its disk has only", "MB left; free some space"))

    def testAFolderThatIsNotChosen(self):
        for value in ("", self.settings["folder"].defaultValue()):
            self.settings["folder"].setValue(value)
            self.assertIn("Folder: choose one on Settings", graphFaults.faults(self.settings)[0])
        # A project that has a name has a folder by that.
        self.script["variables"]["projectName"]["value"].setValue("print")
        self.assertFaults()

    def testAnotherGraphWithTheSameResults(self):
        first, settings = self.script, self.settings
        self.settings = self.load("spatialRecovery")
        # As both are open in one window of Gaffer or in two.
        application = Gaffer.ApplicationRoot()
        for script in (first, self.script):
            application["scripts"].addChild(script)
        first["fileName"].setValue("/films/first.gfr")
        self.assertFaults(("Folder: /films/first.gfr, which is open too, has its results in", "another folder or shot"))
        settings["shot"].setValue("AF_020")
        self.assertFaults()

    def testSettingsOfAnotherGraph(self):
        application, other = Gaffer.ApplicationRoot(), Gaffer.ScriptNode()
        for script in (self.script, other):
            application["scripts"].addChild(script)
        self.script.copy(filter=Gaffer.StandardSet([self.settings, self.script["Source"], self.script["SourceAsset"]]))
        other["variables"].addChild(
            Gaffer.NameValuePlug("project:rootDirectory", "/projects/default", "projectRootDirectory")
        )
        other.paste()
        self.settings = other["Settings"]
        found = [fault for fault in graphFaults.faults(self.settings) if fault.startswith("Folder:")]
        self.assertEqual(len(found), 1, found)
        self.assertIn("this script has its results in /projects/default, whatever is set here", found[0])

    def testNoEngine(self):
        with mock.patch.dict(os.environ, FILMRECOVERY_PYTHON="/nowhere/python"):
            self.assertFaults(("The engine of Film Recovery is not set up", "/nowhere/python", "filmrecovery --help"))

    def testALongPathIsShownWholeInANarrowWindow(self):
        self.settings["sourceFiles"].setValue(f"/nowhere/{'a_long_name_' * 12}/print.####.exr")
        with GafferUI.Window() as window:
            widget = graphSettings.Faults(self.settings)
        window._qtWidget().resize(300, 400)
        window.setVisible(True)
        self.waitForIdle(_IDLE_EVENTS)
        (text,) = widget._qtWidget().findChildren(QtWidgets.QTextEdit)
        self.assertLessEqual(text.width(), 300)
        document = text.document()
        self.assertLessEqual(document.idealWidth(), text.viewport().width())
        self.assertGreaterEqual(text.viewport().height(), document.size().height())
        window.setVisible(False)

    def testSettingsShowThem(self):
        with GafferUI.Window() as window:
            widget = graphSettings.Faults(self.settings)
        window.setVisible(True)
        self.assertFalse(widget.getVisible())
        self.settings["workingSpace"].setValue("lin_ap1")
        self.waitForIdle(_IDLE_EVENTS)
        self.assertTrue(widget.getVisible())
        self.settings["workingSpace"].setValue("srgb_tx")
        self.waitForIdle(_IDLE_EVENTS)
        self.assertFalse(widget.getVisible())
        window.setVisible(False)
