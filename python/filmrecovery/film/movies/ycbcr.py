"""Codes of a movie to R'G'B' of full precision and back: range, matrix, and colour with fewer samples than luma.

Follows ITU-R BT.601-7, BT.709-6 and BT.2020-2 (non-constant luminance) for matrices and ranges, and ISO/IEC 13818-2
(H.262), 6.1.1, for where the samples of colour lie in frames and in fields.
"""

from collections.abc import Sequence

import numpy as np

from filmrecovery.film.movies.pixel_layout import GREY, RGB, Component, PixelLayout
from filmrecovery.film.movies.unpack_settings import (
    BOTTOM,
    BOTTOM_CENTER,
    BOTTOM_LEFT,
    CENTER,
    LEFT,
    LIMITED,
    TOP,
    TOP_CENTER,
    TOP_LEFT,
)
from filmrecovery.picture.arrays import Channel, Picture

_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
"""The weights of R' and B' in luma; that of G' is what they leave of 1."""
_FIRST, _MIDDLE, _LAST = 0.0, 0.5, 1.0
_SITINGS = {
    LEFT: (_FIRST, _MIDDLE),
    CENTER: (_MIDDLE, _MIDDLE),
    TOP_LEFT: (_FIRST, _FIRST),
    TOP_CENTER: (_MIDDLE, _FIRST),
    BOTTOM_LEFT: (_FIRST, _LAST),
    BOTTOM_CENTER: (_MIDDLE, _LAST),
}
"""Where a sample of colour lies, across and down, between the first and the last of the pixels that it is of."""


def rgb_of(
    components: Sequence[Component],
    layout: PixelLayout,
    matrix: str,
    value_range: str,
    siting: str,
    field: str | None = None,
) -> Picture:
    """R'G'B' of a picture or, where `field` says which it is, of a field alone; float32 (height, width, 3).

    Black is 0 and white is 1. Values outside, which limited range has room for and which Y'CbCr can name, are kept.
    RGB of full range comes out as code / highest code.
    """
    (lowest, span), (middle, chroma_span) = _code_ranges(layout, value_range)
    if layout.model == RGB:
        return np.stack([_scaled(part, lowest, span) for part in components[:3]], axis=-1)
    luma = _scaled(components[0], lowest, span)
    if layout.model == GREY:
        return np.repeat(luma[..., np.newaxis], 3, axis=-1)
    blue, red = (
        _upsampled(_scaled(part, middle, chroma_span), layout, siting, luma.shape, field) for part in components[1:3]
    )
    return _from_ycbcr(luma, blue, red, matrix)


def alpha_of(components: Sequence[Component], layout: PixelLayout) -> Channel:
    """The alpha of a picture, which is always of full range."""
    return _scaled(components[-1], 0.0, _highest(layout))


def codes_of(rgb: Picture, layout: PixelLayout, matrix: str, value_range: str) -> list[Component]:
    """The codes of R'G'B' in 0..1, (height, width, 3): R, G, B, or Y, Cb, Cr by a matrix such as "bt709".

    Samples of colour that are halved across lie at the left of two pixels. Values outside are cut. Layouts of less
    colour than 4:2:2, and of floating point, are not written.
    """
    (black, span), (middle, chroma_span) = _code_ranges(layout, value_range)
    if layout.model == RGB:
        return [_rounded(rgb[..., channel], black, span, layout) for channel in range(3)]
    of_red, of_blue = _WEIGHTS[matrix]
    wide = np.asarray(rgb, np.float64)
    luma = of_red * wide[..., 0] + (1 - of_red - of_blue) * wide[..., 1] + of_blue * wide[..., 2]
    blue, red = (wide[..., 2] - luma) / (2 * (1 - of_blue)), (wide[..., 0] - luma) / (2 * (1 - of_red))
    if layout.across == 2:
        blue, red = _halved(blue), _halved(red)
    chroma = [_rounded(part, middle, chroma_span, layout) for part in (blue, red)]
    return [_rounded(luma, black, span, layout), *chroma]


def _from_ycbcr(luma: Channel, blue: Channel, red: Channel, matrix: str) -> Picture:
    of_red, of_blue = _WEIGHTS[matrix]
    rgb = np.empty((*luma.shape, 3), np.float32)
    rgb[..., 0] = luma + np.float32(2 * (1 - of_red)) * red
    rgb[..., 2] = luma + np.float32(2 * (1 - of_blue)) * blue
    of_green = 1 - of_red - of_blue
    rgb[..., 1] = luma - np.float32(2 * of_red * (1 - of_red) / of_green) * red
    rgb[..., 1] -= np.float32(2 * of_blue * (1 - of_blue) / of_green) * blue
    return rgb


def _code_ranges(layout: PixelLayout, value_range: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of luma, R, G, B or grey the code of black, and codes from there to white; of Cb and Cr the code of no colour,
    and codes from the lowest to the highest. Of floating-point layouts black is 0 and white is 1.
    """
    middle = 2.0 ** (layout.bits - 1)
    if value_range == LIMITED and layout.bits:
        scale = 2.0 ** (layout.bits - 8)
        return (16 * scale, 219 * scale), (middle, 224 * scale)
    return (0.0, _highest(layout)), (middle, _highest(layout))


def _highest(layout: PixelLayout) -> float:
    return 2.0**layout.bits - 1 if layout.bits else 1.0


def _scaled(codes: Component, zero: float, span: float) -> Channel:
    # Divided with twice the digits: a code of 16 bits has to come out as the one float32 that stands for it.
    return ((codes.astype(np.float64) - zero) / span).astype(np.float32)


def _upsampled(
    samples: Channel, layout: PixelLayout, siting: str, shape: tuple[int, ...], field: str | None
) -> Channel:
    """Samples of colour, one for each pixel of luma, linear between those that there are."""
    across, down = _SITINGS[siting or LEFT]
    if field and down == _MIDDLE:
        # The samples of both fields are those of the frame: a quarter of them off its own middle, up and down.
        down += {TOP: -0.25, BOTTOM: 0.25}[field]
    wide = _along(samples, 1, layout.across, across * (layout.across - 1), shape[1])
    return _along(wide, 0, layout.down, down * (layout.down - 1), shape[0])


def _along(samples: Channel, axis: int, factor: int, first: float, length: int) -> Channel:
    """Samples that lie at `first`, `first` + `factor` and so on, at 0, 1 and so on; beyond the ends as at the ends."""
    if factor == 1:
        return samples
    count = samples.shape[axis]
    place = np.clip((np.arange(length) - first) / factor, 0, count - 1)
    before = np.minimum(place.astype(np.intp), max(count - 2, 0))
    after = np.minimum(before + 1, count - 1)
    share = (place - before).astype(np.float32)
    share = share[:, np.newaxis] if axis == 0 else share
    return np.take(samples, before, axis) * (1 - share) + np.take(samples, after, axis) * share


def _halved(channel: Channel) -> Channel:
    """Every second sample, of itself and of those beside it."""
    padded = np.pad(channel, ((0, 0), (1, 1)), mode="edge")
    return (padded[:, :-2] / 4 + padded[:, 1:-1] / 2 + padded[:, 2:] / 4)[:, 0::2]


def _rounded(values: Channel, zero: float, span: float, layout: PixelLayout) -> Component:
    codes = np.rint(zero + span * np.asarray(values, np.float64))
    return np.clip(codes, 0, 2**layout.bits - 1).astype("<u2" if layout.bits > 8 else "u1")
