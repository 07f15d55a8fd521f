"""Steadiness: how evenly over time what was recovered of a shot lies beside its ground truth.

The error is what the mean colours of the fields of a frame (see `mean_fields`) have beyond those of the truth. An error
that stays is one of colour, and is measured elsewhere. Here it is parted into what jumps from frame to frame and back,
the flicker, and what changes slowly, the drift. What the truth itself does from frame to frame counts as neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Values
from filmrecovery.validation.flicker import Fields

FEWEST_FRAMES = 3


@dataclass(frozen=True)
class Steadiness:
    """How steady the error is over a shot: root mean squares over fields and frames.

    The squares of Y', Cb and Cr are added. The unit is a share of white and of the chroma range: 0.01 is 1 % of either.
    """

    flicker: float
    """How far a frame's error is off the mean of its two neighbours' errors, over the frames that have two.

    Errors that are independent from frame to frame, of a standard deviation of 1, have the square root of 1.5.
    """
    drift: float
    """How far the slow part of a frame's error is off the mean error of the shot, over all frames."""
    flickering: int
    """The frame that flickers most."""
    drifting: int
    """The frame whose slow part is furthest off the mean."""


def steadiness(recovered: Mapping[int, Fields], truth: Mapping[int, Fields]) -> Steadiness:
    """How steady the error of a shot is; both have the mean fields of the same frames, three at least, by number.

    Where neighbours lie unevenly far away they count by their nearness, so that an even change is never a flicker. The
    slow part is the error less half of what a frame flickers, which takes away an error that goes up and down from
    frame to frame, and leaves one that changes evenly. The frames at the ends, which have one neighbour, are taken to
    flicker against it.
    """
    frames = sorted(recovered)
    assert len(frames) >= FEWEST_FRAMES, "fewer frames have no middle"
    errors = np.stack([recovered[frame] - truth[frame] for frame in frames])
    jumps = errors[1:-1] - _between(np.array(frames, np.float64), errors)
    slow = errors - np.concatenate([-jumps[:1], jumps, -jumps[-1:]]) / 2
    flickers, drifts = _sizes(jumps), _sizes(slow - slow.mean(axis=0))
    return Steadiness(
        flicker=_rms(flickers),
        drift=_rms(drifts),
        flickering=frames[1 + int(np.argmax(flickers))],
        drifting=frames[int(np.argmax(drifts))],
    )


def _between(frames: Values, errors: Values) -> Values:
    """What lies between the neighbours of each inner frame, at its place: (frames - 2, rows, columns, 3)."""
    nearness = (frames[1:-1] - frames[:-2]) / (frames[2:] - frames[:-2])
    weights = nearness[:, np.newaxis, np.newaxis, np.newaxis]
    return (1.0 - weights) * errors[:-2] + weights * errors[2:]


def _sizes(parts: Values) -> Values:
    """The root mean square of each frame's fields."""
    return np.sqrt(np.square(parts).sum(axis=-1).mean(axis=(1, 2)))


def _rms(sizes: Values) -> float:
    return float(np.sqrt(np.mean(np.square(sizes))))
