"""Subtitles and logos that were burnt into one of two elements."""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from filmrecovery.picture.arrays import Channels, Mask, Values

# In shares of the longer side: finer than what grading or fading do to a picture, coarser than grain and misalignment.
_COARSEST, _FINEST = 0.0105, 0.002
_WINDOW = (0.032, 0.065)
_EDGE = 0.0125
_LEVELS = 24
_LEAST_EXCESS = 0.12
# Letters are as light as white goes; what fading, sharpening or a difference in sharpness make lighter is less so.
_LIGHTEST_EXCESS = 0.22
_DENSE = 0.15
_FEWEST_FRAMES, _LEAST_SHARE = 2, 0.15
# In shares of the height and width, from the edges of the picture.
_SUBTITLE_BAND = 0.3
_CORNER = 0.3
_STAYING = 0.6


@dataclass(frozen=True)
class FoundOverlay:
    """What was found, in pixels of the pictures: x0 <= x < x1, y0 <= y < y1; `strength` is the light that it adds."""

    kind: str
    x0: int
    y0: int
    x1: int
    y1: int
    strength: float


def find_overlays(pictures: Channels, others: Channels) -> list[FoundOverlay]:
    """Light letters and marks near the edges of `pictures` that `others` lack.

    Both are luma (frames, height, width) of aligned frames, spread over the film; pixels that are NaN in either are not
    looked at. The one is predicted from the other by the curve that suits all of their pixels; letters are fine detail
    lighter than predicted, densely set, at one place in more than one frame. What stays the same in a corner is taken
    for a logo, anything else for subtitles.
    """
    excess, seen = _excess(pictures, others)
    count, height, width = excess.shape
    length = max(height, width)
    light = excess > max(_LEAST_EXCESS, 5 * _spread(excess[:, seen]))
    window = tuple(max(3, round(share * length)) for share in _WINDOW)
    dense = ndimage.uniform_filter(light.astype(np.float32), (0, *window), mode="constant") > _DENSE
    band = round(_SUBTITLE_BAND * height)
    dense[:, band : height - band] = False

    overlays = []
    labels, _ = ndimage.label(dense.any(axis=0))
    for label, place in enumerate(ndimage.find_objects(labels), start=1):
        frames = (dense & (labels == label)).any(axis=(1, 2))
        if frames.sum() < max(_FEWEST_FRAMES, _LEAST_SHARE * count):
            continue
        part = ndimage.binary_dilation(labels == label, np.ones(window))
        if np.quantile(excess[light & part], 0.9) < _LIGHTEST_EXCESS:
            continue
        # The outline of letters is darker than predicted.
        letters = (np.abs(excess[frames]) > _LEAST_EXCESS) & part
        rows, columns = (np.flatnonzero(letters.any(axis=0).any(axis=axis)) for axis in (1, 0))
        x0, y0, x1, y1 = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        corner = _CORNER * width
        stays = light[:, place[0], place[1]].mean(axis=0)
        is_logo = (x1 <= corner or x0 >= width - corner) and (stays > _STAYING).sum() > 0.5 * (stays > 0).sum()
        strength = float(excess[light & part].sum())
        kind = "logo" if is_logo else "subtitles"
        overlays.append(FoundOverlay(kind, int(x0), int(y0), int(x1), int(y1), strength))
    return overlays


def _excess(pictures: Channels, others: Channels) -> tuple[Channels, Mask]:
    """How much lighter than predicted the fine detail is, (frames, height, width), and where both can be seen."""
    length = max(pictures.shape[1:])
    nowhere = np.isnan(pictures).any(axis=0) | np.isnan(others).any(axis=0)
    # Filters reach into what cannot be seen.
    seen = ~ndimage.binary_dilation(nowhere, iterations=max(1, round(_EDGE * length)))
    fine = (0, _FINEST * length, _FINEST * length)
    pictures, others = (ndimage.gaussian_filter(np.nan_to_num(array), fine) for array in (pictures, others))

    known, wanted = others[:, seen].ravel(), pictures[:, seen].ravel()
    edges = np.quantile(known, np.linspace(0, 1, _LEVELS + 1))
    levels, medians = [], []
    for low, high in itertools.pairwise(edges):
        inside = (known >= low) & (known <= high)
        levels.append(np.median(known[inside]))
        medians.append(np.median(wanted[inside]))
    excess = pictures - np.interp(others, levels, medians)
    excess -= ndimage.gaussian_filter(excess, (0, _COARSEST * length, _COARSEST * length))
    return excess * seen, seen


def _spread(values: Values) -> float:
    return 1.4826 * float(np.median(np.abs(values)))
