"""Which frames go together, by what their pictures say and by how film and its transfers run on.

The frames of the source are the steps of a hidden Markov model (Rabiner, Proceedings of the IEEE 77, 1989): the hidden
state is the frame of the reference, or that there is none, and the clock of the reference goes on or rests meanwhile.
Forward and backward passes give the probability of every state with all of the film taken into account.
"""

from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Indices, Values

# Logarithms of the odds of what happens between two frames, against that the reference goes on as the source does.
_HOLD = -5.0
_NEAR_JUMP = -5.0
_NEAR_JUMP_PER_FRAME = -0.3
_FAR_JUMP = -11.0
_LOSE = -7.0
_FIND_IN_TIME = -1.0
_FIND = -5.0
_STAY_LOST = -0.3
_LOST_CLOCK_ERROR = -2.0
_IMPOSSIBLE = -np.inf

# Not 0, so that there is always a way on.
_BACKWARDS = 1e-80

# The share of these costs that counts for how sure a frame is. Of simulated frames that little tells apart,
# with two jumps in 32, those at 0.8 and above are then right in 97 of 100; with all of the costs they were in 62.
_DOUBT = 0.5

# No frame says more than this against what the others say: it may be damaged, flashed or spliced.
_MOST_EVIDENCE = 14.0

# So few matches are chance where both elements go on, with twice as many frames that do not match.
_HANDFUL = 6

# Candidates on either side of a line, and how far apart two lines may be for all between them to be candidates.
_LINE_REACH = 5
_WIDEST = 60


@dataclass(frozen=True)
class Timing:
    """The decision for each of n source frames.

    `positions` (n,) are on the reference's clock, -1 for none; `probabilities` (n,) say how probable each is;
    `log_likelihood` says how well the whole fits.
    """

    positions: Indices
    probabilities: Values
    log_likelihood: float


class Clock:
    """The positions of frames by their numbers, so that a hole in the numbering counts as time.

    `positions` (reference frames,) count from the first in steps of the numbering; `index` (length,) is the frame at a
    position, -1 where there is none.
    """

    def __init__(self, source: tuple[int, ...], reference: tuple[int, ...]) -> None:
        numbers = np.array(reference)
        step = int(np.gcd.reduce(np.diff(numbers)))
        self.positions = (numbers - numbers[0]) // step
        self.length = int(self.positions[-1]) + 1
        self.index = np.full(self.length, -1)
        self.index[self.positions] = np.arange(len(numbers))
        self.source = np.round((np.array(source) - source[0]) / step).astype(int)

    def advance(self, frames: Indices) -> Indices:
        """How many positions go by from each of some frames of the source to the next, (frames,), at least one."""
        return np.maximum(np.diff(self.source[frames], prepend=self.source[frames[0]]), 1)

    def around(self, position: int) -> tuple[int, int]:
        """Indices of the reference's frames at or before a position, and after it."""
        after = int(np.searchsorted(self.positions, position, side="right"))
        return max(after - 1, 0), min(after, len(self.positions) - 1)


def lines_between(clock: Clock, anchors: Indices, frames: Indices, reach: int = _LINE_REACH) -> Indices:
    """Candidates (frames, choices) for some frames: positions near to where the anchors around would have them.

    `anchors` (source frames,) are positions, -1 for none; `reach` is how many positions on either side are taken. Rows
    are filled up with -1.
    """
    sure = np.flatnonzero(anchors >= 0)
    positions = anchors[sure]
    before = np.maximum(np.searchsorted(sure, frames, side="right") - 1, 0)
    after = np.minimum(np.searchsorted(sure, frames, side="left"), len(sure) - 1)
    rows = []
    for frame, *nearest in zip(frames, before, after, strict=True):
        low, high = sorted(int(positions[at] + clock.source[frame] - clock.source[sure[at]]) for at in nearest)
        if high - low <= _WIDEST:
            row = np.arange(low - reach, high + reach + 1)
        else:
            around = np.arange(-reach, reach + 1)
            row = np.concatenate([low + around, high + around])
        row = np.unique(np.clip(row, 0, clock.length - 1))
        rows.append(row)
    candidates = np.full((len(rows), max(map(len, rows))), -1)
    for target, row in zip(candidates, rows, strict=True):
        target[: len(row)] = row
    return candidates


def find_timing(candidates: Indices, evidence: Values, absence: Values, advance: Indices) -> Timing:
    """The most likely timing, in an order that never runs backwards.

    candidates: (frames, choices) positions on the reference's clock, ascending; -1 fills up a frame with fewer
    evidence: (frames, choices) log-likelihood of each candidate; -inf where the reference has no frame at this position
    absence: (frames, choices) log-likelihood that the frame is lacking after this position, or at it
    advance: (frames,) how many positions the reference should go on from the frame before
    """
    choices = candidates.shape[1]
    likelihood, scale = _likelihood(candidates, evidence, absence)
    probability, total = _probability(candidates, likelihood, advance)
    states = _most_likely(candidates, likelihood, advance)
    rows = np.arange(len(candidates))
    absent = states >= choices
    # Where the clock stands meanwhile does not matter to the question whether there is a frame.
    probabilities = np.where(absent, probability[:, choices:].sum(axis=1), probability[rows, states])
    positions = candidates[rows, states % choices]
    absent |= positions < np.maximum.accumulate(np.where(absent, -1, positions))
    return Timing(np.where(absent, -1, positions), np.clip(probabilities, 0.0, 1.0), float(total + scale.sum()))


def frame_probabilities(
    candidates: Indices, evidence: Values, absence: Values, advance: Indices
) -> tuple[Values, Values]:
    """How probable each candidate is, (frames, choices), and that the frame is lacking, (frames,); no order is chosen.

    The arguments are those of `find_timing`. Jumps and holds cost less than there: what is decided goes by how seldom
    they are in most elements; how sure that is has to be right of an element that is full of them, too.
    """
    choices = candidates.shape[1]
    likelihood, _ = _likelihood(candidates, evidence, absence)
    probability, _ = _probability(candidates, likelihood, advance, _DOUBT)
    return probability[:, :choices], probability[:, choices:].sum(axis=1)


def _probability(candidates: Indices, likelihood: Values, advance: Indices, share: float = 1.0) -> tuple[Values, float]:
    """The probability of each state (frames, 2 choices), all of the film taken into account, and the logarithm of how
    well the whole fits, relative to the best of each frame. `share` is that of the usual costs of jumps and holds."""
    frames = len(candidates)
    forward = np.empty(likelihood.shape)
    forward[0] = likelihood[0] / likelihood[0].sum()
    total = np.log(likelihood[0].sum())
    for frame in range(1, frames):
        moves = _moves(candidates[frame - 1], candidates[frame], advance[frame], share)
        weights = (forward[frame - 1] @ moves) * likelihood[frame]
        total += np.log(weights.sum())
        forward[frame] = weights / weights.sum()

    probability = np.empty_like(forward)
    probability[-1] = forward[-1]
    backward = np.ones(likelihood.shape[1])
    for frame in range(frames - 1, 0, -1):
        moves = _moves(candidates[frame - 1], candidates[frame], advance[frame], share)
        backward = moves @ (likelihood[frame] * backward)
        backward /= backward.sum()
        weights = forward[frame - 1] * backward
        probability[frame - 1] = weights / weights.sum()
    return probability, float(total)


def are_chance(matches: Indices, reference_frames: int) -> bool:
    """Whether matches (source frames,), indices of that many frames of the reference or -1, are what chance gives.

    Either element may lack frames of the other. Where both have frames between two matches, or beyond the outermost,
    and none of them match, they show different things: a handful of matches amid twice as many such frames is chance.
    """
    rows = np.flatnonzero(matches >= 0)
    ours = np.diff(rows, prepend=-1, append=len(matches)) - 1
    theirs = np.maximum(np.diff(matches[rows], prepend=-1, append=reference_frames) - 1, 0)
    different = int(np.minimum(ours, theirs).sum())
    return len(rows) < _HANDFUL and len(rows) <= max(different / 2, 1)


def _likelihood(candidates: Indices, evidence: Values, absence: Values) -> tuple[Values, Values]:
    """Likelihoods (frames, 2 choices) relative to the best of each frame: first the candidates', then absence's. None
    is worse than damage is. And the logarithms of the best."""
    both = np.concatenate([evidence, np.where(candidates >= 0, absence, -np.inf)], axis=1)
    best = both.max(axis=1)
    relative = np.maximum(both - best[:, np.newaxis], -_MOST_EVIDENCE)
    return np.where(np.isfinite(both), np.exp(relative), 0.0), best


def _moves(before: Indices, after: Indices, advance: int, share: float = 1.0) -> Values:
    """Weights (2 choices, 2 choices) of going from each state of a frame to each of the next, with a share of what
    anything but going on in time costs."""
    steps = after[np.newaxis, :] - before[:, np.newaxis]
    late = steps - advance
    in_time = late == 0
    holds = steps == 0

    jump = np.maximum(_NEAR_JUMP + _NEAR_JUMP_PER_FRAME * np.abs(late), _FAR_JUMP)
    matched = np.where(in_time, 0.0, np.where(holds, _HOLD, jump))
    clock = np.where(in_time | holds, 0.0, _LOST_CLOCK_ERROR)
    lost = _LOSE + clock
    stay_lost = _STAY_LOST + clock
    found = np.where(in_time, _FIND_IN_TIME, np.where(holds, _IMPOSSIBLE, _FIND))
    weights = np.exp(share * np.block([[matched, lost], [found, stay_lost]]))
    # Where the candidates themselves run backwards there is no other way on; such frames end up without a match.
    return np.where(np.tile(steps < 0, (2, 2)), _BACKWARDS, np.maximum(weights, _BACKWARDS))


def _most_likely(candidates: Indices, likelihood: Values, advance: Indices) -> Indices:
    """The states of the most likely course (Viterbi): in a static passage, that which goes on in time."""
    frames = len(candidates)
    origins = np.zeros(likelihood.shape, int)
    with np.errstate(divide="ignore"):
        likelihood = np.log(likelihood)
        best = likelihood[0]
        for frame in range(1, frames):
            sums = best[:, np.newaxis] + np.log(_moves(candidates[frame - 1], candidates[frame], advance[frame]))
            origins[frame] = sums.argmax(axis=0)
            best = sums.max(axis=0) + likelihood[frame]
    states = np.empty(frames, int)
    states[-1] = int(np.argmax(best))
    for frame in range(frames - 1, 0, -1):
        states[frame - 1] = origins[frame, states[frame]]
    return states
