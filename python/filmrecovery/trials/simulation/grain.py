"""Film grain: fluctuations of density that differ from frame to frame and from layer to layer."""

import numpy as np
from scipy import fft

from filmrecovery.picture.arrays import Picture, Values

# Diameter in mm of the aperture through which granularity is stated (ANSI PH2.40, ISO 10505).
_APERTURE = 0.048

# The blue-sensitive layer is the fastest and coarsest; the eye sees least of it (Hunt, The Reproduction of Colour).
_LAYERS = np.array([1.0, 1.0, 1.5], dtype=np.float32)


def grain(
    height: int, width: int, frame_width: float, granularity: float, mtf: Values, random: np.random.Generator
) -> Picture:
    """Fluctuations of density, (height, width, 3) float32 with mean 0, of the red-, green- and blue-sensitive layers.

    `granularity` is the rms granularity as data sheets state it: 1000 times the standard deviation of density through a
    round aperture of 48 micrometres. Selwyn's law (Photogr. J. 75, 1935, 571), standard deviation times the root of the
    aperture's area is constant, carries it over to a pixel of a picture whose width stands for `frame_width` mm. The
    later generations soften the grain of the first like any other detail (`mtf`, see `optics.film_mtf`).
    """
    aperture = np.pi * (_APERTURE / 2) ** 2
    pixel = (frame_width / width) ** 2
    deviation = granularity / 1000 * np.sqrt(aperture / pixel)
    # White noise is as white after an orthonormal transform, so it is drawn in the frequency domain outright.
    spectrum = random.standard_normal((height, width, 3), dtype=np.float32) * (mtf * (deviation * _LAYERS))
    return fft.idctn(spectrum, axes=(0, 1), norm="ortho", overwrite_x=True)
