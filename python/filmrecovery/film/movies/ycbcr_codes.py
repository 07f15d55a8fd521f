"""R'G'B' as codes of a movie: the other way round of `ycbcr`, by the same standards."""

import numpy as np

from filmrecovery.film.movies.pixel_layout import RGB, Component, PixelLayout
from filmrecovery.film.movies.ycbcr import code_ranges, matrix_weights
from filmrecovery.picture.arrays import Channel, Picture


def codes_of(rgb: Picture, layout: PixelLayout, matrix: str, value_range: str) -> list[Component]:
    """The codes of R'G'B' in 0..1, (height, width, 3): R, G, B, or Y, Cb, Cr by a matrix such as "bt709".

    Samples of colour that are halved across lie at the left of two pixels. Values outside are cut. Layouts of less
    colour than 4:2:2, and of floating point, are not written.
    """
    (black, span), (middle, chroma_span) = code_ranges(layout, value_range)
    if layout.model == RGB:
        return [_rounded(rgb[..., channel], black, span, layout) for channel in range(3)]
    of_red, of_blue = matrix_weights(matrix)
    wide = np.asarray(rgb, np.float64)
    luma = of_red * wide[..., 0] + (1 - of_red - of_blue) * wide[..., 1] + of_blue * wide[..., 2]
    blue, red = (wide[..., 2] - luma) / (2 * (1 - of_blue)), (wide[..., 0] - luma) / (2 * (1 - of_red))
    if layout.across == 2:
        blue, red = _halved(blue), _halved(red)
    chroma = [_rounded(part, middle, chroma_span, layout) for part in (blue, red)]
    return [_rounded(luma, black, span, layout), *chroma]


def _halved(channel: Channel) -> Channel:
    """Every second sample, of itself and of those beside it."""
    padded = np.pad(channel, ((0, 0), (1, 1)), mode="edge")
    return (padded[:, :-2] / 4 + padded[:, 1:-1] / 2 + padded[:, 2:] / 4)[:, 0::2]


def _rounded(values: Channel, zero: float, span: float, layout: PixelLayout) -> Component:
    codes = np.rint(zero + span * np.asarray(values, np.float64))
    return np.clip(codes, 0, 2**layout.bits - 1).astype("<u2" if layout.bits > 8 else "u1")
