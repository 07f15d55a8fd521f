"""The loop of a training: from the last checkpoint step by step to the end of the schedule."""

import functools
import logging
import time
from collections.abc import Sequence
from typing import NoReturn

from filmrecovery.base.errors import StoppedError
from filmrecovery.base.interruption import Interruption
from filmrecovery.base.progress import progress
from filmrecovery.film.products.freshness import say_current
from filmrecovery.training.learning.best_round import end_round, is_done, write_model
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.learning.new_length import take_length
from filmrecovery.training.learning.processes import Order
from filmrecovery.training.learning.schedule import learning_rate, part_at, rounds
from filmrecovery.training.learning.training_reports import report
from filmrecovery.training.runs.run_requests import A_REQUEST, drop_stop, read_or_drop_request, stop_text

LOG_INTERVAL = 10

_LOG = logging.getLogger(__name__)


def train_to_end(learner: Learner, steps: int) -> None:
    """Trains from the last checkpoint to the end of the schedule, or until it has learnt, and writes the model.

    What is asked by the run folder meanwhile (see `run_requests`) is done after a step; a wish to stop is also heard
    while the parts of the model are weighed for a report, which a later call then begins anew. Raises StoppedError,
    after a checkpoint, when SIGINT, SIGTERM or a request asks to stop.
    """
    state, run = learner.state, learner.run
    run.rewind(before=state.step + 1 if state.resume(run) else 0)
    asked = read_or_drop_request(run.path).steps
    steps = take_length(learner, asked, steps)
    if asked is not None and is_done(run, state.reached, steps):
        say_current(run.model)
        return
    state.claim_processes(run, learner.processes.place.count)
    started = time.monotonic()
    learner.processes.tell(Order.RESUME)
    with Interruption() as interruption:
        while (asked := _train_until(learner, steps, started, interruption)) is not None:
            steps = take_length(learner, asked, steps)
        write_model(learner, steps)
    learner.processes.say_cost(run.path, time.monotonic() - started)


def _train_until(learner: Learner, steps: int, started: float, interruption: Interruption) -> int | None:
    """Trains to the end, and returns None; or until another length in steps is asked for, and returns that."""
    state, run = learner.state, learner.run
    schedule = rounds(learner.settings, learner.members, steps)

    def stop_if_asked(unlogged: float | None = None) -> None:
        stopper = interruption.signal_name or (learner.processes.asks_to_stop and "a signal to another process")
        if not stopper and not read_or_drop_request(run.path).stop:
            return
        if unlogged is not None:
            # Whoever looks at the journal then sees the step that a later call goes on from.
            _log_step(learner, unlogged, started)
        _stop(learner, stopper or A_REQUEST, steps)

    learner.heed = stop_if_asked
    left = range(0) if state.reached.has_learnt else range(state.step, steps)
    for _ in progress(left, steps, f"Training {run.path.name}", done=state.step):
        if state.reached.unfinished:
            _finish_step(learner, steps, schedule)
        if state.reached.has_learnt:
            break
        part = part_at(learner.parts, state.step / steps)
        this_round = next(steps_of_round for steps_of_round in schedule if state.step in steps_of_round)
        loss = learner.train_step(part, learning_rate(state.step - this_round.start, len(this_round)))
        state.note(unfinished=True)
        is_last = state.step == steps
        is_logged = state.step % LOG_INTERVAL == 0 or is_last
        if is_logged:
            _log_step(learner, loss, started)
        learner.heed = functools.partial(stop_if_asked, None if is_logged else loss)
        _finish_step(learner, steps, schedule)
        if state.reached.has_learnt:
            break
        if not is_last:
            learner.heed()
        asked = read_or_drop_request(run.path).steps
        if asked is not None:
            return asked
    if state.reached.unfinished:
        # A stop was heard after the last step.
        _finish_step(learner, steps, schedule)
    return None


def _finish_step(learner: Learner, steps: int, schedule: Sequence[range]) -> None:
    """What follows a step: a report, the end of a round and a checkpoint, where they are due."""
    state, run, settings = learner.state, learner.run, learner.settings
    ends_round = any(state.step == one.stop for one in schedule)
    if state.step % settings.report_interval == 0 or state.step == steps:
        report(learner, steps)
    if ends_round and len(schedule) > 1 and learner.members > 1:
        end_round(learner)
    state.note(unfinished=False)
    if state.step and (state.step % settings.checkpoint_interval == 0 or ends_round):
        state.save(run)
    if state.reached.has_learnt:
        _LOG.info("%s: has learnt by step %d of %d", run.path, state.step, steps)


def _log_step(learner: Learner, loss: float, started: float) -> None:
    state, seconds = learner.state, round(time.monotonic() - started, 3)
    learner.run.log({"step": state.step, "loss": loss, "skipped": state.reached.skipped, "seconds": seconds})


def _stop(learner: Learner, stopper: str, steps: int) -> NoReturn:
    state, run = learner.state, learner.run
    state.save(run)
    drop_stop(run.path)
    raise StoppedError(stop_text(run.path, stopper, state.step, steps))
