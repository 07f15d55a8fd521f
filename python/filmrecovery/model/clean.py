"""Cleaning of the input of chroma recovery: what is learnt is colour, which grain and dirt only hide.

The network alone sees the cleaned picture; what it recovers is put onto the luma of the picture as it is, so that
nothing of a cleaned picture's luma is delivered. Imports numpy and the standard library alone, so that Gaffer's own
interpreter can apply it, live.
"""

from collections.abc import Callable

import numpy as np

from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.median import median_filter

_DEGRAIN_WIDTH = 7
_BORDER = _DEGRAIN_WIDTH // 2
_STRIP_ROWS = 32
"""So few rows stay in cache from one step to the next, and the memory is bounded."""


def clean(settings: CleanSettings, picture: Picture, check: Callable[[], None] = lambda: None) -> Picture:
    """The picture, (height, width, 3) float32 display-referred, with a median, then without grain; edges stay.

    Grain is taken out of each channel by its local statistics (Lee, IEEE Trans. Pattern Anal. Mach. Intell. 2(2),
    1980), averaged over all windows that hold a pixel, as a guided filter does (He, Sun and Tang, ibid. 35(6), 2013):
    where the picture varies no more than the grain it is averaged, where it varies more it stays.

    The same picture comes out on every machine: sums are in double precision and of a fixed order. `check` is called
    every few rows; what it raises ends the work.
    """
    cleaned = median_filter(picture, settings.median, check)
    return _degrained(cleaned, settings.degrain, check) if settings.degrain else cleaned


def _degrained(picture: Picture, grain: float, check: Callable[[], None]) -> Picture:
    degrained = np.empty(picture.shape, np.float32)
    # A pixel depends on windows that lie within windows.
    margin = 2 * _BORDER
    for top in range(0, picture.shape[0], _STRIP_ROWS):
        check()
        first = max(top - margin, 0)
        strip = _strip_degrained(picture[first : top + _STRIP_ROWS + margin].astype(np.float64), grain)
        degrained[top : top + _STRIP_ROWS] = strip[top - first :][:_STRIP_ROWS]
    return degrained


def _strip_degrained(values: Picture, grain: float) -> Picture:
    average = _mean(values)
    variance = np.maximum(_mean(np.square(values)) - np.square(average), 0)
    kept = np.maximum(variance - grain**2, 0) / np.maximum(variance, 1e-12)
    return _mean(kept) * values + _mean((1 - kept) * average)


def _mean(values: Picture) -> Picture:
    """The mean of each channel of (height, width, channels) over the window about each pixel, borders repeated."""
    height, width = values.shape[:2]
    padded = np.pad(values, ((_BORDER, _BORDER), (_BORDER, _BORDER), (0, 0)), mode="edge")
    columns = padded[:height].copy()
    for shift in range(1, _DEGRAIN_WIDTH):
        columns += padded[shift : shift + height]
    total = columns[:, :width].copy()
    for shift in range(1, _DEGRAIN_WIDTH):
        total += columns[:, shift : shift + width]
    total /= _DEGRAIN_WIDTH**2
    return total
