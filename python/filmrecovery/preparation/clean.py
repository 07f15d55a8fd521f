"""Cleaning of the training input in chroma recovery: what is learnt is colour, which grain and dirt only hide.

The recovery itself is made from the picture as it is, or put onto its luma: nothing of a cleaned picture is delivered.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from filmrecovery.errors import SettingsError
from filmrecovery.ground_truth import median_filter
from filmrecovery.settings import setting

_DEGRAIN_WIDTH = 7


@dataclass(frozen=True)
class CleanSettings:
    """How the training input is cleaned, chroma mode only."""

    median: int = setting(0, "width of the median in pixels, against dust and scratches (0: none)", minimum=0)
    degrain: float = setting(
        0.0, "rms of the grain to take out, as a share of white, such as 0.03 (0: none)", minimum=0, maximum=0.5
    )


def clean(settings: CleanSettings, picture: np.ndarray, mode: str) -> np.ndarray:
    """The picture, (height, width, 3) float32 display-referred, with a median, then without grain; edges stay.

    Grain is taken out of each channel by its local statistics (Lee, IEEE Trans. Pattern Anal. Mach. Intell. 2(2),
    1980), averaged over all windows that hold a pixel, as a guided filter does (He, Sun and Tang, ibid. 35(6), 2013):
    where the picture varies no more than the grain it is averaged, where it varies more it stays.

    Raises SettingsError for cleaning in any mode but chroma, where grain and detail are part of what is learnt.
    """
    check_clean(settings, mode)
    cleaned = median_filter(picture, settings.median)
    return _degrained(cleaned, settings.degrain) if settings.degrain else cleaned


def check_clean(settings: CleanSettings, mode: str) -> None:
    """Raises SettingsError for cleaning in any mode but chroma."""
    if settings != CleanSettings() and mode != "chroma":
        raise SettingsError(
            f"cleaning of the source in {mode} mode: the network has to learn from the grain and the detail that it "
            "will find in the shot. Leave median and degrain out"
        )


def _degrained(picture: np.ndarray, grain: float) -> np.ndarray:
    window = (_DEGRAIN_WIDTH, _DEGRAIN_WIDTH, 1)

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, window, mode="nearest")

    # Running sums of float32 lose digits along a line.
    values = picture.astype(np.float64)
    average = mean(values)
    variance = np.maximum(mean(np.square(values)) - np.square(average), 0)
    kept = np.maximum(variance - grain**2, 0) / np.maximum(variance, 1e-12)
    degrained = mean(kept) * values + mean((1 - kept) * average)
    return degrained.astype(np.float32)
