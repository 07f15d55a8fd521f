import threading

import Gaffer
import GafferUI
import GafferUITest
import IECore
from Qt import QtCore, QtWidgets

from GafferRecoveryUI.ProgressDialogue import ProgressDialogue


class ProgressDialogueTest(GafferUITest.TestCase):
    def waitFor(self, work, act):
        """Opens the dialogue for some work; `act` is called again and again with its window until it returns True."""
        results = []
        timer = QtCore.QTimer()

        def look():
            window = QtWidgets.QApplication.activeModalWidget()
            if window is not None and act(window):
                timer.stop()

        def open_():
            timer.timeout.connect(look)
            timer.start(0)
            try:
                results.append(ProgressDialogue("Making").waitForWork(work))
            except RuntimeError as error:
                # Not the error: its traceback would keep the dialogue alive.
                results.append(str(error))
            finally:
                timer.stop()
                GafferUI.EventLoop.mainEventLoop().stop()

        QtCore.QTimer.singleShot(0, open_)
        GafferUI.EventLoop.mainEventLoop().start()
        return results[0]

    def texts(self, window):
        return [label.text() for label in window.findChildren(QtWidgets.QLabel)]

    def press(self, window, text):
        (button,) = [one for one in window.findChildren(QtWidgets.QPushButton) if one.text() == text]
        button.click()

    def testItShowsHowFarTheWorkIsAndHowLongItTakes(self):
        seen, told = [], threading.Event()

        def work(tell):
            for percent in (20, 40):
                tell(percent)
            self.assertTrue(told.wait(60))

        def act(window):
            (bar,) = window.findChildren(QtWidgets.QProgressBar)
            if bar.value() < 40:
                return False
            seen.extend(self.texts(window))
            told.set()
            return True

        self.assertIs(self.waitFor(work, act), True)
        self.assertRegex("".join(seen), r"^About \d+ s left\.$")

    def testItIsCancelledByItsButtonAndByItsWindow(self):
        def work(tell):
            tell(0)
            while True:
                IECore.Canceller.check(Gaffer.Context.current().canceller())

        for cancel in (lambda window: self.press(window, "Cancel"), lambda window: window.close()):
            self.assertIs(self.waitFor(work, lambda window, cancel=cancel: [cancel(window)]), False)

    def testAnErrorOfTheWorkIsItsOwn(self):
        def work(tell):
            raise IECore.Exception("the disk is full")

        self.assertEqual(self.waitFor(work, lambda window: False), "the disk is full")
