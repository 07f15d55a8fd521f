import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import Gaffer
import GafferUI
import IECore
import imath
from Qt import QtWidgets

from GafferRecoveryUI.FollowingEditor import FollowingEditor
from GafferRecoveryUI.trainingEditor import graphRuns, pictureInViewer, runTexts
from GafferRecoveryUI.trainingEditor.CurvesPanel import CurvesPanel
from GafferRecoveryUI.trainingEditor.DrawnRun import DrawnRun
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.GraphRunsReader import GraphRunsReader
from GafferRecoveryUI.trainingEditor.PicturesPanel import PicturesPanel
from GafferRecoveryUI.trainingEditor.runColours import RunColours
from GafferRecoveryUI.trainingEditor.RunsTable import RunsTable
from GafferRecoveryUI.trainingEditor.SteeringButtons import SteeringButtons
from GafferRecoveryUI.trainingEditor.StepMenu import StepMenu

_TYPE = "FilmRecoveryTraining"
_NO_RUNS = "This graph has no Train node. Add a folder of trainings to see those."
_FAULT_STYLE = "color: rgb(255, 120, 100)"


class TrainingEditor(FollowingEditor):
    """The trainings of a graph: their states, curves and pictures, and buttons that steer them.

    It follows the files of the trainings, also of those on other machines.
    """

    def __init__(self, scriptNode: Gaffer.ScriptNode, **kw: Any) -> None:
        columns = GafferUI.SplitContainer(GafferUI.SplitContainer.Orientation.Horizontal, borderWidth=4)
        FollowingEditor.__init__(self, columns, scriptNode, **kw)
        self.__runsReader = GraphRunsReader()
        self.__colours = RunColours()
        self.__messageOf: tuple[Path, object] | None = None
        with columns:
            with GafferUI.ListContainer(spacing=4, borderWidth=4):
                with GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4):
                    GafferUI.Label("Trainings")
                    GafferUI.Spacer(imath.V2i(1), parenting={"expand": True})
                    GafferUI.MenuButton(
                        "Folders",
                        menu=GafferUI.Menu(Gaffer.WeakMethod(self.__foldersMenu)),
                        toolTip="Folders whose trainings are shown too: those of another graph, or of a farm.",
                    )
                self.__table = RunsTable(
                    Gaffer.WeakMethod(self.__selectionChanged, fallbackResult=None), parenting={"expand": True}
                )
                self.__message = GafferUI.Label("", textSelectable=True)
                self.__buttons = SteeringButtons(
                    scriptNode, self.reader, Gaffer.WeakMethod(self.__showOutcome, fallbackResult=None)
                )
            self.__curves = CurvesPanel()
            self.__pictures = PicturesPanel(
                StepMenu(scriptNode, Gaffer.WeakMethod(self.__showOutcome, fallbackResult=None))
            )
        columns.setSizes([0.4, 0.34, 0.26])
        self.__message._qtWidget().setWordWrap(True)
        self.__message._qtWidget().setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Maximum)
        self.__focusConnection = scriptNode.focusChangedSignal().connect(pictureInViewer.focusChanged, scoped=True)
        self._show([])

    @staticmethod
    def register(application: Gaffer.Application) -> None:
        """Offers the editor in the menu of every panel."""
        GafferUI.Layouts.acquire(application).registerEditor(_TYPE)

    def getTitle(self) -> str:
        return GafferUI.Editor.getTitle(self) or "Film Recovery Training"

    def __repr__(self) -> str:
        return "GafferRecoveryUI.TrainingEditor( scriptNode )"

    def table(self) -> RunsTable:
        return self.__table

    def curves(self) -> CurvesPanel:
        return self.__curves

    def pictures(self) -> PicturesPanel:
        return self.__pictures

    def buttons(self) -> SteeringButtons:
        return self.__buttons

    def message(self) -> str:
        """What is said of the run that was clicked last."""
        return self.__message.getText()

    def drawn(self) -> list[DrawnRun]:
        """The selected runs as their curves are drawn."""
        return [
            DrawnRun(run.name, self.__colours.colour(run.path), run.overview, run.curves)
            for run in self.__table.selected()
            if run.overview is not None and run.curves is not None
        ]

    def _reading(self) -> Callable[[], list[GraphRun]]:
        places, folders = graphRuns.trainPlaces(self.scriptNode()), graphRuns.folders(self.scriptNode())
        return functools.partial(self.__runsReader.read, places, folders)

    def _show(self, read: list[GraphRun]) -> None:
        self.__table.setRuns(read)

    def __selectionChanged(self) -> None:
        selected, run = self.__table.selected(), self.__table.current()
        self.__colours.choose([run.path for run in selected if run.overview is not None])
        drawn = self.drawn()
        self.__table.setColours({run.overview.path: run.colour for run in drawn})
        self.__curves.setRuns(drawn)
        self.__pictures.show(run)
        self.__buttons.show(run, selected)
        if self.__messageOf is None or run is None or self.__messageOf != (run.path, _state(run)):
            self.__messageOf = None
            self.__setMessage(*_message(run))

    def __showOutcome(self, text: str, fault: bool) -> None:
        """Keeps a message until another run is chosen, or the state of this one changes."""
        run = self.__table.current()
        self.__messageOf = (run.path, _state(run)) if run is not None else None
        self.__setMessage(text, fault)

    def __setMessage(self, text: str, fault: bool) -> None:
        self.__message.setText(text)
        self.__message._qtWidget().setStyleSheet(_FAULT_STYLE if fault else "")

    def __foldersMenu(self) -> IECore.MenuDefinition:
        menu = IECore.MenuDefinition()
        menu.append("/Add...", {"command": Gaffer.WeakMethod(self.__addFolder)})
        folders = graphRuns.folders(self.scriptNode())
        if folders:
            menu.append("/Divider", {"divider": True})
        for index, folder in enumerate(folders):
            menu.append(
                f"/Folder{index}",
                {
                    "label": f"Remove {folder}",
                    "command": functools.partial(Gaffer.WeakMethod(self.removeFolder), folder),
                },
            )
        return menu

    def __addFolder(self) -> None:
        bookmarks = GafferUI.Bookmarks.acquire(self.scriptNode(), category="trainings")
        dialogue = GafferUI.PathChooserDialogue(
            Gaffer.FileSystemPath(bookmarks.getDefault()),
            title="Folder of Trainings",
            confirmLabel="Add",
            valid=True,
            leaf=False,
            bookmarks=bookmarks,
        )
        path = dialogue.waitForPath(parentWindow=self.ancestor(GafferUI.Window))
        if path is not None:
            self.addFolder(Path(str(path)))

    def addFolder(self, folder: Path) -> None:
        """Shows the trainings of a folder too. It is saved with the script, and can be undone."""
        graphRuns.setFolders(self.scriptNode(), [*graphRuns.folders(self.scriptNode()), folder])
        self.look()

    def removeFolder(self, folder: Path) -> None:
        """Shows the trainings of an added folder no longer. Its files stay."""
        graphRuns.setFolders(
            self.scriptNode(), [other for other in graphRuns.folders(self.scriptNode()) if other != folder]
        )
        self.look()


def _state(run: GraphRun) -> object:
    return run.overview.state if run.overview is not None else run.fault


def _message(run: GraphRun | None) -> tuple[str, bool]:
    """What is said of a run, and whether it is a fault."""
    if run is None:
        return _NO_RUNS, False
    return f"{run.name}: {runTexts.explanation(run)}", runTexts.isFault(run)


GafferUI.Editor.registerType(_TYPE, TrainingEditor)
