"""A graph in a window that is worked by clicks, and how often the window stood still meanwhile."""

import time
from pathlib import Path

import Gaffer
import GafferUI
import GafferUITest
from GafferRecoveryTest import rawElements
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase
from Qt import QtCore, QtTest, QtWidgets

import GafferRecoveryUI

GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
_TICK_MILLISECONDS = 10
_SETTLE_SECONDS = 3


class Stalls:
    """How long the event loop was away, in seconds, each time that it was late."""

    def __init__(self):
        self.__gaps = []
        self.__last = time.monotonic()
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(self.__tick)
        self.__timer.start(_TICK_MILLISECONDS)

    def __tick(self):
        now = time.monotonic()
        self.__gaps.append(now - self.__last)
        self.__last = now

    def told(self, what):
        """Prints the stalls over 0.2 s and over 2 s since it was last asked; returns how many were over 2 s."""
        short, long = (sum(gap > limit for gap in self.__gaps) for limit in (0.2, 2))
        longest = max(self.__gaps, default=0)
        print(f"{what}: {short} stalls over 0.2 s, {long} over 2 s, the longest {longest:.2f} s", flush=True)
        self.__gaps.clear()
        return long


class ScriptedTestCase(GafferUITest.TestCase, RecoveryTestCase):
    """Elements of its own in `scans` of its folder, and a graph in a window."""

    def setUp(self):
        GafferUITest.TestCase.setUp(self)
        GafferRecoveryUI.graphOpening.register()
        self.folder = self.temporaryDirectory()
        rawElements.writeElements(self.folder / "scans")

    def opened(self, graph, kinds):
        """A graph as it opens: its script, its window, and an editor of each kind."""
        script = Gaffer.ScriptNode()
        script["fileName"].setValue(str(GRAPHS / f"{graph}.gfr"))
        script.load()
        window = GafferUI.ScriptWindow(script)
        layout = GafferUI.CompoundEditor(script)
        window.setLayout(layout)
        editors = [kind(script) for kind in kinds]
        for editor in editors:
            layout.addEditor(editor)
        window._qtWidget().resize(1400, 900)
        window.setVisible(True)
        GafferRecoveryUI.graphOpening.show(window)
        self.letPass(_SETTLE_SECONDS)
        return script, window, editors

    def setUpGraph(self, script, folder, values):
        """Gives a graph its values, as an artist does one after the other, and saves it in a folder."""
        script["Settings"]["folder"].setValue(str(folder))
        script["frameRange"]["end"].setValue(rawElements.FRAMES[-1])
        for name, value in values.items():
            script.descendant(name).setValue(value)
            self.letPass(0.1)
        script["fileName"].setValue(str(folder / "graph.gfr"))
        script.save()

    def click(self, widget, text):
        """Clicks the visible button of a text."""
        buttons = [one for one in widget.findChildren(QtWidgets.QPushButton) if one.isVisible()]
        (button,) = [one for one in buttons if one.text() == text]
        self.assertTrue(button.isEnabled(), f"{text} is not offered")
        QtTest.QTest.mouseClick(button, QtCore.Qt.LeftButton)

    def letPass(self, seconds, until=lambda: False):
        """Lets the event loop run for so long, or until something is so; returns whether it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            QtWidgets.QApplication.processEvents(QtCore.QEventLoop.AllEvents, 20)
            time.sleep(0.002)
        return until()
