"""The median filter of pictures. Imports numpy alone, so that Gaffer's own interpreter can apply it, live."""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from filmrecovery.picture.arrays import Picture

_STRIP_ROWS = 16
"""So few rows stay in cache from one step to the next."""


def median_filter(picture: Picture, width: int, check: Callable[[], None] = lambda: None) -> Picture:
    """Median of each channel of (height, width, channels) over a square window of `width` pixels, borders repeated.

    An even width is widened by one pixel, so that the window has a centre; widths 0 and 1 change nothing.
    `check` is called every few rows; what it raises ends the work.
    """
    width |= 1
    if width == 1:
        return picture
    border = width // 2
    padded = np.pad(picture, ((border, border), (border, border), (0, 0)), mode="edge")
    return _median_of_nine(padded, check) if width == 3 else _median(padded, width, check)


def _median(padded: Picture, width: int, check: Callable[[], None]) -> Picture:
    height, length = padded.shape[0] - width + 1, padded.shape[1] - width + 1
    middle = width * width // 2
    filtered = np.empty((height, length, padded.shape[2]), padded.dtype)
    # One row at a time keeps the windows in cache; numpy's vectorised partition makes this several times faster than
    # scipy.ndimage.median_filter.
    for row in range(height):
        check()
        for channel in range(padded.shape[2]):
            windows = sliding_window_view(padded[row : row + width, :, channel], (width, width))
            values = windows.reshape(length, width * width)
            filtered[row, :, channel] = np.partition(values, middle, axis=-1)[:, middle]
    return filtered


def _median_of_nine(padded: Picture, check: Callable[[], None]) -> Picture:
    """The median over 3x3 pixels, ten times as fast as `_median`.

    Columns are sorted first, and three windows share each of them. The median of the nine is then the median of three
    values: the greatest minimum, the median of the medians and the least maximum (Smith, Xilinx XCELL 23, 1996).
    """
    height = padded.shape[0] - 2
    filtered = np.empty((height, padded.shape[1] - 2, padded.shape[2]), padded.dtype)
    for top in range(0, height, _STRIP_ROWS):
        check()
        rows = min(_STRIP_ROWS, height - top)
        upper, centre, lower = (padded[top + shift : top + shift + rows] for shift in range(3))
        least = _neighbours(np.minimum(np.minimum(upper, centre), lower))
        middle = _neighbours(_median_of_three(upper, centre, lower))
        most = _neighbours(np.maximum(np.maximum(upper, centre), lower))
        filtered[top : top + rows] = _median_of_three(
            np.maximum(np.maximum(least[0], least[1]), least[2]),
            _median_of_three(*middle),
            np.minimum(np.minimum(most[0], most[1]), most[2]),
        )
    return filtered


def _neighbours(columns: Picture) -> tuple[Picture, Picture, Picture]:
    """The columns to the left, in place, and to the right."""
    return columns[:, :-2], columns[:, 1:-1], columns[:, 2:]


def _median_of_three(a: Picture, b: Picture, c: Picture) -> Picture:
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
