"""Bands of detail: a picture as the sum of what differs between its sizes, each with a gain of its own.

The Laplacian pyramid (Burt & Adelson, IEEE Trans. Communications 31, 1983, 532), with means for its reductions and
linear interpolation for its expansions. Imports torch alone, so that Gaffer's own interpreter can apply it, live.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

BANDS = 5
"""The coarsest band has detail of 16 to 32 pixels of the picture it is taken of."""


def bands(picture: Tensor) -> list[Tensor]:
    """The bands of (batch, channels, height, width), from fine to coarse, each of half the size of the one before it,
    and last what is coarser than all. Both sides are multiples of 2 ** BANDS."""
    found = []
    for _ in range(BANDS):
        coarse = F.avg_pool2d(picture, 2)
        found.append(picture - expanded(coarse))
        picture = coarse
    return [*found, picture]


def expanded(picture: Tensor) -> Tensor:
    """A picture at twice its size."""
    return F.interpolate(picture, scale_factor=2.0, mode="bilinear")


def joined(parts: Sequence[Tensor]) -> Tensor:
    """The picture whose bands these are."""
    *fine, picture = parts
    for band in reversed(fine):
        picture = band + expanded(picture)
    return picture


def with_gains(picture: Tensor, gains: Tensor) -> Tensor:
    """The picture with each band times its gain, of (BANDS,)."""
    *fine, coarsest = bands(picture)
    return joined([*(gain * band for gain, band in zip(gains, fine, strict=True)), coarsest])
