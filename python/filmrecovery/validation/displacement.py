"""Displacement: contours that lie beside those of the source, as a training on misaligned pairs leaves them."""

from dataclasses import dataclass

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channel, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.resize import area_averaged

_LENGTH = 1200
_SOFTNESS, _AROUND = 2.0, 12.0
_FARTHEST = 12
# The correlation by which another place must be better to be believed.
_BETTER = 0.02
# Slopes a pixel of less than this are no contours, as in black-and-white film, which has no colour to be displaced.
_LEAST_SLOPE = 1e-4


@dataclass(frozen=True)
class Contours:
    """Where a picture is steep, (rows, columns), with a mean of 0; each row and column stands for `step` pixels."""

    strength: Channel
    step: int


def luma_contours(luma: Channel) -> Contours | None:
    """The contours of luma (height, width) in 0..1; None where it has none.

    Steepness is that of the picture softened by 2 pixels, evened out over 12. Of pictures of more than 1200 pixels
    every second one is looked at.
    """
    return _contours([luma])


def chroma_contours(chroma: Values) -> Contours | None:
    """The contours of chroma (height, width, 2), in the way of `luma_contours`."""
    return _contours([chroma[..., 0], chroma[..., 1]])


def displacement(contours: Contours, source: Contours) -> float:
    """How many pixels contours lie off those of the source: the shift of the highest correlation, up to 12 each way.

    0 where no other place is clearly better.
    """
    height, width = (cv2.getOptimalDFTSize(size + _FARTHEST) for size in source.strength.shape)
    both = (source.strength, contours.strength)
    spectra = [np.fft.rfft2(strength, (height, width)) for strength in both]
    correlation = np.fft.irfft2(np.conj(spectra[0]) * spectra[1], (height, width))
    near = np.arange(-_FARTHEST, _FARTHEST + 1)
    alike = correlation[np.ix_(near, near)] / np.prod([np.linalg.norm(strength) for strength in both])
    down, right = np.unravel_index(np.argmax(alike), alike.shape)
    if alike[down, right] < alike[_FARTHEST, _FARTHEST] + _BETTER:
        return 0.0
    return float(source.step * np.hypot(near[down], near[right]))


def _contours(planes: list[Channel]) -> Contours | None:
    height, width = planes[0].shape
    step = 1 if max(height, width) <= _LENGTH else 2
    power = np.zeros((height // step, width // step), np.float32)
    for plane in planes:
        reduced = area_averaged(plane.astype(np.float32), width // step, height // step)
        soft = blurred(reduced, _SOFTNESS)
        for axis in ((1, 0), (0, 1)):
            power += np.square(cv2.Scharr(soft, cv2.CV_32F, *axis, scale=1 / 32))
    slope = np.sqrt(power)
    mean = float(slope.mean())
    if mean < _LEAST_SLOPE:
        return None
    even = slope / (blurred(slope, _AROUND) + 0.3 * mean)
    return Contours(even - even.mean(), step)
