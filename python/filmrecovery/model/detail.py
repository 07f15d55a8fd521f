"""Bands of detail: a picture as the sum of what differs between its sizes, each kept by a gain.

The Laplacian pyramid (Burt & Adelson, IEEE Trans. Communications 31, 1983, 532), with means for its reductions and
linear interpolation for its expansions. The gain may differ with the contrast around a pixel, as wavelets are shrunk by
their neighbours and by the next coarser band (Portilla et al., IEEE Trans. Image Processing 12, 2003, 1338): where
there is little contrast, it is grain; where there is much in a fine band alone, it is dirt or a scratch. Imports torch
alone, so that Gaffer's own interpreter can apply it, live.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

BANDS = 5
"""Number of bands. The coarsest has detail of 16 to 32 pixels of the picture."""
CONTRASTS = 5
"""Number of contrasts with a gain of their own: 2^-10 of white, and each four times the one before, up to a quarter."""
_LEAST_CONTRAST = 2.0**-10


def bands(picture: Tensor) -> list[Tensor]:
    """The bands of (batch, channels, height, width), from fine to coarse, each of half the size of the one before it,
    and last what is coarser than all. Both sides are multiples of 2 ** BANDS."""
    fine = []
    for _ in range(BANDS):
        coarse = F.avg_pool2d(picture, 2)
        fine.append(picture - expanded(coarse))
        picture = coarse
    return [*fine, picture]


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
    """The picture with each band times its gain.

    `gains` are (BANDS, 1, 1), or (BANDS, CONTRASTS, CONTRASTS) by the two contrasts of `contrasts`.
    """
    *fine, coarsest = bands(picture)
    if gains.shape[1] == 1:
        return joined([*(gain * band for gain, band in zip(gains, fine, strict=True)), coarsest])
    of_bands = [expanded(_looked_up(table, contrast)) for table, contrast in zip(gains, contrasts(fine), strict=True)]
    return joined([*(gain * band for gain, band in zip(of_bands, fine, strict=True)), coarsest])


def contrasts(fine: Sequence[Tensor]) -> list[Tensor]:
    """For each band, its contrast and that of the next coarser one, (batch, 2, height / 2, width / 2) of the band.

    The contrast is the root of the mean square of 2x2 pixels of the band and all channels. Its logarithm to the base 4
    is given, from 0 for the least of `CONTRASTS`, up to CONTRASTS - 1. The last band has its own twice.
    """
    squares = [F.avg_pool2d(band.square().mean(1, keepdim=True), 2) for band in fine]
    coarser = [*(expanded(coarse) for coarse in squares[1:]), squares[-1]]
    both = (torch.cat(pair, 1) for pair in zip(squares, coarser, strict=True))
    return [(0.25 * (pair * _LEAST_CONTRAST**-2).clamp(min=1.0).log2()).clamp(max=CONTRASTS - 1) for pair in both]


def _looked_up(gains: Tensor, contrast: Tensor) -> Tensor:
    """The gains of (CONTRASTS, CONTRASTS) at contrasts of (batch, 2, height, width), (batch, 1, height, width)."""
    # The sampler counts its axes from the last one, from -1 to 1.
    places = (contrast * (2 / (CONTRASTS - 1)) - 1).permute(0, 2, 3, 1).flip(-1)
    tables = gains[None, None].expand(len(contrast), -1, -1, -1)
    return F.grid_sample(tables, places, mode="bilinear", padding_mode="border", align_corners=True)


def by_contrast(band: Tensor, contrast: Tensor) -> Tensor:
    """What each of its gains, (CONTRASTS, CONTRASTS), counts for in a band of one picture.

    Takes (1, channels, height, width) and what `contrasts` gives, gives (gains, channels, height, width); their sum is
    the band.
    """
    nodes = torch.arange(CONTRASTS, device=band.device).view(-1, 1, 1)
    own, coarser = (F.relu(1 - (plane - nodes).abs()) for plane in contrast[0])
    return expanded((own[:, None] * coarser[None]).flatten(0, 1)[:, None]) * band
