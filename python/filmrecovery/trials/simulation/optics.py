"""What film optics do to a picture: loss of sharpness by the modulation transfer function, and gate weave."""

import functools

import numpy as np
from scipy import fft, ndimage

from filmrecovery.picture.arrays import Picture, Values

# A print has passed at least a camera, a printer and a scanner.
_GENERATIONS = 3


@functools.lru_cache(maxsize=4)
def film_mtf(height: int, width: int, frame_width: float, resolution: float) -> Values:
    """Modulation transfer, (height, width, 1) float32 in 0..1, for each frequency of the discrete cosine transform.

    `frame_width` is the width of the film frame in mm, which the picture's width stands for; `resolution` is the
    frequency in cycles/mm at which the modulation has fallen to a half. The spread of light in one emulsion is
    exponential, which gives 1 / (1 + (f / f1)^2) (Frieser, Photogr. Sci. Eng. 4, 1960, 324; Dainty and Shaw, Image
    Science, 1974, ch. 6-7), and the modulations of all generations multiply.
    """
    cycles_per_pixel = np.hypot(np.arange(height)[:, None] / (2 * height), np.arange(width)[None, :] / (2 * width))
    cycles_per_mm = cycles_per_pixel * width / frame_width
    one_generation = resolution / np.sqrt(2 ** (1 / _GENERATIONS) - 1)
    return ((1 + (cycles_per_mm / one_generation) ** 2) ** -_GENERATIONS).astype(np.float32)[..., None]


def soften(picture: Picture, mtf: Values) -> Picture:
    """The picture (height, width, channels) with the modulation transfer `mtf` of `film_mtf`.

    The cosine transform mirrors the picture at its borders, so that no border bleeds into the opposite one (Martucci,
    IEEE Trans. Signal Process. 42, 1994, 1038).
    """
    return fft.idctn(fft.dctn(picture, axes=(0, 1), norm="ortho") * mtf, axes=(0, 1), norm="ortho", overwrite_x=True)


def weave(picture: Picture, shift: tuple[float, float]) -> Picture:
    """The picture (height, width, channels) moved by `shift` (down, right) pixels; its border pixels are repeated."""
    return ndimage.shift(picture, (*shift, 0), order=3, mode="nearest")
