import functools
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import Gaffer
import GafferDispatch
import GafferUI
import imath

from filmrecovery.base.errors import RecoveryError
from filmrecovery.training.runs.run_progress import BEST_NAME, MODEL_NAME
from filmrecovery.training.runs.run_requests import ask_for_steps, ask_to_stop
from filmrecovery.training.runs.run_status import RunState, read_status, state_now
from GafferRecoveryUI import backgroundWork, graphJobs
from GafferRecoveryUI.trainingEditor import backgroundTraining, modelChoice, modelWipe
from GafferRecoveryUI.trainingEditor.graphRuns import GraphRun
from GafferRecoveryUI.trainingEditor.LengthDialogue import LengthDialogue
from GafferRecoveryUI.trainingEditor.modelWipe import Compared

_NONE = GraphRun("", "")
_USE = (
    "Gives the model {} of this training to the selected Inference nodes. Where none is selected, one is made. Undo "
    "takes it back."
)


class SteeringButtons(GafferUI.Widget):
    """Buttons that start, stop and lengthen trainings, and take their models into the graph.

    What they ask of a training is a file in its folder, written by a thread; a training on another machine obeys it
    too. One of a local job is stopped with its job. `showOutcome` is called with what came of it, and whether that is a
    fault.
    """

    def __init__(
        self, script: Gaffer.ScriptNode, writer: ThreadPoolExecutor, showOutcome: Callable[[str, bool], None], **kw: Any
    ) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.Widget.__init__(self, row, **kw)
        self.__script, self.__writer, self.__showOutcome = script, writer, showOutcome
        self.__run = _NONE
        self.__selected: list[GraphRun] = []
        with row:
            self.__start = GafferUI.Button(
                "Start",
                toolTip="Trains this node in the background, and makes what it needs. A training that was stopped, "
                "failed or is gone goes on from its last checkpoint; one that is finished does after Length made it "
                "longer. Local Jobs shows the job.",
            )
            self.__stop = GafferUI.Button(
                "Stop",
                toolTip="Ends the selected trainings within seconds, on whatever machine they run. Their state is "
                "saved: Resume goes on from it.",
            )
            self.__length = GafferUI.Button(
                "Length...", toolTip="Makes this training longer or shorter, also while it runs."
            )
            GafferUI.Spacer(imath.V2i(1), parenting={"expand": True})
            self.__wipe = GafferUI.Button(
                "Compare",
                toolTip="Wipes in the Viewer between the models of the two selected trainings, or of one between its "
                "best and its final one. Makes two Inference nodes, which are used again; keys 9 and 8 over the Viewer "
                "show each alone. Undo takes them back.",
            )
            self.__best = GafferUI.Button("Use Best", toolTip=_USE.format("with the lowest hold-out error"))
            self.__final = GafferUI.Button("Use Final", toolTip=_USE.format("of the last step"))
        for button, clicked in (
            (self.__start, self.__startClicked),
            (self.__stop, self.__stopClicked),
            (self.__length, self.__lengthClicked),
            (self.__wipe, self.__wipeClicked),
            (self.__best, self.__bestClicked),
            (self.__final, self.__finalClicked),
        ):
            button.clickedSignal().connect(Gaffer.WeakMethod(clicked))

    def show(self, run: GraphRun | None, selected: Sequence[GraphRun]) -> None:
        """Offers what can be done with a run, and with all that are selected."""
        self.__run, self.__selected = run or _NONE, list(selected)
        overview = self.__run.overview
        state = overview.state if overview is not None else None
        self.__start.setEnabled(bool(self.__run.node) and state is not RunState.RUNNING)
        self.__start.setText("Resume" if state in (RunState.STOPPED, RunState.FAILED, RunState.GONE) else "Start")
        self.__stop.setEnabled(bool(self.__running()))
        self.__length.setEnabled(state is not None)
        self.__wipe.setEnabled(len(self.__compared()) == 2)
        self.__best.setEnabled(overview is not None and overview.best_step is not None)
        self.__final.setEnabled(state is RunState.DONE)

    def setLength(self, steps: int) -> None:
        """Asks the training for another length."""
        self.__ask(
            functools.partial(ask_for_steps, self.__run.path, steps), f"{self.__run.name}: asked for {steps:,} steps."
        )

    def __startClicked(self, button: GafferUI.Button) -> None:
        node = self.__run.node
        try:
            job = backgroundTraining.start(self.__script.descendant(node))
        except RuntimeError as error:
            self.__showOutcome(f"{node} cannot start: {error}", True)
        else:
            self.__showOutcome(f"{node} starts, after what it needs and is not made yet.", False)
            if job is not None:
                job.statusChangedSignal().connect(Gaffer.WeakMethod(self.__jobChanged, fallbackResult=None))

    def __jobChanged(self, job: GafferDispatch.LocalDispatcher.Job) -> None:
        """Says why a job failed: what fails before the training begins leaves no trace in the folder of a run."""
        if graphJobs.hasFailed(job):
            self.__showOutcome(graphJobs.sentence(job), True)

    def __stopClicked(self, button: GafferUI.Button) -> None:
        for run in self.__running():
            self.__ask(functools.partial(_stop, run.path), f"{run.name}: asked to stop.")

    def __lengthClicked(self, button: GafferUI.Button) -> None:
        overview = self.__run.overview
        if overview is None:
            return
        dialogue = LengthDialogue(overview.steps or overview.step, overview.step)
        steps = dialogue.waitForSteps(parentWindow=self.ancestor(GafferUI.Window))
        if steps is not None:
            self.setLength(steps)

    def __bestClicked(self, button: GafferUI.Button) -> None:
        self.__use(BEST_NAME)

    def __finalClicked(self, button: GafferUI.Button) -> None:
        self.__use(MODEL_NAME)

    def __compared(self) -> list[Compared]:
        """The models to compare: the first is shown on the left."""
        ends = [_ends(run) for run in self.__selected]
        if len(ends) == 1:
            return ends[0]
        return [models[0] for models in ends if models] if len(ends) == 2 else []

    def __wipeClicked(self, button: GafferUI.Button) -> None:
        front, back = self.__compared()
        try:
            nodes = modelWipe.wipe(self.__script, front, back, self.__train())
        except RuntimeError as error:
            self.__showOutcome(str(error), True)
        else:
            self.__showOutcome(modelWipe.sentence(nodes), False)

    def __train(self) -> Gaffer.Node | None:
        return self.__script.descendant(self.__run.node) if self.__run.node else None

    def __use(self, model: str) -> None:
        try:
            nodes = modelChoice.use(self.__script, self.__run.path / model, self.__train())
        except RuntimeError as error:
            self.__showOutcome(str(error), True)
        else:
            names = ", ".join(node.relativeName(self.__script) for node in nodes)
            self.__showOutcome(f"{names} has this model now.", False)

    def __ask(self, ask: Callable[[], None], done: str) -> None:
        backgroundWork.submit(self.__writer, ask, self.__asked, done)

    def __asked(self, asked: Future[None], done: str) -> None:
        error = asked.exception()
        if error is not None and not isinstance(error, RecoveryError):
            raise error
        self.__showOutcome(str(error or done), error is not None)

    def __running(self) -> list[GraphRun]:
        return [run for run in self.__selected if run.overview is not None and run.overview.state is RunState.RUNNING]


def _stop(run: Path) -> None:
    """Stops a training. A job of this Gaffer is ended as a whole, so that Local Jobs does not call it failed."""
    status = read_status(run)
    job = None
    if status is not None and status.machine == platform.node() and state_now(run, status) is RunState.RUNNING:
        job = graphJobs.jobOfProcess(status.process)
    if job is not None:
        job.kill()
    else:
        ask_to_stop(run)


def _ends(run: GraphRun) -> list[Compared]:
    """The best and the final model of a run, as far as it has them."""
    overview = run.overview
    if overview is None:
        return []
    best = [Compared(f"{run.name}_best", run.path / BEST_NAME)] if overview.best_step is not None else []
    done = overview.state is RunState.DONE
    return [*best, *([Compared(f"{run.name}_final", run.path / MODEL_NAME)] if done else [])]
