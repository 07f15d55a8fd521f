"""What changes over a training: the learning rate, the resolution of the pairs, and how patches are varied."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from filmrecovery.training.learning.patches import LEVELS, Augmentation
from filmrecovery.training.runs.train_settings import TrainSettings

WARM_UP_STEPS = 30
LEAST_ROUND = 100
"""Steps of each member: a shorter round tells nothing."""


@dataclass(frozen=True)
class SchedulePart:
    """A part of the schedule in which all steps are alike."""

    begin: float
    """The share of the schedule, 0 to 1, that is done before it."""
    share: float
    """How much of the schedule it is, 0 to 1."""
    factor: int
    """Pairs are reduced to 1/`factor` of their size."""
    varied: bool
    """Whether patches are varied at random."""


def schedule_parts(settings: TrainSettings) -> tuple[SchedulePart, ...]:
    """The parts of the schedule, in order; their shares add up to 1.

    With multi-resolution, quarter and half resolution have an eighth of the schedule each.
    """
    begins = [level / 8 for level in range(LEVELS)] if settings.multi_resolution else [0.0]
    unvaried = 1 - settings.unvaried_end
    edges = sorted({*begins, unvaried, 1.0})
    return tuple(
        SchedulePart(
            begin,
            end - begin,
            2 ** (len(begins) - sum(level_begin <= begin for level_begin in begins)),
            begin < unvaried,
        )
        for begin, end in itertools.pairwise(edges)
    )


def augmentation_for(settings: TrainSettings, mode: str) -> Augmentation:
    """How patches are varied in a recovery mode.

    Another size has another detail, which is what is learnt unless the mode is chroma. Detail is the same upside down;
    what colours mean is not: the sky is above.
    """
    chroma = mode == "chroma"
    return Augmentation(
        mirror=settings.flips,
        upside_down=settings.flips and not chroma,
        exposure=settings.exposure_jitter,
        scale=settings.scale_jitter if chroma else 0.0,
    )


def part_at(parts: Sequence[SchedulePart], done: float) -> SchedulePart:
    """The part that goes on where the share `done` of the schedule, 0 to below 1, is done."""
    return next(part for part in reversed(parts) if part.begin <= done)


def learning_rate(step: int, steps: int) -> float:
    """Learning rate at `step` of `steps`, relative to the highest: a short linear rise, then a parabola to 0.

    The parabola spends less of a long schedule than a cosine at rates too high to settle, and serves short ones too.
    """
    rise = min(1.0, (step + 1) / min(WARM_UP_STEPS, max(steps // 10, 1)))
    return rise * (1 - step / steps) ** 2


def rounds(settings: TrainSettings, members: int, steps: int) -> tuple[range, ...]:
    """The rounds of a training. The learning rate falls to 0 in each (as in SGDR, Loshchilov & Hutter, ICLR 2017), so
    that a model is finished at the end of any of them.

    Several members may end when they have learnt: each round is as long as all before it together. A member that is
    alone has a short first round, from which the second learns more than without. There is one round where a shorter
    one would tell nothing, or the training is not to end early.
    """
    ends = [steps // 4, steps // 2, steps] if members > 1 else [steps // 4, steps]
    if ends[0] < LEAST_ROUND * members or (members > 1 and not settings.stop_when_learnt):
        ends = [steps]
    return tuple(range(begin, end) for begin, end in itertools.pairwise([0, *ends]))
