"""Pixels at the ends of the display's range and beyond them."""

import numpy as np

from filmrecovery.picture.arrays import Mask, Picture

# An 8-bit code: near black, half float and a linear space of files are off by as much.
_TOLERANCE = 1 / 255


def clipped_share(picture: Picture) -> float:
    """Share of the pixels of a picture (height, width, 3) that have a channel at 0 or 1, or beyond."""
    return _share((picture <= _TOLERANCE) | (picture >= 1.0 - _TOLERANCE))


def out_of_range_share(picture: Picture) -> float:
    """Share of the pixels of a picture (height, width, 3) that have a channel below 0 or above 1."""
    return _share((picture < -_TOLERANCE) | (picture > 1.0 + _TOLERANCE))


def _share(channels: Mask) -> float:
    # Much faster than `any` along so short an axis.
    return float(np.mean(channels[..., 0] | channels[..., 1] | channels[..., 2]))
