"""Coverage: colours of a frame that no frame of the training had.

What a network makes of a colour that it was never shown, or never in such surroundings, is a guess.
"""

from collections.abc import Iterable

import numpy as np

from filmrecovery.picture.arrays import Indices, Picture
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.resize import area_averaged

# Cells of the picture's longer side: of the grain of a 2K frame they average more than a hundred pixels.
_LENGTH = 160
# Steps of luma, of Cb and Cr, in which faded film differs less, and of the luma around.
_STEPS = (1 / 24, 1 / 64, 1 / 64, 1 / 6)
_COUNTS = tuple(round(1 / step) for step in _STEPS)
# Standard deviation of what counts as around, as a part of the longer side.
_REACH = 1 / 12


class Coverage:
    """The colours of training inputs, each with the luma around it, in coarse steps."""

    def __init__(self, inputs: Iterable[Picture]) -> None:
        """`inputs` are pictures (height, width, 3) in display-referred 0..1."""
        self._seen = np.zeros(_COUNTS, bool)
        for picture in inputs:
            self._seen[_bins(picture)] = True
        # The next step is near enough: a network goes on between what it was shown, and a little beyond.
        for axis in range(self._seen.ndim):
            seen, grown = np.moveaxis(self._seen.copy(), axis, 0), np.moveaxis(self._seen, axis, 0)
            grown[1:] |= seen[:-1]
            grown[:-1] |= seen[1:]

    def uncovered(self, picture: Picture) -> float:
        """Share, 0..1, of a picture (height, width, 3) whose colours no training input has in such surroundings.

        Colours are compared in steps of 1/24 of luma, 1/64 of Cb and Cr, and 1/6 of the luma around; the next step
        counts as seen.
        """
        return float(1.0 - np.mean(self._seen[_bins(picture)]))


def _bins(picture: Picture) -> tuple[Indices, ...]:
    height, width = picture.shape[:2]
    scale = min(_LENGTH / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    cells = np.clip(area_averaged(picture.astype(np.float32), *size), 0.0, 1.0)
    y = luma(cells)
    around = blurred(y, _REACH * max(size))
    values = (y, *np.moveaxis(chroma(cells) + 0.5, -1, 0), around)
    return tuple(
        np.clip(value / step, 0, count - 1).astype(int).ravel()
        for value, step, count in zip(values, _STEPS, _COUNTS, strict=True)
    )
