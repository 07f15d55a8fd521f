"""The palette of an artwork, for a first draft of a painting: its colours at the tones of the source.

Both are described, at each tone (luma), by the mean and the covariance of their colours. The draft moves colours from
one to the other by the optimal transport between two such normal distributions (the linear Monge-Kantorovich map of
Pitié and Kokaram, IET CVMP, 2007, here one for each tone), while luma stays where it is. A map that is smooth in tone
and linear in colour leaves no bands; where a free transport (sliced, Pitié et al., 2007) was tried on film it gave
faces the colour of whatever the artwork has most of.

A black-and-white source gets one colour for each tone, that which the artwork has there on the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from filmrecovery.base.errors import ElementError
from filmrecovery.model.clean import clean
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.painting.oklab import oklab_to_rgb, rgb_to_oklab
from filmrecovery.picture.arrays import Channel, Picture, Values
from filmrecovery.picture.luma import chroma, luma, rgb_of
from filmrecovery.picture.merge import merge

_TONES = np.linspace(0, 1, 64)
# Standard deviation, in luma, of the window over which colours of neighbouring tones are taken together.
_TONE_WIDTH = 0.06
# A tone with less than this share of the pixels takes its colours mostly from the whole picture.
_FEW = 0.002
# In Oklab: spread of colour below this is noise, which must not be drawn out to the spread of a palette.
_NOISE = 0.01
# More contrast of colour than this looks burnt, and shows compression of the source.
_LARGEST_GAIN = 2.0


@dataclass(frozen=True)
class Colours:
    """What colours, a and b of Oklab, some pictures have at each of 64 tones: mean (64, 2), covariance (64, 2, 2)."""

    mean: Values
    covariance: Values


@dataclass(frozen=True)
class Palette:
    """The map of colours, a and b of Oklab, at each of 64 tones: out = matrix @ in + offset.

    `matrix` is (64, 2, 2), `offset` (64, 2); tones between are interpolated.
    """

    matrix: Values
    offset: Values


def colours_of(pictures: Iterable[Picture]) -> Colours:
    """The colours of pictures (..., 3), display-referred in 0..1, all together.

    Raises ElementError where there is no picture.
    """
    # For each tone its share, and the sums of a, b, aa, ab, bb.
    sums = np.zeros((len(_TONES), 6))
    for picture in pictures:
        a, b = (rgb_to_oklab(picture)[..., axis].ravel() for axis in (1, 2))
        place = np.clip(luma(picture.astype(np.float64)).ravel(), 0, 1) * (len(_TONES) - 1)
        below = np.minimum(place.astype(int), len(_TONES) - 2)
        above = place - below
        for column, values in enumerate((np.ones_like(a), a, b, a * a, a * b, b * b)):
            for tones, weight in ((below, 1 - above), (below + 1, above)):
                sums[:, column] += np.bincount(tones, weight * values, len(_TONES))
    if not sums[:, 0].any():
        raise ElementError("no picture to take colours from; give at least one frame")
    sums /= sums[:, 0].sum()
    width = _TONE_WIDTH * (len(_TONES) - 1)
    near = gaussian_filter1d(sums, width, axis=0, mode="constant", truncate=6) + _FEW * sums.sum(axis=0)
    moments = near / near[:, :1]
    mean = moments[:, 1:3]
    square = moments[:, [3, 4, 4, 5]].reshape(-1, 2, 2)
    return Colours(mean, square - mean[:, :, np.newaxis] * mean[:, np.newaxis, :])


def palette_between(source: Colours, artwork: Colours, strength: float = 1.0) -> Palette:
    """The palette that takes the source's colours to the artwork's, or `strength`, 0 to 1, of the way there."""
    own = source.covariance + _NOISE**2 * np.eye(2)
    root = _power(own, 0.5)
    inverse = _power(own, -0.5)
    matrix = inverse @ _power(root @ artwork.covariance @ root, 0.5) @ inverse
    gain, axes = np.linalg.eigh(matrix)
    matrix = (axes * np.minimum(gain, _LARGEST_GAIN)[:, np.newaxis, :]) @ np.swapaxes(axes, -1, -2)
    offset = artwork.mean - np.einsum("tij,tj->ti", matrix, source.mean)
    return Palette((1 - strength) * np.eye(2) + strength * matrix, strength * offset)


def apply_palette(palette: Palette, picture: Picture, degrain: float = 0.0) -> Picture:
    """The draft, (height, width, 3) float32 in 0..1, of a display-referred picture of that shape in 0..1.

    Its luma is the picture's. The palette is looked up for the picture without grain of that rms (see `model.clean`),
    so that grain does not become coloured. A colour that cannot be displayed at its luma loses saturation, and keeps
    luma and hue.
    """
    smooth = _degrained(picture, degrain) if degrain else picture
    tone = luma(smooth)
    lab = rgb_to_oklab(smooth)
    a, b = lab[..., 1], lab[..., 2]

    def at_tone(values: Values) -> Values:
        return np.interp(tone, _TONES, values)

    matrix, offset = palette.matrix, palette.offset
    moved = [
        at_tone(matrix[:, axis, 0]) * a + at_tone(matrix[:, axis, 1]) * b + at_tone(offset[:, axis]) for axis in (0, 1)
    ]
    coloured = oklab_to_rgb(np.stack([lab[..., 0], *moved], axis=-1))
    return _displayable(merge(picture, coloured, "color"), luma(picture))


def _degrained(picture: Picture, degrain: float) -> Picture:
    """The picture, in 0..1, without grain in luma and in chroma, each by itself: chroma is smooth where luma is not."""
    separate = np.concatenate([luma(picture)[..., np.newaxis], chroma(picture)], axis=-1)
    smooth = clean(CleanSettings(degrain=degrain), separate)
    return np.clip(rgb_of(smooth[..., 0], smooth[..., 1:]), 0.0, 1.0)


def _displayable(rgb: Picture, grey: Channel) -> Picture:
    """The picture with the chroma of each pixel reduced as far as 0..1 needs; `grey` is its luma."""
    grey = grey[..., np.newaxis]
    colour = rgb - grey
    room = np.where(colour > 0, 1 - grey, grey)
    share = np.min(room / np.maximum(np.abs(colour), 1e-6), axis=-1, keepdims=True)
    return np.clip(grey + colour * np.minimum(share, 1.0), 0.0, 1.0)


def _power(matrices: Values, exponent: float) -> Values:
    """A power of symmetric matrices (n, 2, 2) without negative eigenvalues."""
    values, axes = np.linalg.eigh(matrices)
    powers = np.maximum(values, 0 if exponent > 0 else 1e-12) ** exponent
    return (axes * powers[:, np.newaxis, :]) @ np.swapaxes(axes, -1, -2)
