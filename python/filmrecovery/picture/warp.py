"""A picture seen through a homography: how the reference looks in the framing of the source.

Imports torch and numpy alone, so that Gaffer's own interpreter can do the same, live.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.picture.arrays import Matrix, Picture

_LOBES = 3
# Bounds the memory to some hundred megabytes however large the picture, and keeps what is worked on in the cache.
_STRIP_PIXELS = 2**17
# A pixel is parted so finely that values are off by less than 0.00002 of the picture's range.
_PARTS = 2**16


@torch.inference_mode()
def warp(
    picture: Picture, matrix: Matrix, height: int, width: int, check: Callable[[], None] = lambda: None
) -> Picture:
    """The picture as another one frames it, (height, width, channels) float32, of (h, w, channels) float32.

    `matrix` (3, 3) takes a point of the result to the point of `picture` that it shows; x goes right, y down, and the
    centre of the first pixel is (0.5, 0.5). Pixels of the result whose centre lies outside of the picture are NaN in
    every channel. Values may overshoot the picture's range a little, as of any filter that keeps detail. `check` is
    called before every strip; what it raises ends the work.

    Lanczos' windowed sinc of three lobes (Duchon, 1979); where the result is smaller, a low-pass of the same shape
    comes first, so that nothing aliases. A whole-number shift copies the values, bit by bit. The low-pass is chosen for
    the part of the picture that shrinks most, which makes it right for slight perspective and a little too soft
    elsewhere in a strong one.
    """
    matrix = np.asarray(matrix, np.float64)
    pixels = torch.from_numpy(np.require(picture, np.float32, ["C", "W"]))
    rows, columns, channels = picture.shape
    for axis, shrinkage in enumerate(_shrinkage(matrix, rows, columns, height, width)):
        if shrinkage > 1:
            pixels = _low_passed(pixels, 1 - axis, shrinkage)
    padded = _padded(pixels, (_LOBES, _LOBES))
    result = np.empty((height, width, channels), np.float32)
    strip_rows = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, strip_rows):
        check()
        x, y = _points(matrix, top, min(top + strip_rows, height), width)
        result[top : top + strip_rows] = _sampled(padded, x, y).numpy()
    return result


def _points(matrix: Matrix, top: int, bottom: int, width: int) -> tuple[Tensor, Tensor]:
    """Where the pixels of some rows of the result lie in the picture, two tensors (bottom - top, width)."""
    x = torch.arange(width, dtype=torch.float64)[None, :] + 0.5
    y = torch.arange(top, bottom, dtype=torch.float64)[:, None] + 0.5
    across, down, depth = (row[0] * x + row[1] * y + row[2] for row in matrix.tolist())
    # Points at or behind the horizon are in no picture.
    visible = torch.where(depth > 0, depth, torch.nan)
    return across / visible, down / visible


def _shrinkage(matrix: Matrix, rows: int, columns: int, height: int, width: int) -> tuple[float, float]:
    """How many pixels of the picture one of the result spans, along x and y, where it is most.

    Looked for within the picture: outside of it nothing is sampled.
    """
    x, y = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
    points = matrix @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    depth = points[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        across, down = points[:2] / depth
        inside = (depth > 0) & (across >= 0) & (across <= columns) & (down >= 0) & (down <= rows)
    if not inside.any():
        return 1.0, 1.0
    largest = []
    for row, value in zip(matrix[:2], (across, down), strict=True):
        slopes = (row[:2, None] - matrix[2, :2, None] * value[inside]) / depth[inside]
        largest.append(float(np.hypot(*slopes).max()))
    return largest[0], largest[1]


def _low_passed(pixels: Tensor, axis: int, shrinkage: float) -> Tensor:
    """The picture without the frequencies that one 1 / shrinkage as large cannot hold, along one axis."""
    radius = math.ceil(_LOBES * shrinkage)
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64) / shrinkage
    window = torch.where(offsets.abs() < _LOBES, torch.sinc(offsets / _LOBES), 0.0)
    kernel = torch.sinc(offsets) * window
    kernel = (kernel / kernel.sum()).float()
    height, width, channels = pixels.shape
    if axis == 0:
        rows = _padded(pixels, (radius, 0)).reshape(-1, width * channels)
        return _sums(rows, torch.arange(height), kernel.expand(height, -1)).view_as(pixels)
    padded = _padded(pixels, (0, radius))
    filtered = torch.empty_like(pixels)
    strip_rows = max(_STRIP_PIXELS // width, 1)
    rows = torch.arange(min(strip_rows, height))[:, None]
    first = (rows * padded.shape[1] + torch.arange(width)).reshape(-1)
    weights = kernel.expand(len(first), -1).contiguous()
    for top in range(0, height, strip_rows):
        lines = padded[top : top + strip_rows]
        count = len(lines) * width
        sums = _sums(lines.reshape(-1, channels), first[:count], weights[:count])
        filtered[top : top + strip_rows] = sums.view(-1, width, channels)
    return filtered


def _sampled(padded: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """A padded picture (h, w, channels) at points (rows, columns) of the unpadded one; NaN outside of that."""
    height, width, channels = padded.shape
    inside = (x >= 0) & (x <= width - 2 * _LOBES) & (y >= 0) & (y <= height - 2 * _LOBES)
    if not inside.any():
        return torch.full((*x.shape, channels), torch.nan)
    # Points outside stand where another one does, so that no more of the picture is looked at than these points see.
    x, y = (points if inside.all() else points.where(inside, points[inside][0]) for points in (x, y))
    column, across = _taps(x.flatten())
    row, down = _taps(y.flatten())
    taps, top = 2 * _LOBES, int(row.min())
    seen = padded[top : int(row.max()) + taps].contiguous()
    # Each element holds the taps of one line, so that a point takes six look-ups and not thirty-six.
    lines = seen.as_strided((seen.shape[0] * width - taps + 1, taps * channels), (channels, 1)).contiguous()
    lines = _sums(lines, (row - top) * width + column, down, width).view(-1, channels)
    result = _sums(lines, torch.arange(0, len(lines), taps), across).view(*x.shape, channels)
    return result if inside.all() else result.masked_fill_(~inside[..., None], torch.nan)


def _sums(table: Tensor, first: Tensor, weights: Tensor, step: int = 1) -> Tensor:
    """Sums (n, values) of rows of a table (rows, values): those from `first` (n,) on, by weights (n, count)."""
    rows = first[:, None] + step * torch.arange(weights.shape[1])
    # The kernel of torch that gathers and sums in one step; it is made for looking up words.
    return F.embedding_bag(rows, table, per_sample_weights=weights.contiguous(), mode="sum")


def _padded(pixels: Tensor, reach: tuple[int, int]) -> Tensor:
    """The picture with its edges repeated, by so many rows and columns on either side."""
    rows, columns = (
        torch.arange(-beyond, size + beyond).clamp_(0, size - 1)
        for beyond, size in zip(reach, pixels.shape[:2], strict=True)
    )
    return pixels.index_select(0, rows).index_select(1, columns)


def _taps(points: Tensor) -> tuple[Tensor, Tensor]:
    """The first of the pixels (n,), in the padded picture, that a point takes, and their weights (n, 2 * lobes)."""
    position = points - 0.5
    whole = position.floor()
    part = ((position - whole) * _PARTS).round_().long()
    return whole.long() + 1, _weights().index_select(0, part)


@functools.cache
def _weights() -> Tensor:
    """The weights of the taps, (parts + 1, 2 * lobes), for points at a part of the way from one pixel to the next."""
    fraction = torch.linspace(0, 1, _PARTS + 1, dtype=torch.float64)[:, None]
    offsets = torch.arange(1 - _LOBES, _LOBES + 1, dtype=torch.float64)
    distance = fraction - offsets
    weights = torch.sinc(distance) * torch.sinc(distance / _LOBES)
    # Exactly those of one pixel at both ends, where the sines are not exactly 0.
    weights[[0, -1]] = (distance[[0, -1]] == 0).double()
    return (weights / weights.sum(dim=1, keepdim=True)).float()
