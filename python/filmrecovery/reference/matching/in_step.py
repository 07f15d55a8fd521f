"""Whether the rough matches of a reference that pans are all off by the same few frames.

Where the framing moves it is found anew every few frames, from the matches themselves. A moving camera then makes up
for wrong ones: they are laid over each other as well as the right ones are, but for what moves in the picture. So the
frames before and after are tried in the same way, each with framings of its own.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.reference.matching.frame_match import FrameMatch

Correlation = Callable[[int, int], float]
"""How far a frame of the source and one of the reference agree, by their numbers."""

_FARTHEST = 4
_LEAST_ERROR = 1e-4


@dataclass(frozen=True)
class _Trial:
    """The matches at one offset, and how far their pictures agree, by the frames of the source that have a match."""

    matches: tuple[FrameMatch, ...]
    correlation: Correlation
    agreement: dict[int, float]


def in_step(
    rough: Sequence[FrameMatch],
    reference: Sequence[int],
    correlations: Callable[[tuple[FrameMatch, ...]], Correlation],
    framings: int,
) -> tuple[tuple[FrameMatch, ...], Correlation, float]:
    """The matches at the offset that fits best, their correlation, and how probable it is that it is right for a frame.

    That is how probable this offset is for the film, times the share of the film that speaks for it by itself.

    `reference` are the numbers of its frames; `correlations` finds the framings of given matches, about so many
    `framings`. What frames say is as independent as these are, no more.

    Raises UnlikeElementsError where no offset can be laid over each other.
    """
    trials: dict[int, _Trial] = {}
    problem: UnlikeElementsError | None = None

    def attempt(offset: int) -> None:
        nonlocal problem
        matches = _moved(rough, reference, offset)
        try:
            correlation = correlations(matches)
        except UnlikeElementsError as error:
            problem = error
            return
        agreement = {
            match.source: correlation(match.source, match.reference) for match in matches if match.reference is not None
        }
        trials[offset] = _Trial(matches, correlation, agreement)

    for offset in (-1, 0, 1):
        attempt(offset)
    if not trials:
        assert problem is not None
        raise problem
    best = _best(trials)
    for offset in (*range(-2, -_FARTHEST - 1, -1), *range(2, _FARTHEST + 1)):
        # On from the best as long as it gets better.
        if abs(offset - best) == 1:
            attempt(offset)
            best = _best(trials)
    found = trials[best]
    agreements = [trial.agreement for trial in trials.values()]
    odds = sum(_odds(found.agreement, other, framings) for other in agreements)
    return found.matches, found.correlation, _share(found.agreement, agreements, framings) / odds


def _moved(rough: Sequence[FrameMatch], reference: Sequence[int], offset: int) -> tuple[FrameMatch, ...]:
    """Matches that lie so many frames of the reference later; without a frame where it has none there."""
    index = {number: at for at, number in enumerate(reference)}
    moved = []
    for match in rough:
        at = -1 if match.reference is None else index[match.reference] + offset
        moved.append(dataclasses.replace(match, reference=reference[at] if 0 <= at < len(reference) else None))
    return tuple(moved)


def _best(trials: dict[int, _Trial]) -> int:
    """The offset at which the frames that have a match at every offset agree best."""
    shared = set.intersection(*(set(trial.agreement) for trial in trials.values()))
    return max(trials, key=lambda offset: float(np.sum([trials[offset].agreement[frame] for frame in shared])))


def _odds(best: dict[int, float], other: dict[int, float], framings: int) -> float:
    """The odds of an offset against the best one, by how far the frames that both have speak against it."""
    lead = np.array([best[frame] - other[frame] for frame in best if frame in other])
    if not lead.any():
        return 1.0
    error = max(float(lead.std()), _LEAST_ERROR) / np.sqrt(min(framings, len(lead)))
    return float(np.exp(-0.5 * (max(float(lead.mean()), 0.0) / error) ** 2))


def _share(best: dict[int, float], trials: list[dict[int, float]], framings: int) -> float:
    """The share of the frames for which the best offset is the best, with as many around them as share a framing."""
    shared = sorted(set.intersection(*map(set, trials)))
    if not shared:
        return 0.0
    length = min(max(len(shared) // framings, 1), len(shared))
    leads = np.array([[best[frame] - trial[frame] for frame in shared] for trial in trials])
    around = np.stack([np.convolve(lead, np.ones(length), "valid") for lead in leads])
    return float((around.min(axis=0) >= 0).mean())
