"""What a network costs: its parameters, and the work that a picture takes."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from filmrecovery.model.network import RecoveryNetwork


def network_cost(network: RecoveryNetwork) -> tuple[int, int]:
    """Number of parameters, and of multiplications of the convolutions on a picture of 1024x1024.

    The network is left on the device `meta`, without its weights.
    """
    parameters = sum(parameter.numel() for parameter in network.parameters())
    with FlopCounterMode(display=False) as counter:
        network.to("meta").coefficients(torch.empty(1, 3, 1024, 1024, device="meta"))
    return parameters, counter.get_total_flops() // 2
