"""How much a frame of the source is like frames of the reference, as the logarithm of a likelihood.

Luma thumbnails are compared by their detail (see `framing`), so that colour, contrast and flicker have no say.
"""

import functools

import numpy as np

from filmrecovery.picture.arrays import Channel, Channels, Indices, Mask, Matrix, Values
from filmrecovery.reference.matching.framing import contrast, detail, resampled, shared_area
from filmrecovery.reference.matching.timing import Clock

_COARSE_LENGTH = 56
_FINE_LENGTH = 96
_RADIUS = 3.0
_BLOCK = 12

# How many pixels of a thumbnail speak for themselves: neighbours see the same, and elements differ by more than noise.
_COARSE_SAMPLES = 60.0
_FINE_SAMPLES = 300.0
# Part of a block's contrast that two elements never share.
_FLOOR = 0.02
# Gate weave in pixels of the thumbnail, rms: a shift of this size is made up for, a larger one speaks against a match.
_WEAVE = 0.1
_MARGIN = 4.0
# Share of the usual contrast, below which grain is a good part of it.
_FAINT = 0.3
_MOST_FOR_OR_AGAINST = 12.0
_REACH = 12
_DARK = 0.06
_LAG = 5
# Change over the lag against that to the next frame: weave, which wanders, and steady motion, were measured.
_STILL = 1.5
_MOVING = 3.0
_LEAST_WEIGHT = 0.1


def has_picture(luma: Channel) -> bool:
    """Whether a luma thumbnail (height, width) shows anything."""
    return bool(np.any(detail(luma, _RADIUS)))


def faint(pictures: Channels) -> Mask:
    """Whether each of the luma thumbnails (frames, height, width) shows so little beside the others, as in a fade, that
    nothing tells which frame it is, (frames,)."""
    contrasts = np.array([contrast(picture.astype(np.float32), _RADIUS) for picture in pictures])
    return contrasts < _FAINT * np.median(contrasts)


def without_dark_margins(pictures: Channels) -> Channels:
    """Luma thumbnails (frames, height, width) without the margins that stay dark in all of them."""
    some = pictures[:: max(1, len(pictures) // 200)].astype(np.float32)
    brightest = np.quantile(some, 0.95, axis=0)
    rows, columns = (np.flatnonzero(np.quantile(brightest, 0.9, axis=axis) > _DARK) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return pictures
    height, width = brightest.shape
    # The pixel at the edge of a margin is a mixture of both.
    top, left = (int(lit[0]) + (lit[0] > 0) for lit in (rows, columns))
    bottom, right = (int(lit[-1]) + (lit[-1] == size - 1) for lit, size in ((rows, height), (columns, width)))
    return pictures[:, top:bottom, left:right]


def alike(ours: Channels, theirs: Channels, framing: Matrix, count: int) -> tuple[Indices, Values, Values]:
    """For each frame of the source the indices (frames, count) of the reference's frames that are most like it,
    ascending, with their evidence and the evidence of absence, both (frames, count).

    Time goes with the product of both lengths, by one matrix product; memory with their sum.
    """
    area, shape = _grid(ours, theirs, framing, _COARSE_LENGTH)
    a = _details(ours, np.eye(3), area, shape)
    b = _details(theirs, framing, area, shape)
    count = min(count, len(b))
    indices, likeness = np.empty((len(a), count), int), np.empty((len(a), count), np.float32)
    for start in range(0, len(a), 256):
        part = slice(start, start + 256)
        product = a[part] @ b.T
        indices[part] = np.sort(np.argpartition(-product, count - 1, axis=1)[:, :count], axis=1)
        likeness[part] = np.take_along_axis(product, indices[part], axis=1)
    remains = 1 - np.square(np.clip(likeness, 0, 0.9999))
    typical = np.quantile(remains.min(axis=1), 0.4)
    absence = -0.5 * _COARSE_SAMPLES * np.log(min(0.9, 0.3 + 3 * typical))
    return indices, -0.5 * _COARSE_SAMPLES * np.log(remains), np.full(indices.shape, absence)


def liveliness(pictures: Channels) -> Values:
    """How far what differs between near frames is motion, (frames,) from almost 0 to 1, of luma thumbnails.

    Grain, dirt and weave differ nearly as much from one frame to the next as over several; motion adds up. Of the
    frames before and after, those that move less decide.
    """
    lively = np.ones(len(pictures))
    if len(pictures) <= _LAG:
        return lively
    near, far = _changes(pictures, 1), _changes(pictures, _LAG)
    for frame, change in enumerate(far):
        ratio = change / max(float(np.median(near[frame : frame + _LAG])), 1e-6)
        weight = np.clip((ratio - _STILL) / (_MOVING - _STILL), _LEAST_WEIGHT, 1.0)
        lively[[frame, frame + _LAG]] = np.minimum(lively[[frame, frame + _LAG]], weight)
    return lively


def repeats(pictures: Channels) -> Mask:
    """Whether the next frame is the same picture again, (frames,), of luma thumbnails.

    Two such frames mixed have less grain than either, and must not pass for a frame that is lacking between them.
    """
    changes = _changes(pictures, 1)
    return np.append(changes < 0.6 * _running_median(changes), False)


def _changes(pictures: Channels, lag: int) -> Values:
    """The change from each frame to the one some frames later, (frames - lag,)."""
    height, width = pictures.shape[1:]
    shape = (max(2, height // 2), max(2, width // 2))
    whole = (0.0, 0.0, float(width), float(height))
    details = _details(pictures, np.eye(3), whole, shape).reshape(-1, *shape)
    return np.array([_change(one, other) for one, other in zip(details[:-lag], details[lag:], strict=True)])


def _change(one: Channel, other: Channel) -> float:
    """The part of one detail picture that another does not have, apart from a shift."""
    down, right = np.gradient(other)
    basis = np.stack([other, right, down]).reshape(3, -1)
    product = basis @ one.ravel()
    gram = basis @ basis.T + 1e-6 * np.eye(3)
    return float(np.vdot(one, one) - product @ np.linalg.solve(gram, product))


class Comparison:
    """Compares frames of two elements, luma thumbnails (frames, height, width), at a framing.

    `weights` (source frames,) say how much to believe a difference between candidates; see `liveliness`. `repeated`
    (reference frames,) are those that the next one repeats; see `repeats`.
    """

    def __init__(
        self,
        ours: Channels,
        theirs: Channels,
        weights: Values,
        repeated: Mask,
        framing: Matrix,
        clock: Clock,
    ) -> None:
        self.framing = framing
        self._weights, self._repeated = weights, repeated
        self._ours, self._theirs, self._clock = ours, theirs, clock
        self._area, (height, width) = _grid(ours, theirs, framing, _FINE_LENGTH)
        self._shape = max(1, round(height / _BLOCK)) * _BLOCK, max(1, round(width / _BLOCK)) * _BLOCK
        # The same frames are asked for again and again while the film goes on.
        self._detail_of_reference = functools.lru_cache(maxsize=256)(self._make_detail)
        self._basis = functools.lru_cache(maxsize=256)(self._make_basis)

    def forget(self) -> None:
        """Frees the memory of what was compared, for a comparison that is kept and may not be used again."""
        self._detail_of_reference.cache_clear()
        self._basis.cache_clear()

    def evidence(self, frames: Indices, candidates: Indices) -> tuple[Values, Values]:
        """Log-likelihoods (frames, choices) that a frame is the one at a position of the reference's clock, and that it
        is lacking there. `candidates` (frames, choices) are positions, -1 for none."""
        known = candidates >= 0
        present = known & (self._clock.index[candidates] >= 0)
        at, after = np.full(candidates.shape, np.nan), np.full(candidates.shape, np.nan)
        for row, frame in enumerate(frames):
            picture = detail(resampled(self._ours[frame], np.eye(3), self._area, self._shape), _RADIUS).ravel()
            at[row, present[row]] = self._levels(picture, candidates[row, present[row]], between=False)
            after[row, known[row]] = self._levels(picture, candidates[row, known[row]], between=True)
        after[present & self._repeated[self._clock.index[candidates]]] = np.nan
        return _weighed(at, after, present, self._weights[frames])

    def _levels(self, picture: Values, positions: Indices, between: bool) -> Values:
        """The log-likelihood of a picture at each position: every block of it has a noise of its own, so that dirt,
        subtitles and borders, which are in all candidates alike, make no difference."""
        if not len(positions):
            return np.empty(0)
        stacks, grams = zip(*(self._basis(int(position), between) for position in positions), strict=True)
        stacks, grams = np.stack(stacks), np.stack(grams)
        penalty = np.diag([1e-9, *2 * [_FLOOR / (_FINE_SAMPLES * _WEAVE**2)]])
        solved = np.linalg.solve(grams + penalty, (stacks @ picture)[..., np.newaxis])[..., 0]
        solved = np.where(solved[:, :1] > 0, solved, 0)
        errors = picture - np.einsum("ck,ckp->cp", solved, stacks)
        height, width = self._shape
        blocks = np.square(errors).reshape(-1, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).mean(axis=(2, 4))
        shares = blocks.reshape(len(positions), -1) * picture.size
        return -0.5 * _FINE_SAMPLES * np.mean(np.log(shares + _FLOOR), axis=1)

    def _make_detail(self, index: int) -> Values:
        return detail(resampled(self._theirs[index], self.framing, self._area, self._shape), _RADIUS)

    def _make_basis(self, position: int, between: bool) -> tuple[Values, Values]:
        """The picture at a position with its slopes, (3, pixels), which stand for small shifts, and their products.

        Between: a mixture of the frames before and after, which stands for one that the reference lacks.
        """
        before, after = self._clock.around(position)
        picture = self._detail_of_reference(before)
        if between:
            start, end = self._clock.positions[[before, after]]
            part = (position - start) / max(end - start, 1) or 0.5
            picture = (1 - part) * picture + part * self._detail_of_reference(after)
            picture = picture / max(float(np.linalg.norm(picture)), 1e-6)
        down, right = np.gradient(picture)
        stack = np.stack([picture, right, down]).reshape(3, -1)
        return stack, stack @ stack.T


def _weighed(at: Values, after: Values, present: Mask, weights: Values) -> tuple[Values, Values]:
    """Evidence and absence of the levels at positions and after them."""
    rows = np.arange(len(at))
    evidence = np.where(present, at, -np.inf)
    best = np.argmax(evidence, axis=1)
    top = evidence[rows, best]
    top = np.where(np.isfinite(top), top, np.median(top[np.isfinite(top)]) if np.isfinite(top).any() else 0.0)

    # Two frames mixed have less grain than one: as much better as the mixture usually is counts for nothing, nor does
    # more than what tells one frame from the next.
    last = np.maximum(np.count_nonzero(np.isfinite(after), axis=1) - 1, 0)
    behind, ahead = np.maximum(best - 1, 0), np.minimum(best + 1, last)
    gain = np.fmax(after[rows, best], after[rows, behind]) - top
    gain = np.maximum(_running_median(np.nan_to_num(gain)), 0.0)
    power = np.nan_to_num(top - np.fmax(at[rows, behind], at[rows, ahead]))
    power = _running_median(np.maximum(power, 0.0))
    mixed = np.minimum(after - gain[:, np.newaxis], (top + power)[:, np.newaxis]) - _MARGIN

    # Other content altogether: nothing comes near to what the best frames around reach.
    usual = _running_median(top)
    deficit = np.maximum(usual, 0.6 * np.median(usual)) - top
    spread = 1.4826 * np.median(np.abs(deficit - np.median(deficit))) + 5.0
    foreign = top + np.clip((deficit - 3 * spread - 15.0) * 0.3, -_MOST_FOR_OR_AGAINST, _MOST_FOR_OR_AGAINST)
    top = top[:, np.newaxis]
    evidence = np.where(present, top - (top - evidence) * weights[:, np.newaxis], -np.inf)
    return evidence, np.fmax(np.minimum(mixed, top + (mixed - top) * weights[:, np.newaxis]), foreign[:, np.newaxis])


def _grid(
    ours: Channels, theirs: Channels, framing: Matrix, length: int
) -> tuple[tuple[float, float, float, float], tuple[int, int]]:
    """The area that both elements show, and the size to compare it in, `length` pixels on the longer side."""
    area = shared_area(framing, ours.shape[1:], theirs.shape[1:])
    width, height = max(area[2] - area[0], 1.0), max(area[3] - area[1], 1.0)
    scale = length / max(width, height)
    return area, (max(1, round(height * scale)), max(1, round(width * scale)))


def _details(
    pictures: Channels, framing: Matrix, area: tuple[float, float, float, float], shape: tuple[int, int]
) -> Channels:
    found = np.empty((len(pictures), shape[0] * shape[1]), np.float32)
    for index, picture in enumerate(pictures):
        found[index] = detail(resampled(picture, framing, area, shape), _RADIUS).ravel()
    return found


def _running_median(values: Values) -> Values:
    padded = np.pad(values, _REACH, mode="reflect" if len(values) > _REACH else "edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * _REACH + 1), axis=1)
