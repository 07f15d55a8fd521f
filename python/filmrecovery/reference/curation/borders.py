"""Which part of an element's frame is picture, and what the rest is: borders, perforations, sound track, corners.

All of it is found in the luma of a few frames by one fact: the picture's gate leaves a black line between the picture
and whatever else was scanned, straight over the whole side and at the same place, up to weave, in every frame.
"""

import enum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from filmrecovery.picture.arrays import Channels, Codes, Indices, Mask, Values

Kind = TypeVar("Kind", bound=np.generic)
"""The kind of values in an array."""


class Border(enum.IntFlag):
    """What a pixel is, if it is not picture."""

    BLACK = 1
    PERFORATIONS = 2
    SOUND_TRACK = 4
    NEIGHBOUR = 8
    CORNER = 16


NAMES = {
    Border.BLACK: "black border",
    Border.PERFORATIONS: "perforations",
    Border.SOUND_TRACK: "sound track",
    Border.NEIGHBOUR: "neighbouring frame",
    Border.CORNER: "rounded corner",
}

# No border is looked for farther inside, in shares of the side's length.
_DEEPEST = 0.4
_DEEPEST_CORNER = 0.15
_FEWEST_CORNERS = 3
# Pixels that soft edges and weave take.
_CORNER_MARGIN = 2
# A soft edge and weave take so much more, at most.
_SOFTEST = 0.03
_STEEPEST = 0.02
_SLOPES = 17
# Shares of the side's length that are black in the gutter at least, and beside it in the picture at most.
_GUTTER = 0.95
_PICTURE = 0.75
# How much lighter than the blackest a pixel still is black, as a share of the picture's range and at least.
_BLACK_SHARE, _BLACK_LEAST = 0.12, 0.035
_RISEN = 0.85
_LEAST_CONTRAST = 0.04


def find_borders(pictures: Channels) -> Codes:
    """What is not picture in an element's frame: (height, width) uint8 of `Border` flags, 0 where it is picture.

    `pictures` are luma (frames, height, width) of a dozen frames or more, display-referred, spread over the element:
    only what is black in nearly all of them is taken for a border. The lines that weave and a soft edge take are
    counted with the border.
    """
    smooth = ndimage.gaussian_filter(pictures.astype(np.float32), (0, 0.7, 0.7))
    lightest = np.quantile(smooth, 0.9, axis=0)
    blackest, white = np.quantile(lightest, (0.002, 0.95))
    black = lightest < blackest + max(_BLACK_LEAST, _BLACK_SHARE * (white - blackest))

    flags = np.zeros(lightest.shape, np.uint8)
    for turn in range(4):
        # Views of the arrays that have the side in question at their left.
        axes = (-2, -1)
        across = turn % 2 == 0
        _mark_side(np.rot90(smooth, turn, axes), np.rot90(black, turn, axes), np.rot90(flags, turn, axes), across)
    _mark_corners(black, flags)
    return flags


def _mark_side(pictures: Channels, black: Mask, flags: Codes, across: bool) -> None:
    """Marks what lies at the left of the picture; `across` is whether that is across the film in truth."""
    rows, columns = black.shape
    # Lines that are black from end to end belong to the sides above and below.
    with_picture = np.flatnonzero(black.mean(axis=1) < 0.9)
    if len(with_picture) < 0.2 * rows:
        return
    found = max((_gutter(black, with_picture, slope) for slope in _slopes()), key=lambda gutter: gutter[0])
    contrast, slope, start, end = found
    if not contrast:
        return
    end = _with_soft_edge(_sheared(pictures, with_picture, slope), end)

    column = np.arange(columns)[None, :] - np.round(slope * (np.arange(rows) - rows / 2))[:, None]
    flags[column < end] |= np.uint8(Border.BLACK)
    if start:
        beyond = _sheared(black, with_picture, slope)[:, :start]
        light = 1 - beyond.mean(axis=0)
        kinds = np.full(start, int(Border.BLACK), np.uint8)
        kinds[light > 0.05] = Border.PERFORATIONS if across else Border.NEIGHBOUR
        if across:
            kinds[light > 0.8] = Border.SOUND_TRACK
        outside = (column >= 0) & (column < start)
        flags[outside] = kinds[column[outside].astype(int)]


def _slopes() -> Values:
    return np.linspace(-_STEEPEST, _STEEPEST, _SLOPES)


def _sheared(pictures: NDArray[Kind], rows: Indices, slope: float) -> NDArray[Kind]:
    """Some rows of (..., height, width), moved so that an edge of that slope (columns a row) stands upright."""
    height, width = pictures.shape[-2:]
    columns = np.arange(width)[None, :] + np.round(slope * (rows - height / 2)).astype(int)[:, None]
    return pictures[..., rows[:, None], np.clip(columns, 0, width - 1)]


def _gutter(black: Mask, rows: Indices, slope: float) -> tuple[float, float, int, int]:
    """The innermost black line of that slope at the left: how sharply it ends, its slope, its first column and its end.

    Without one, all but the slope is 0.
    """
    share = _sheared(black, rows, slope).mean(axis=0)
    width = len(share)
    within = max(2, round(_SOFTEST * width))
    is_gutter = share >= _GUTTER
    for last in range(int(_DEEPEST * width), -1, -1):
        if is_gutter[last] and share[last + 1 : last + 1 + within].min() <= _PICTURE:
            first = last
            while first and is_gutter[first - 1]:
                first -= 1
            sharpness = share[last] - share[last + 1 : last + 3].min()
            return max(float(sharpness), 1e-3), slope, first, last + 1
    return 0.0, slope, 0, 0


def _with_soft_edge(pictures: Channels, end: int) -> int:
    """The first column at which the picture has its own brightness, in all but a few frames; `end` is the gutter's.

    Where what was filmed is dark beside the gutter, a frame seems to begin farther inside. Weave goes to both sides, so
    that the frames which begin outside of the usual place tell how far others begin inside of it.
    """
    width = pictures.shape[2]
    reach = max(3, round(_SOFTEST * width))
    profiles = np.median(pictures, axis=1)
    black = profiles[:, max(end - 2, 0)]
    inside = np.median(profiles[:, end + reach : end + 2 * reach], axis=1)
    contrast = inside - black
    if not (contrast > _LEAST_CONTRAST).any():
        return end
    profiles, black, contrast = (array[contrast > _LEAST_CONTRAST] for array in (profiles, black, contrast))
    share = (profiles[:, end : end + reach] - black[:, None]) / contrast[:, None]
    ends = np.where((share >= _RISEN).any(axis=1), np.argmax(share >= _RISEN, axis=1), reach)
    outermost, usual = np.quantile(ends, (0.05, 0.5))
    return end + int(np.ceil(2 * usual - outermost))


def _mark_corners(black: Mask, flags: Codes) -> None:
    """Marks black corners of what the sides left, if most of them are: of a rounded gate and not of a dark picture."""
    left, top, right, bottom = picture_area(flags)
    box = round(_DEEPEST_CORNER * min(right - left, bottom - top))
    corners = []
    for rows in (slice(top, top + box), slice(bottom - 1, bottom - 1 - box, -1)):
        for columns in (slice(left, left + box), slice(right - 1, right - 1 - box, -1)):
            place = np.s_[rows, columns]
            corner = black[place]
            if not corner.size or not corner[0, 0]:
                continue
            labels, _ = ndimage.label(corner)
            part = labels == labels[0, 0]
            if not (part[-1].any() or part[:, -1].any()):
                corners.append((place, ndimage.binary_dilation(part, iterations=_CORNER_MARGIN)))
    if len(corners) >= _FEWEST_CORNERS:
        for place, part in corners:
            flags[place][part] |= np.uint8(Border.CORNER)


def picture_area(flags: Codes | Mask) -> tuple[int, int, int, int]:
    """The largest rectangle (left, top, right, bottom) of (height, width) in which nothing is marked.

    Sides are in pixels from the upper left corner, right and bottom exclusive; all 0 where everything is marked. A line
    at a time, the rectangles under the skyline of free pixels above it are compared (the classic stack).
    """
    height, width = flags.shape
    free_above = np.zeros(width + 1, int)
    best = (0, (0, 0, 0, 0))
    for row in range(height):
        free_above[:width] = np.where(flags[row] == 0, free_above[:width] + 1, 0)
        stack: list[tuple[int, int]] = []
        # Columns that are as high as the one before them change nothing.
        steps = np.flatnonzero(np.diff(free_above, prepend=-1))
        for column, free in zip(steps.tolist(), free_above[steps].tolist(), strict=True):
            start = column
            while stack and stack[-1][1] >= free:
                start, higher = stack.pop()
                area = higher * (column - start)
                if area > best[0]:
                    best = (area, (start, row + 1 - higher, column, row + 1))
            stack.append((start, free))
    return best[1]
