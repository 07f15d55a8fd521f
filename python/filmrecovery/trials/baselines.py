"""What a recovery is compared with: the best LUT, and for detail the best linear filter, of the same pairs."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import luma
from filmrecovery.training.pairs.load_pairs import Pair

_SIDE = 15
"""Pixels along the side of the kernel: more than what lens and film spread a point over."""
_MOST_PLACES = 30_000
"""The most places of a picture that are used; more tell nothing new."""

Baseline = Callable[[Picture], Picture]
"""Takes and gives a picture (height, width, 3) float32, display-referred."""


def fitted_lut(folders: Iterable[Path], path: Path) -> Baseline:
    """The LUT that the match grade fits to folders of pairs, which is written to `path`."""
    match_grade(MatchGradeSettings(), folders, path)
    return load_lut(path)


def fitted_filter(lut: Baseline, pairs: Iterable[Pair]) -> Baseline:
    """A LUT, and after it the filter of 15x15 pixels of luma that brings the pairs nearest to their targets.

    The least squares of Wiener's filter (Extrapolation, Interpolation, and Smoothing of Stationary Time Series, 1949).
    """
    count = _SIDE**2
    products, wanted = np.zeros((count, count)), np.zeros(count)
    for pair in pairs:
        padded = np.pad(luma(lut(pair.input)), _SIDE // 2, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (_SIDE, _SIDE))
        chosen = np.linspace(0, pair.target[..., 0].size - 1, min(pair.target[..., 0].size, _MOST_PLACES)).astype(int)
        rows, columns = np.unravel_index(chosen, windows.shape[:2])
        seen = windows[rows, columns].reshape(-1, count).astype(np.float64)
        products += seen.T @ seen
        wanted += seen.T @ luma(pair.target)[rows, columns]
    kernel = np.linalg.lstsq(products, wanted, rcond=1e-10)[0].reshape(_SIDE, _SIDE)

    def filtered(source: Picture) -> Picture:
        graded = lut(source)
        before = luma(graded)
        after = cv2.filter2D(before, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        return graded + (after - before)[..., np.newaxis]

    return filtered
