"""Pictures on their way to the device that computes. Imports torch alone."""

import torch
from torch import Tensor


def send_to(device: torch.device, tensor: Tensor) -> Tensor:
    """A tensor of the processor's memory on a device.

    A GPU fetches it by itself, from memory that stays in place, while this process goes on.
    """
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
