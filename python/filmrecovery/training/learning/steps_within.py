"""How many steps of a training fill a given time on this machine."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.learning.schedule import SchedulePart, schedule_parts
from filmrecovery.training.learning.training_reports import report
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.train_settings import TrainSettings

_MOST_SECONDS = 4.0
_MOST_SHARE = 0.05
"""Steps of one size are measured for so long, or for this share of the time asked for, at least `_LEAST_STEPS`."""
_LEAST_STEPS = 2


@dataclass(frozen=True)
class TrainingTimes:
    """Seconds that a training takes on a machine: a step, by the factor of its pairs, and what is written."""

    steps: dict[int, float]
    report: float
    checkpoint: float

    def training(self, settings: TrainSettings, steps: int) -> float:
        """Seconds of a whole training of so many steps."""
        step = sum(part.share * self.steps[part.factor] for part in schedule_parts(settings))
        # A report before the first step too. The model at the end takes about as long as a checkpoint.
        reports = 1 + math.ceil(steps / settings.report_interval)
        checkpoints = math.ceil(steps / settings.checkpoint_interval) + 1
        return steps * step + reports * self.report + checkpoints * self.checkpoint


def steps_within(learner: Learner, seconds: float) -> int:
    """How many steps fill so many seconds, at least 1, reports, checkpoints and what is measured here counted in.

    A step of each size that the schedule has is measured, and a report and a checkpoint, on a copy of the learner.
    """
    started = time.monotonic()
    times = _measured(learner, seconds)
    return most_steps(times, learner.settings, seconds - (time.monotonic() - started))


def most_steps(times: TrainingTimes, settings: TrainSettings, seconds: float) -> int:
    """The most steps whose training takes no longer than so many seconds; at least 1."""
    least, most = 1, 2
    while times.training(settings, most) <= seconds:
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        if times.training(settings, middle) <= seconds:
            least = middle
        else:
            most = middle
    return least


def _measured(learner: Learner, seconds: float) -> TrainingTimes:
    trial = learner.trial()
    parts = {part.factor: part for part in reversed(learner.parts)}
    limit = min(_MOST_SECONDS, _MOST_SHARE * seconds) / len(parts)
    steps = {factor: _step_seconds(trial, part, limit) for factor, part in parts.items()}
    with tempfile.TemporaryDirectory() as folder:
        trial.run = run = RunFolder(Path(folder))
        return TrainingTimes(steps, _seconds(lambda: report(trial, 1)), _seconds(lambda: trial.state.save(run)))


def _step_seconds(trial: Learner, part: SchedulePart, limit: float) -> float:
    """The mean over several steps, but not the first: it sets up what later ones of its size use again."""
    trial.train_step(part, 0.0)
    times: list[float] = []
    while sum(times) < limit or len(times) < _LEAST_STEPS:
        times.append(_seconds(lambda: trial.train_step(part, 0.0)))
    return sum(times) / len(times)


def _seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started
