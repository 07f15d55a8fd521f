import GafferUI
import GafferUITest
from Qt import QtWidgets

from GafferRecoveryUI.ElidedText import ElidedText

_TEXT = "30 frames, of which 9 are trained on and 2 held out"


class ElidedTextTest(GafferUITest.TestCase):
    def testItEndsInDotsWhereThereIsNoRoom(self):
        with GafferUI.Window() as window:
            text = ElidedText()
        text.setText(_TEXT)
        window.setVisible(True)
        shown = []
        for width in (800, 120, 800):
            window._qtWidget().resize(width, 60)
            QtWidgets.QApplication.processEvents()
            shown.append(text._qtWidget().text())
        self.assertEqual([shown[0], shown[2]], [_TEXT, _TEXT])
        self.assertTrue(shown[1].startswith("30 ") and shown[1].endswith("\N{HORIZONTAL ELLIPSIS}"), shown[1])
