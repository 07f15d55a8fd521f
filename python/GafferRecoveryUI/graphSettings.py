"""Widgets on the node `Settings` of the graphs."""

import functools
from typing import Any

import Gaffer
import GafferDispatch
import GafferDispatchUI
import GafferUI
import IECore
import imath
from Qt import QtCore

from filmrecovery.film.elements.element import find_element
from GafferRecovery.plugs import pathPlugs, sentences
from GafferRecoveryUI import graphFaults, sampleFilm
from GafferRecoveryUI.graphJobs import JobLine
from GafferRecoveryUI.nodeUIs.FindShotsUI import ShotsTable
from GafferRecoveryUI.ProgressDialogue import ProgressDialogue
from GafferRecoveryUI.WrappedText import WrappedText

_POLL_MILLISECONDS = 2000
_DISPATCHERS = {
    "LookFirst": "Look First",
    "EarlyReport": "Early Report",
    "Deliver": "Deliver",
    "Report": "Report",
    "HandOver": "Hand Over",
}


_COLUMNS = 3
"""Of the buttons."""


class Start(GafferUI.Widget):
    """Buttons that press Dispatch on the graph's dispatchers, and one that makes sample film; below, what they do."""

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        column = GafferUI.ListContainer(spacing=4)
        GafferUI.Widget.__init__(self, column, **kw)
        self.__settings = settings
        buttons: list[GafferUI.Button] = []
        for name, label in _DISPATCHERS.items():
            dispatcher = settings.parent().getChild(name)
            if isinstance(dispatcher, GafferDispatch.Dispatcher):
                button = GafferDispatchUI.DispatcherUI._DispatchButton(
                    dispatcher,
                    toolTip=f"Dispatches `{name}`, in the background. How far it is stands below the buttons.",
                )
                button.setText(label)
                buttons.append(button)
        sample = GafferUI.Button(
            "Sample Film...", toolTip="Makes scans of a small film, and sets the graph up for them."
        )
        # In one row they would be wider than the Node Editor of a small window, which cannot be scrolled sideways.
        grid = GafferUI.GridContainer(spacing=4)
        for index, button in enumerate([*buttons, sample]):
            grid[index % _COLUMNS, index // _COLUMNS] = button
        column.append(grid)
        column.append(JobLine(settings))
        sample.clickedSignal().connect(Gaffer.WeakMethod(self.__sampleClicked))

    def __sampleClicked(self, button: GafferUI.Button) -> None:
        script = self.__settings.scriptNode()
        elements, results = sampleFilm.places(self.__settings)
        question = GafferUI.ConfirmationDialogue(
            "Sample Film",
            f"The scans of a small film are made in\n{elements}\n\nand the graph is set up for them, with its results "
            f"in\n{script.context().substitute(results)}\n\nThis takes some minutes, and no network.",
            confirmLabel="Make",
        )
        window = self.ancestor(GafferUI.Window)
        if not question.waitForConfirmation(parentWindow=window):
            return
        handler = GafferUI.ErrorDialogue.ErrorHandler(title="No sample film could be made", parentWindow=window)
        with handler, script.context():
            progress = ProgressDialogue("Making the sample film")
            if progress.waitForWork(functools.partial(sampleFilm.make, elements), window):
                with Gaffer.UndoScope(script):
                    sampleFilm.use(self.__settings, elements)


class Faults(GafferUI.Widget):
    """What is wrong with the settings, while they are set. Nothing is seen where nothing is wrong."""

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        self.__text = WrappedText()
        GafferUI.Widget.__init__(self, self.__text, **kw)
        self.__settings = settings
        for node in (settings, settings.scriptNode()):
            node.plugDirtiedSignal().connect(Gaffer.WeakMethod(self.__dirtied, fallbackResult=None))
        # Files come and go without notice.
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(_POLL_MILLISECONDS)
        self.look()

    def look(self) -> None:
        """Looks for faults once."""
        found = graphFaults.faults(self.__settings)
        # Each goes over several lines.
        self.__text.setText("\n".join(f"\N{BULLET} {fault}" for fault in found), fault=True)
        self.setVisible(bool(found))

    def __dirtied(self, plug: Gaffer.Plug) -> None:
        if not plug.isSame(self.__settings.scriptNode()["frame"]):
            self.__lookLater()

    # It is hidden where there are none.
    @GafferUI.LazyMethod(deferUntilVisible=False)  # pyright: ignore[reportUntypedFunctionDecorator]
    def __lookLater(self) -> None:
        self.look()


class FrameRange(GafferUI.Widget):
    """The frames of the script, which are those to deliver, and a button that takes them from the source's files."""

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        column = GafferUI.ListContainer(spacing=4)
        GafferUI.Widget.__init__(self, column, **kw)
        self.__settings = settings
        frames = settings.scriptNode()["frameRange"]
        width = GafferUI.PlugWidget.labelWidth()
        with column, GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4):
            label = GafferUI.Label(
                "Frames to Deliver",
                horizontalAlignment=GafferUI.Label.HorizontalAlignment.Right,
                toolTip="The first and the last frame of the script, as on the timeline.",
            )
            label._qtWidget().setFixedWidth(width)
            for name in ("start", "end"):
                GafferUI.NumericPlugValueWidget(frames[name])
        # Below them: a small window has no room for it beside them.
        with column, GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4):
            GafferUI.Spacer(imath.V2i(width, 1), maximumSize=imath.V2i(width, 1))
            button = GafferUI.Button("All of the Source", toolTip="Takes the frames that the source has files for.")
            GafferUI.Spacer(imath.V2i(0), parenting={"expand": True})
        button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))

    def __clicked(self, button: GafferUI.Button) -> None:
        script = self.__settings.scriptNode()
        with GafferUI.ErrorDialogue.ErrorHandler(
            title="The source has no frames", parentWindow=self.ancestor(GafferUI.Window)
        ):
            first, last = self.__framesOfTheSource()
            with Gaffer.UndoScope(script):
                script["frameRange"]["start"].setValue(first)
                script["frameRange"]["end"].setValue(last)

    def __framesOfTheSource(self) -> tuple[int, int]:
        reader = graphFaults.readersOf(self.__settings).get("source")
        if reader is None:
            raise IECore.Exception("No ElementReader of this script reads the files of the source; connect one.")
        with self.__settings.scriptNode().context(), sentences.ofEngine():
            pattern = pathPlugs.text(reader["fileName"])
            if not pattern:
                raise IECore.Exception("Choose the files of the source first.")
            frames = find_element(pattern).frames
        return frames[0], frames[-1]


class Shots(GafferUI.Widget):
    """The table of `FindShots`, where the source holds several shots."""

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        column = GafferUI.ListContainer()
        GafferUI.Widget.__init__(self, column, **kw)
        self.__several = settings["severalShots"]
        # Settings that were pasted into another script have no FindShots.
        found = [plug.node()["shots"] for plug in self.__several.outputs() if "shots" in plug.node()]
        # Not this widget itself is hidden: the layout that it lies in shows it again.
        self.__table = ShotsTable(found[0], showsPlug=False) if found else GafferUI.Spacer(imath.V2i(0))
        column.append(self.__table)
        settings.plugDirtiedSignal().connect(Gaffer.WeakMethod(self.__plugDirtied, fallbackResult=None))
        self.__plugDirtied(self.__several)

    def __plugDirtied(self, plug: Gaffer.Plug) -> None:
        if plug.isSame(self.__several):
            self.__table.setVisible(self.__several.getValue())
