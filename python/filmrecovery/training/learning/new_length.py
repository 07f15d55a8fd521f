"""Another length for a training: asked for by a request in its folder, while it runs or between two calls."""

import dataclasses
import logging

from filmrecovery.training.learning.best_round import end_round
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.learning.training_reports import report
from filmrecovery.training.runs.run_requests import leave_request, read_or_drop_request

_LOG = logging.getLogger(__name__)


def take_length(learner: Learner, asked: int | None, steps: int) -> int:
    """The length, in steps, of a training of so many `steps` after a request for another one, if any.

    It does not end before what is done. A checkpoint comes first, and the request goes last: after a crash between them
    it is done again, to the same. Raises OutputError.
    """
    state, run = learner.state, learner.run
    length = steps if asked is None else max(asked, state.step)
    if length != steps or (state.reached.has_learnt and asked is not None and length > state.step):
        if length > state.step:
            state.note(has_learnt=False)
        else:
            report(learner, length)
            if learner.members > 1:
                end_round(learner)
        state.save(run)
        run.change_length(state.step, length)
        _LOG.info("%s: has %d steps now, no longer %d", run.path, length, steps)
    # What was asked meanwhile stays.
    pending = read_or_drop_request(run.path)
    if asked is not None and pending.steps == asked:
        leave_request(run.path, dataclasses.replace(pending, steps=None))
    return length
