"""A picture seen through a homography: how the reference looks in the framing of the source.

Imports torch and numpy alone, so that Gaffer's own interpreter can do the same, live.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.picture.arrays import Matrix, Picture

_LOBES = 3
# Bounds the memory to some hundred megabytes however large the picture.
_STRIP_PIXELS = 2**18


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
    result = np.empty((height, width, channels), np.float32)
    strip_rows = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, strip_rows):
        check()
        x, y = _points(matrix, top, min(top + strip_rows, height), width)
        result[top : top + strip_rows] = _sampled(pixels, x, y).numpy()
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
    lines = pixels.movedim(axis, -1)
    padded = F.pad(lines.reshape(1, -1, lines.shape[-1]), (radius, radius), mode="replicate")
    filtered = F.conv1d(padded.movedim(1, 0), kernel[None, None])
    return filtered.reshape(lines.shape).movedim(-1, axis).contiguous()


def _sampled(pixels: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The picture (h, w, channels) at points (rows, columns); NaN outside of it."""
    height, width, channels = pixels.shape
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    column, across = _taps(x[inside])
    row, down = _taps(y[inside])
    padded = _padded(pixels)
    taps, stride = 2 * _LOBES, padded.shape[1]
    # Each element holds the taps of one line, so that a point takes six look-ups and not thirty-six.
    lines = padded.as_strided((padded.shape[0] * stride - taps + 1, taps * channels), (channels, 1))
    first = row * stride + column
    total = torch.zeros((len(first), taps * channels))
    for tap in range(taps):
        total.addcmul_(lines.index_select(0, first + tap * stride), down[:, tap, None])
    result = torch.full((*x.shape, channels), torch.nan)
    result[inside] = (total.view(-1, taps, channels) * across[:, :, None]).sum(dim=1)
    return result


def _padded(pixels: Tensor) -> Tensor:
    """The picture with its edges repeated, as far as the filter reaches from a point on the edge."""
    rows, columns = (torch.arange(-_LOBES, size + _LOBES).clamp_(0, size - 1) for size in pixels.shape[:2])
    return pixels[rows][:, columns]


def _taps(points: Tensor) -> tuple[Tensor, Tensor]:
    """The first of the pixels (n,), in the padded picture, that a point takes, and their weights (n, 2 * lobes)."""
    position = points - 0.5
    whole = position.floor()
    fraction = (position - whole)[:, None]
    offsets = torch.arange(1 - _LOBES, _LOBES + 1, dtype=torch.float64)
    distance = fraction - offsets
    # The sine of pi * distance equals the sine for the fraction, up to its sign: exactly 0 for whole-number shifts.
    sine = torch.sin(math.pi * fraction) * (-1) ** offsets
    weights = sine * torch.sin(math.pi / _LOBES * distance) / distance**2
    weights = torch.where(distance == 0, 1.0, weights * (_LOBES / math.pi**2))
    return whole.long() + 1, (weights / weights.sum(dim=1, keepdim=True)).float()
