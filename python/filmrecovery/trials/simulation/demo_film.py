"""The demo film: a cup of coffee on a table, then the demo shot.

The photograph of the cup lies inside the scikit-image wheel too: Rachel Michetti's, of Pikolo Espresso Bar
(`skimage.data.coffee`, CC0).
"""

import functools
import math

import numpy as np
from skimage import data

from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.trials.simulation.demo_shot import demo_frame, resample

CUT = 21
"""The first frame of the second shot."""

_DARK = np.array([0.09, 0.07, 0.08], np.float32)


def film_frame(number: int, width: int = 960, height: int = 540) -> Picture:
    """Frame `number` of the demo film, (height, width, 3) float32 in 0..1, display-referred Rec.709.

    Every frame number gives a picture, as in the demo shot.
    """
    return demo_frame(number, width, height) if number >= CUT else _table_frame(number, width, height)


def _table_frame(number: int, width: int, height: int) -> Picture:
    """The camera comes nearer, and somebody passes by in front, out of focus."""
    phase = 2 * math.pi * number / 96
    zoom = width / 560 * (1.06 - 0.03 * math.cos(phase))
    centre = (300 + 18 * math.cos(phase), 205 - 12 * math.sin(phase))
    table = resample(_table(), width, height, centre, zoom)
    cover = _passer_by(number, width, height)[..., np.newaxis]
    return np.clip((1 - cover) * table + cover * _DARK, 0, 1)


def _passer_by(number: int, width: int, height: int) -> Values:
    """How far somebody covers the picture, (height, width) in 0..1: head and body, out of focus."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height)[:, np.newaxis] + 0.5) / height
    middle = (number + 14) / 44
    shapes = ((0.05, 0.24, 0.13), (0.14, 1.0, 0.66))
    inside = [((x - middle) / half) ** 2 + ((y - centre) / tall) ** 2 < 1 for half, centre, tall in shapes]
    return blurred(np.logical_or(*inside).astype(np.float32), width / 60)


@functools.lru_cache(maxsize=1)
def _table() -> Picture:
    return data.coffee().astype(np.float32) / 255
