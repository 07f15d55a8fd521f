"""The demo film: a cup of coffee on a table, then the demo shot.

The second photograph lies inside the scikit-image wheel too: Rachel Michetti's cup of coffee at Pikolo Espresso Bar
(`skimage.data.coffee`, CC0).
"""

import functools
import math

import numpy as np
from skimage import data

from filmrecovery.picture.arrays import Picture
from filmrecovery.trials.simulation.demo_shot import demo_frame, resample

CUT = 21
"""The first frame of the second shot."""


def film_frame(number: int, width: int = 960, height: int = 540) -> Picture:
    """Frame `number` of the demo film, (height, width, 3) float32 in 0..1, display-referred Rec.709.

    Every frame number gives a picture, as in the demo shot.
    """
    return demo_frame(number, width, height) if number >= CUT else _table_frame(number, width, height)


def _table_frame(number: int, width: int, height: int) -> Picture:
    """The camera moves over the table and comes nearer, fast enough in the first frames to tell them apart."""
    phase = 2 * math.pi * (number - 8) / 96
    zoom = width / 560 * (1.1 + 0.04 * math.sin(phase))
    centre = (300 + 36 * math.sin(phase), 205 - 16 * math.sin(phase))
    return np.clip(resample(_table(), width, height, centre, zoom), 0, 1)


@functools.lru_cache(maxsize=1)
def _table() -> Picture:
    return data.coffee().astype(np.float32) / 255
