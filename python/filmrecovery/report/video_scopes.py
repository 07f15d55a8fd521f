"""Waveform and vectorscope of a picture, as a video engineer knows them, for display-referred BT.709.

Both show how many pixels lie at a place by brightness, on a logarithmic scale, so that few pixels are seen beside many.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from filmrecovery.picture.arrays import Channel, Codes, Indices, Picture, Values
from filmrecovery.picture.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE, chroma

LOWEST, HIGHEST = -0.09, 1.09
"""Signal at the bottom and at the top of a waveform, about the range of 8-bit video codes; what lies beyond is drawn
there."""

FARTHEST = 0.5
"""Cb and Cr at the edges of a vectorscope: the whole range of BT.709."""

_ROWS = 354
_COLUMNS, _GAP = 176, 6
_SIDE = 400
# A place is brightest where it has so large a share of a waveform's column, or of a vectorscope's pixels; one pixel is
# seen.
_FULL_WAVEFORM, _FULL_VECTORSCOPE = 0.1, 0.002
_FAINTEST = 2e-3
_LEAST = 0.14
# Fewer levels of brightness than a display has make files of half the size, and cannot be told apart.
_LEVELS = 40
_TINTS = ((255, 96, 84), (92, 224, 120), (104, 150, 255))
_GROUND = (14, 14, 14)
_TRACE_LUMA = 0.62
_SKIN_ANGLE = np.radians(123.0)

Level = TypeVar("Level", float, Values)


@dataclass(frozen=True)
class Target:
    """A colour of the colour bars on a vectorscope; places are shares of width and height from the upper left."""

    name: str
    x: float
    y: float


def waveform_height(value: float) -> float:
    """The place of a signal in a waveform, as a share of its height from the top."""
    return (HIGHEST - min(max(value, LOWEST), HIGHEST)) / (HIGHEST - LOWEST)


def vectorscope_place(cb: Level, cr: Level) -> tuple[Level, Level]:
    """The place of a colour in a vectorscope, as shares of width and height from the upper left; or those of many.

    Cb goes to the right, Cr upwards.
    """
    return (cb + FARTHEST) / (2 * FARTHEST), (FARTHEST - cr) / (2 * FARTHEST)


def targets() -> tuple[Target, ...]:
    """The colours of 75 % colour bars (ITU-R BT.709 primaries; EBU Tech 3325)."""
    bars = {"R": (1, 0, 0), "Mg": (1, 0, 1), "B": (0, 0, 1), "Cy": (0, 1, 1), "G": (0, 1, 0), "Yl": (1, 1, 0)}
    places = {name: vectorscope_place(*chroma(0.75 * np.array(rgb, float))) for name, rgb in bars.items()}
    return tuple(Target(name, float(x), float(y)) for name, (x, y) in places.items())


def skin_line() -> tuple[tuple[float, float], tuple[float, float]]:
    """The line of skin tones, 123 degrees from Cb (the I axis of SMPTE ST 170): from the middle to the edge."""
    return vectorscope_place(0.0, 0.0), vectorscope_place(
        FARTHEST * float(np.cos(_SKIN_ANGLE)), FARTHEST * float(np.sin(_SKIN_ANGLE))
    )


def parade(picture: Picture) -> Codes:
    """The waveforms of red, green and blue side by side, (rows, columns, 3) uint8.

    Each goes through the picture, (height, width, 3) in 0..1, from left to right.
    """
    height, width = picture.shape[:2]
    columns = np.broadcast_to(np.arange(width) * _COLUMNS // width, (height, width))
    drawn = np.full((_ROWS, 3 * _COLUMNS + 2 * _GAP, 3), _GROUND, np.uint8)
    for channel, tint in enumerate(_TINTS):
        place = (HIGHEST - np.clip(picture[..., channel], LOWEST, HIGHEST)) / (HIGHEST - LOWEST)
        counts = _counts(np.minimum((place * _ROWS).astype(int), _ROWS - 1), columns, (_ROWS, _COLUMNS))
        # A narrow picture leaves columns without pixels; a wide one has more in some than in others.
        share = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
        if width < _COLUMNS:
            share = share[:, np.arange(_COLUMNS) * width // _COLUMNS * _COLUMNS // width]
        left = channel * (_COLUMNS + _GAP)
        drawn[:, left : left + _COLUMNS] = _lit(_brightness(share, _FULL_WAVEFORM), np.array(tint))
    return drawn


def vectorscope(picture: Picture) -> Codes:
    """How the colours of a picture, (height, width, 3) in 0..1, are spread over Cb and Cr, (side, side, 3) uint8.

    Every place has its own hue.
    """
    cb, cr = np.moveaxis(np.clip(chroma(picture), -FARTHEST, FARTHEST), -1, 0)
    across, down = vectorscope_place(cb, cr)
    rows, columns = (np.minimum((place * _SIDE).astype(int), _SIDE - 1) for place in (down, across))
    share = _counts(rows, columns, (_SIDE, _SIDE)) / cb.size
    return _lit(_brightness(share, _FULL_VECTORSCOPE), _hues())


def _counts(rows: Indices, columns: Indices, shape: tuple[int, int]) -> Channel:
    flat = np.bincount((rows * shape[1] + columns).ravel(), minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def _brightness(share: Channel, full: float) -> Channel:
    """0..1, in steps, by the logarithm of a share up to `full`; 0 where there is no pixel."""
    relative = np.clip(np.log1p(share / (full * _FAINTEST)) / np.log1p(1 / _FAINTEST), 0.0, 1.0)
    return np.where(share > 0, _LEAST + (1 - _LEAST) * np.round(relative * _LEVELS) / _LEVELS, 0.0)


def _lit(brightness: Channel, colours: Values) -> Codes:
    ground = np.array(_GROUND)
    return (ground + brightness[..., np.newaxis] * (colours - ground) + 0.5).astype(np.uint8)


def _hues() -> Picture:
    """The colour of each place of a vectorscope, of one luma, (side, side, 3) in 0..255."""
    axis = (np.arange(_SIDE) + 0.5) / _SIDE * 2 * FARTHEST - FARTHEST
    cb, cr = np.meshgrid(axis, -axis)
    red, blue = _TRACE_LUMA + RED_RANGE * cr, _TRACE_LUMA + BLUE_RANGE * cb
    green = (_TRACE_LUMA - LUMA_WEIGHTS[0] * red - LUMA_WEIGHTS[2] * blue) / LUMA_WEIGHTS[1]
    return np.clip(np.stack([red, green, blue], axis=-1), 0.15, 1.0) * 255
