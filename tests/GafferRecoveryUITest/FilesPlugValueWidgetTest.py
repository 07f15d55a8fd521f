import Gaffer
import GafferUI
import GafferUITest

import GafferRecoveryUI
from GafferRecovery.plugs import pathPlugs


class FilesPlugValueWidgetTest(GafferUITest.TestCase):
    """What an artist types where files are asked for."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.script = Gaffer.ScriptNode()
        self.script["node"] = Gaffer.Node()
        self.plug = self.script["node"]["files"] = pathPlugs.files()
        # What is not seen does not follow its plug.
        with GafferUI.Window() as self.window:
            self.widget = GafferRecoveryUI.FilesPlugValueWidget(self.plug)
        self.window.setVisible(True)
        self.text = self.widget.pathWidget()

    def tearDown(self):
        del self.text, self.widget, self.window
        GafferUITest.TestCase.tearDown(self)

    def enter(self, text):
        self.text.setText(text)
        self.text.editingFinishedSignal()(self.text)
        self.waitForIdle(1000)

    def testAReferenceStaysAsItIsTyped(self):
        for reference in ("bal:///MK_010/print?v=1", "ayon+entity://MK/print?product=scan"):
            self.enter(reference)
            self.assertEqual((self.plug.getValue(), self.text.getText()), (reference, reference))

    def testAReferenceIsShownAsItIs(self):
        self.plug.setValue("bal:///MK_010/print")
        self.waitForIdle(1000)
        self.assertEqual(self.text.getText(), "bal:///MK_010/print")

    def testAPathIsMadeTidy(self):
        self.enter("bal:///MK_010/print")
        self.enter("/scans//print.####.exr")
        self.assertEqual(self.plug.getValue(), "/scans/print.####.exr")

    def testTheChooserBeginsAtAFolderAndLeavesTheReference(self):
        self.enter("bal:///MK_010/print")
        dialogue = self.widget._pathChooserDialogue()  # pyright: ignore[reportPrivateUsage]
        self.assertTrue(dialogue.pathChooserWidget().getPath().isValid())
        self.assertEqual((self.plug.getValue(), self.text.getText()), ("bal:///MK_010/print", "bal:///MK_010/print"))
        del dialogue
