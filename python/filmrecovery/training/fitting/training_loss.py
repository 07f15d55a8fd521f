"""What a training lowers: the error of what the mode recovers."""

import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.model.network import Patches, RecoveryNetwork
from filmrecovery.model.recovered_part import recovered_part

CHARBONNIER = 1e-3
"""Errors well below this count by their square, errors above it by their amount (Charbonnier et al., 1994)."""


def wanted_coefficients(network: RecoveryNetwork, targets: Tensor) -> Tensor:
    """The coefficients that give the targets, (batch, 2 | 1 | 3, height / head_scale, width / head_scale)."""
    return F.avg_pool2d(recovered_part(network.mode, targets), network.head_scale)


def training_loss(network: RecoveryNetwork, inputs: Tensor, targets: Tensor, patches: Patches, member: int) -> Tensor:
    """Mean Charbonnier error of what a member recovers: chroma, luma, or R'G'B' (at the resolution of the head)."""
    wanted = wanted_coefficients(network, targets)
    height, width = wanted.shape[2:]
    graded, added = network.learnt_coefficients(inputs, patches, member)
    error = (graded + added.float())[:, :, :height, :width] - wanted
    return (torch.sqrt(error.square() + CHARBONNIER**2) - CHARBONNIER).mean()
