"""What a training lowers: the error of what the mode recovers."""

import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.model.network import RecoveryNetwork

CHARBONNIER = 1e-3
"""Errors well below this count by their square, errors above it by their amount (Charbonnier et al., 1994)."""


def training_loss(network: RecoveryNetwork, inputs: Tensor, targets: Tensor) -> Tensor:
    """Mean Charbonnier error of what the mode recovers: chroma, luma, or R'G'B' (at the resolution of the head).

    What the mode holds is left out: the input cannot be changed there, and targets may differ from it by clamping.
    """
    if network.mode == "chroma":
        wanted = network.chroma(targets) - network.chroma(inputs)
    elif network.mode == "spatial":
        wanted = network.luma(targets) - network.luma(inputs)
    else:
        wanted = targets - inputs
    wanted = F.avg_pool2d(wanted, network.head_scale)
    height, width = wanted.shape[2:]
    error = network.coefficients(inputs)[:, :, :height, :width].float() - wanted
    return (torch.sqrt(error.square() + CHARBONNIER**2) - CHARBONNIER).mean()
