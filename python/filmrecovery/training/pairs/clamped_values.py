"""How much of a picture lies outside 0..1, where training clamps it."""

import numpy as np

from filmrecovery.picture.arrays import Picture

_NEAR = 0.02
"""How far filters and lossy compression leave values outside 0..1."""
MOST_OUTSIDE = 0.1
"""Share of the values of a picture that may lie further outside without anybody having to look."""


def share_outside(picture: Picture) -> float:
    """The share of the values that clamping to 0..1 changes by more than filters do, 0 to 1."""
    return float(np.mean((picture < -_NEAR) | (picture > 1 + _NEAR)))


def outside_text(picture: Picture) -> str:
    """How many values lie outside, and how far, for a message."""
    return (
        f"{share_outside(picture):.2%} of its values lie outside 0..1, from {picture.min():.4g} to {picture.max():.4g}"
    )
