"""Oklab, a perceptual colour space with lightness and two opponent axes (Ottosson, 2020).

Display-referred R'G'B' is read as sRGB (IEC 61966-2-1), as colour differences are (see `measures.ciede2000`); values of
a picture graded for gamma 2.4 survive the round trip as they are. Distances and directions of colour are nearly those
that the eye sees, so that moving colours keeps hues apart which chroma of Y'CbCr would mix.
"""

import numpy as np

from filmrecovery.picture.arrays import Picture

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES, _FROM_LAB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_LAB)


def rgb_to_oklab(rgb: Picture) -> Picture:
    """L, in 0..1, and a and b, within about 0.3 of 0, float64 (..., 3) of R'G'B' (..., 3) in 0..1."""
    coded = rgb.astype(np.float64)
    linear = np.where(coded <= 0.04045, coded / 12.92, ((np.maximum(coded, 0.04045) + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def oklab_to_rgb(lab: Picture) -> Picture:
    """R'G'B' (..., 3) float32 of Oklab; beyond 0..1 for colours that cannot be displayed."""
    linear = ((lab @ _FROM_LAB.T) ** 3) @ _FROM_CONES.T
    coded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
    return coded.astype(np.float32)
