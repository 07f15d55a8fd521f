import functools
from collections.abc import Callable
from pathlib import Path

import Gaffer
import IECore
import imath

from filmrecovery.base.errors import RecoveryError
from filmrecovery.training.runs.kept_steps import KeptFile, take_step_model
from filmrecovery.training.runs.run_progress import BEST_NAME
from GafferRecoveryUI.trainingEditor import modelChoice, modelWipe, nodeCopies, pictureInViewer
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.modelWipe import Compared

_BESIDE = imath.V2f(20, 0)


class StepMenu:
    """What can be done with a step of a run, whose picture is shown.

    `showOutcome` is called with what came of it, and whether that is a fault.
    """

    def __init__(self, script: Gaffer.ScriptNode, showOutcome: Callable[[str, bool], None]) -> None:
        self.__script, self.__showOutcome = script, showOutcome
        self.__run: GraphRun | None = None

    def setRun(self, run: GraphRun | None) -> None:
        """The run of which pictures are shown."""
        self.__run = run

    def definition(self, picture: KeptFile | None) -> IECore.MenuDefinition:
        """The menu of a picture; empty where there is none."""
        menu, run = IECore.MenuDefinition(), self.__run
        if picture is None:
            return menu
        overview = run.overview if run is not None else None
        hasModel = overview is not None and picture.step in dict(overview.step_models)
        hasBest = overview is not None and overview.best_step is not None
        for label, command, active in (
            ("Open in the Viewer", self.open, True),
            ("Use This Step's Model", self.use, hasModel),
            ("New Training from This Step", self.begin, hasModel and bool(run and run.node)),
            ("Compare with the Best as a Wipe", self.compareWithBest, hasModel and hasBest),
        ):
            menu.append(f"/{label}", {"command": functools.partial(command, picture), "active": active})
        return menu

    def open(self, picture: KeptFile) -> None:
        """Shows the picture in the Viewer."""
        self.__attempt(lambda: self.__open(picture))

    def use(self, picture: KeptFile) -> None:
        """Gives the model of the step to the selected Inference nodes, or to a new one."""
        self.__attempt(lambda: self.__use(picture.step))

    def begin(self, picture: KeptFile) -> None:
        """Makes a Train node with the settings of that of the run, which starts from the model of the step."""
        self.__attempt(lambda: self.__begin(picture.step))

    def compareWithBest(self, picture: KeptFile) -> None:
        """Wipes between the model of the step and that of the best step."""
        self.__attempt(lambda: self.__compareWithBest(picture.step))

    def __attempt(self, action: Callable[[], str]) -> None:
        try:
            text = action()
        except (RecoveryError, RuntimeError) as error:
            self.__showOutcome(str(error), True)
        else:
            self.__showOutcome(text, False)

    def __open(self, picture: KeptFile) -> str:
        pictureInViewer.show(self.__script, picture.path)
        return f"The Viewer shows {picture.path.name}, until another node gets the focus."

    def __use(self, step: int) -> str:
        run, model = self.__taken(step)
        nodes = modelChoice.use(self.__script, model, self.__train(run))
        return f"{', '.join(node.relativeName(self.__script) for node in nodes)} has the model of step {step:,} now."

    def __begin(self, step: int) -> str:
        run, model = self.__taken(step)
        train = self.__train(run)
        if train is None:
            raise RuntimeError(
                f"{run.name}: no Train node of this graph has its settings; make one, and set its startFrom to this "
                "model."
            )
        with Gaffer.UndoScope(self.__script):
            node = nodeCopies.copyBeside(train, _BESIDE)
            node["startFrom"].setInput(None)
            node["startFrom"].setValue(str(model))
            self.__script.selection().clear()
            self.__script.selection().add(node)
        name = node.relativeName(self.__script)
        return (
            f"{name} begins from step {step:,} of {run.name}. Change its settings if you like, select its line, Start."
        )

    def __compareWithBest(self, step: int) -> str:
        run, model = self.__taken(step)
        nodes = modelWipe.wipe(
            self.__script,
            Compared(f"{run.name}_step{step}", model),
            Compared(f"{run.name}_best", run.path / BEST_NAME),
            self.__train(run),
        )
        return modelWipe.sentence(nodes)

    def __taken(self, step: int) -> tuple[GraphRun, Path]:
        assert self.__run is not None, "the menu is offered of a run"
        return self.__run, take_step_model(self.__run.path, step)

    def __train(self, run: GraphRun) -> Gaffer.Node | None:
        # Nodes that are alike share a run, and its line has the names of all.
        return self.__script.descendant(run.node) if run.node else None
