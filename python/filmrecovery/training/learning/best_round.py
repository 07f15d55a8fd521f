"""Which network becomes the model of a training: that of the best round of the schedule, or else that of its end."""

import logging

from filmrecovery.base.errors import ModelError
from filmrecovery.model.model_file import load_model, save_model
from filmrecovery.training.learning.describe_model import describe_model
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.runs.checkpoint import Reached, RoundResult
from filmrecovery.training.runs.run_folder import RunFolder

LEAST_GAIN = 0.01
"""A round that lowers the error of what was kept out by a smaller share than this has learnt nothing more."""

_LOG = logging.getLogger(__name__)


def end_round(learner: Learner) -> None:
    """Keeps the averaged network where it recovers what was kept out better than those of the rounds before.

    Where it does not, or hardly, the training has learnt all it can.
    """
    state = learner.state
    error = learner.weigh() ** 0.5
    learner.run.log({"step": state.step, "keptOut": error})
    best = state.reached.best_round
    state.note(has_learnt=best is not None and error > (1 - LEAST_GAIN) * best.error)
    if best is None or error < best.error:
        state.best_average = {name: tensor.clone() for name, tensor in state.average.state_dict().items()}
        state.note(best_round=RoundResult(state.step, error))


def write_model(learner: Learner, steps: int) -> None:
    """Writes the model of the best round, or else of the end, of a training of so many steps. Raises OutputError."""
    state = learner.state
    best = state.reached.best_round
    if best and state.best_average:
        state.average.load_state_dict(state.best_average)
    else:
        learner.weigh()
    step = best.step if best else state.step
    save_model(learner.run.model, state.average.state_dict(), describe_model(learner, step, steps))


def is_done(run: RunFolder, reached: Reached, steps: int) -> bool:
    """Whether a training has come to its end, of so many steps, and its model is there, whole.

    Warns of a model that is damaged.
    """
    has_ended = (reached.step == steps or reached.has_learnt) and not reached.unfinished
    if not has_ended or not run.model.exists():
        return False
    try:
        _, description = load_model(run.model)
    except ModelError as error:
        _LOG.warning("%s It is written again.", error)
        return False
    # That of an earlier length stays until the next one is written.
    return bool(description.settings.get("steps") == steps)
