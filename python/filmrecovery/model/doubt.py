"""How far a recovery is to be doubted, place by place: the error that kept-out pictures had where they were alike.

The mean squared error of a block of 16x16 pixels is taken for a sum of what tells it (`doubt_signs`), each with a
factor that the training fitted to the errors of pictures that it had kept out. Imports torch alone, so that Gaffer's
own interpreter can run it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.model.grade import graded_change
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.recovered_part import chroma, luma

BLOCK = 16
"""Pixels along the side of a block, for which there is one doubt."""
CELL = 4
"""Pixels along the side of a cell, whose mean colour is looked up."""


def blocks_of(picture: Tensor, pixels: int = BLOCK) -> Tensor:
    """The means of blocks of so many pixels a side, (batch, channels, rows, columns); the last ones may be smaller."""
    return F.avg_pool2d(picture, pixels, ceil_mode=True)


@torch.inference_mode()
def doubt(network: RecoveryNetwork, picture: Tensor, shot: int = 0) -> Tensor:
    """The error to be expected of the recovery of prepared pictures: (batch, 3, height, width) -> (batch, 1, ...).

    It is the root of the mean square over the channels of what the mode recovers, as are chroma rms and luma rms:
    display-referred, where white is 1. All 0 for a model that never had a picture to tell (`network.knows_doubt`).
    """
    return spread_out(squared_doubt(network, picture, shot), *picture.shape[2:])


def squared_doubt(network: RecoveryNetwork, picture: Tensor, shot: int) -> Tensor:
    """The squared error to be expected of each block of prepared pictures, (batch, 1, rows, columns)."""
    signs = doubt_signs(network, network.errors, picture, shot)
    return (signs * network.doubt_factors.view(1, -1, 1, 1)).sum(1, keepdim=True)


def spread_out(squares: Tensor, height: int, width: int) -> Tensor:
    """The root of the blocks' squares at every pixel, (batch, 1, height, width)."""
    spread = F.interpolate(squares, scale_factor=float(BLOCK), mode="bilinear")
    return spread[:, :, :height, :width].sqrt()


def doubt_signs(network: RecoveryNetwork, errors: Tensor, picture: Tensor, shot: int) -> Tensor:
    """What tells the squared error of each block, (batch, signs, rows, columns).

    They are, in this order: the squared error that the colours had (`errors`, a lattice as the grades are); the squared
    difference of the shot's grade from the film's, or where the shot has none, of all shots' from it; the variances of
    luma and chroma in the block; and 1.
    """
    picture = picture.clamp(0.0, 1.0)
    of_luma, of_chroma = _variance(luma(picture)), _variance(chroma(picture))
    reduced = blocks_of(picture, CELL)
    shots = network.grades[shot : shot + 1] if shot else network.grades[1:]
    own = shots - network.grades[0] if len(shots) else torch.zeros_like(network.grades)
    seen = graded_change(torch.cat([errors, own.flatten(0, 1)]), reduced)
    looked_up = blocks_of(torch.cat([seen[:, :1], seen[:, 1:].square().mean(1, keepdim=True)], 1), BLOCK // CELL)
    varied = torch.cat([of_luma, of_chroma.mean(1, keepdim=True)], 1)
    return torch.cat([looked_up, varied, torch.ones_like(varied[:, :1])], 1)


def _variance(picture: Tensor) -> Tensor:
    return (blocks_of(picture.square()) - blocks_of(picture).square()).clamp(min=0.0)
