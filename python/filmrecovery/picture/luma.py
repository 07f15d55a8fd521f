"""Luma and chroma of display-referred R'G'B' after ITU-R BT.709-6, item 3.

Y' = 0.2126 R' + 0.7152 G' + 0.0722 B', Cb = (B' - Y') / 1.8556, Cr = (R' - Y') / 1.5748: with R'G'B' in 0..1 luma is in
0..1 and chroma in -0.5..0.5. Values outside 0..1 are carried through.
"""

import numpy as np

from filmrecovery.picture.arrays import Channel, Picture, Values

LUMA_WEIGHTS = (0.2126, 0.7152, 0.0722)
BLUE_RANGE = 1.8556
RED_RANGE = 1.5748

# What is worked on in double precision at once stays in the cache, which makes it several times as fast.
_PIXELS_AT_ONCE = 2**15


def luma(rgb: Picture) -> Channel:
    """Luma (...,) of a picture (..., 3), of its type.

    Summed in double precision and in this order, as Gaffer's Saturation does: ground truth is the same in both, to the
    last bit, and so are the models that are trained on it.
    """
    if rgb.ndim < 3:
        return _luma_at_once(rgb).astype(rgb.dtype)
    values = np.empty(rgb.shape[:-1], rgb.dtype)
    rows = max(1, _PIXELS_AT_ONCE * len(values) // max(values.size, 1))
    for top in range(0, len(values), rows):
        values[top : top + rows] = _luma_at_once(rgb[top : top + rows])
    return values


def _luma_at_once(rgb: Picture) -> Channel:
    red, green, blue = (rgb[..., index].astype(np.float64) * weight for index, weight in enumerate(LUMA_WEIGHTS))
    return red + green + blue


def chroma(rgb: Picture) -> Values:
    """Chroma (..., 2), Cb then Cr, of a picture (..., 3)."""
    y = luma(rgb)
    cb_cr = np.empty((*y.shape, 2), y.dtype)
    for index, (place, width) in enumerate(((2, BLUE_RANGE), (0, RED_RANGE))):
        np.divide(rgb[..., place] - y, width, out=cb_cr[..., index])
    return cb_cr


def with_luma_of(picture: Picture, other: Picture) -> Picture:
    """A picture (..., 3) with its own chroma and the luma of another of that shape. Nothing is clamped.

    With chroma held, exchanging luma adds one number to R', G' and B' alike.
    """
    return picture + luma(other - picture)[..., np.newaxis]


def rgb_of(y: Channel, cb_cr: Values) -> Picture:
    """The picture (..., 3) of a luma (...,) and a chroma (..., 2), of the type of both."""
    red, green, blue = LUMA_WEIGHTS
    differences = [RED_RANGE * cb_cr[..., 1], BLUE_RANGE * cb_cr[..., 0]]
    middle = (red * differences[0] + blue * differences[1]) / -green
    return np.stack([y + differences[0], y + middle, y + differences[1]], axis=-1)
