import Gaffer
import GafferUI
import GafferUITest
import IECore
from Qt import QtWidgets

import GafferRecovery
import GafferRecoveryUI


class ReportPageTest(GafferUITest.TestCase):
    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        self.script = Gaffer.ScriptNode()
        self.folder = self.temporaryDirectory()
        train = self.script["Train"] = GafferRecovery.Train()
        for name in ("Early", "Whole"):
            validate = self.script[name] = GafferRecovery.Validate()
            validate["model"].setInput(train["model"])
            validate["directory"].setValue(str(self.folder / name))
        inference = self.script["Inference"] = GafferRecovery.Inference()
        inference["model"].setInput(train["model"])
        deliver = self.script["Deliver"] = GafferRecovery.DeliverFolder()
        deliver["reports"][0].setInput(self.script["Whole"]["report"])
        self.script["Other"] = GafferRecovery.Inference()

    def names(self, node):
        return list(GafferRecoveryUI.reportPage.reports(self.script[node]))

    def testTheReportsOfANodeAreThoseOfItsWork(self):
        self.assertEqual(self.names("Whole"), ["Whole"])
        self.assertEqual(self.names("Train"), ["Early", "Whole"])
        self.assertEqual(self.names("Inference"), ["Early", "Whole"])
        self.assertEqual(self.names("Deliver"), ["Whole"])
        self.assertEqual(self.names("Other"), [])

    def testMenusOfferTheReportsThatAreThere(self):
        GafferRecoveryUI.reportPage.register()
        (self.folder / "Whole").mkdir()
        (self.folder / "Whole" / "report.html").write_text("<p>")
        with GafferUI.Window() as window:
            editor = GafferUI.GraphEditor(self.script)
        menu = IECore.MenuDefinition()
        GafferUI.GraphEditor.nodeContextMenuSignal(multiNode=True)(editor, [self.script["Train"]], menu)
        items = dict(menu.items())
        self.assertFalse(items["/Open the Report/Early"].active)
        self.assertTrue(items["/Open the Report/Whole"].active)
        menu = IECore.MenuDefinition()
        GafferUI.NodeEditor.toolMenuSignal()(editor, self.script["Deliver"], menu)
        self.assertTrue(dict(menu.items())["/Open the Report"].active)
        del window

    def testADeliveryHasAButtonForEachReport(self):
        widget = GafferUI.PlugValueWidget.create(self.script["Deliver"]["reports"][0])
        (button,) = [
            button for button in widget._qtWidget().findChildren(QtWidgets.QPushButton) if button.text() == "Open"
        ]
        self.assertTrue(button.isEnabled())
