"""What a recovery is compared with, fitted to the same pairs: gains and gammas, a LUT, a filter of detail."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize_scalar

from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from filmrecovery.picture.arrays import Picture, Values
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


@dataclass(frozen=True)
class GainGamma:
    """A grade of each channel by itself: out = gain * in ** gamma. Gains and gammas are in the order R, G, B."""

    gain: tuple[float, ...]
    gamma: tuple[float, ...]

    def __call__(self, rgb: Picture) -> Picture:
        """The graded picture, (..., 3) float32; values below 0 are clamped first, as no power of them exists."""
        graded = np.asarray(self.gain) * np.maximum(rgb, 0.0) ** np.asarray(self.gamma)
        return graded.astype(np.float32)


def gain_gamma_fit(sources: Sequence[Picture], truths: Sequence[Picture]) -> GainGamma:
    """The grade that brings the source frames nearest to the truth, by least squares in each channel.

    This is what a colourist's gain and gamma can do against fading. Frames are (height, width, 3) in display-referred
    0..1, in pairs of equal size. For a given gamma the best gain is a closed form, so that only gamma, within 1/16..16,
    is searched for (variable projection; Golub and Pereyra, 1973).
    """
    gains, gammas = [], []
    for channel in range(3):
        source, truth = (_samples(frames, channel) for frames in (sources, truths))
        # The bounded search ends within 1e-5 of the minimum of log gamma.
        found = minimize_scalar(
            lambda log_gamma, x=source, y=truth: np.sum(np.square(_best_gain(x, y, log_gamma)[1] - y)),
            bounds=(-np.log(16.0), np.log(16.0)),
            method="bounded",
        )
        gains.append(_best_gain(source, truth, found.x)[0])
        gammas.append(float(np.exp(found.x)))
    return GainGamma(tuple(gains), tuple(gammas))


def _best_gain(source: Values, truth: Values, log_gamma: float) -> tuple[float, Values]:
    curve = source ** np.exp(log_gamma)
    # An all-black channel has no best gain; any will do.
    gain = float(curve @ truth / max(curve @ curve, 1e-12))
    return gain, gain * curve


def _samples(frames: Sequence[Picture], channel: int) -> Values:
    values = np.concatenate([frame[..., channel].ravel() for frame in frames]).astype(np.float64)
    # Two parameters need no more than some hundred thousand evenly spread pixels.
    return np.maximum(values[:: max(1, values.size // 2**18)], 0.0)
