"""From the light of a picture to density on film, and from the scan of film back to a picture.

Pictures are display-referred Rec.709 in 0..1 and shown with gamma 2.4 (ITU-R BT.1886). Density is the negative decimal
logarithm of transmittance.
"""

import numpy as np

from filmrecovery.picture.arrays import Picture

DISPLAY_GAMMA = 2.4

# Stray light in camera and printer, as a fraction of white: no scene is blacker than density 3. A scan takes as much
# out again, so that black comes out black.
_FLARE = 0.001

# Density of mid grey (reflectance 18 %), about which contrast turns.
_MID_GREY = 0.745

_MAXIMUM_DENSITY = 3.4


def scene_light(rgb: Picture) -> Picture:
    """Linear light, (height, width, 3) with white at 1, of a display-referred picture."""
    return rgb**DISPLAY_GAMMA


def scene_density(light: Picture) -> Picture:
    """Density that would give back the linear light exactly, (height, width, 3) from 0 for white to 3 for black."""
    return -np.log10((np.maximum(light, 0) + _FLARE) / (1 + _FLARE))


def characteristic_curve(density: Picture, contrast: float, toe: float) -> Picture:
    """Density on film for the density wanted: a straight line with toe and shoulder (Hurter and Driffield, 1890).

    The slope of the line is `contrast`, its pivot mid grey. Toe and shoulder, at density 0 and 3.4, are equally soft:
    at both the curve stands 0.7 times `toe` off the line, in density.
    """
    line = contrast * (density - _MID_GREY) + _MID_GREY
    return toe * (np.logaddexp(0, line / toe) - np.logaddexp(0, (line - _MAXIMUM_DENSITY) / toe))


def scan(density: Picture) -> Picture:
    """The picture in 0..1 that a scanner balanced to clear base makes of integral densities (R, G, B)."""
    light = 10 ** (-density) * (1 + _FLARE) - _FLARE
    return np.clip(light, 0, 1) ** (1 / DISPLAY_GAMMA)
