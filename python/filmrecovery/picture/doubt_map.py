"""A map of how far a picture is to be doubted: colours of a scale over the picture in grey."""

import math

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channel, Codes, Picture
from filmrecovery.picture.luma import luma

# Even to the eye, also where red and green look alike (viridis, Smith and van der Walt, SciPy 2015). Its middle is no
# grey, as the picture beneath it is.
_COLOURS = cv2.COLORMAP_VIRIDIS
# How much of the map is colour, and how light the white of the picture beneath it.
_COLOUR = 0.7
_WHITE = 0.9
SCALE_WIDTH, SCALE_HEIGHT = 480, 18
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def scale_end(worst: float) -> float:
    """A round number that is no smaller than the worst doubt."""
    power = 10.0 ** math.floor(math.log10(max(worst, 1e-4)))
    return next(step * power for step in _STEPS if step * power >= worst * (1 - 1e-6))


def doubt_map(picture: Picture, doubt: Channel, end: float) -> Picture:
    """The map of a doubt, (height, width), over the picture that is doubted: (height, width, 3) for the display.

    The scale runs from 0 to `end`.
    """
    grey = _WHITE * np.clip(luma(picture), 0.0, 1.0)
    return _COLOUR * _coloured(doubt / end) + (1.0 - _COLOUR) * grey[..., np.newaxis]


def scale_strip() -> Codes:
    """The scale from left to right, as the map shows it over a middle grey."""
    shares = np.tile(np.linspace(0.0, 1.0, SCALE_WIDTH, dtype=np.float32), (SCALE_HEIGHT, 1))
    strip = doubt_map(np.full((*shares.shape, 3), 0.5, np.float32), shares, 1.0)
    return np.rint(255.0 * strip).astype(np.uint8)


def _coloured(shares: Channel) -> Picture:
    codes = np.rint(255.0 * np.clip(shares, 0.0, 1.0)).astype(np.uint8)
    return cv2.applyColorMap(codes, _COLOURS)[..., ::-1].astype(np.float32) / 255.0
