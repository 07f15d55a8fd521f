"""Which device computes, and in which arithmetic."""

import torch

from filmrecovery.base.errors import SettingsError
from filmrecovery.model.network import RecoveryNetwork


def find_device(name: str) -> torch.device:
    """The device of a name: auto, cpu, cuda or cuda:N. Raises SettingsError where this machine has no such device."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SettingsError(f"device '{name}': not a device; expected auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise SettingsError(
            f"device '{name}': this machine has {torch.cuda.device_count()} usable GPUs; use auto or cpu"
        )
    if device.type not in ("cpu", "cuda"):
        raise SettingsError(f"device '{name}': expected auto, cpu, cuda or cuda:N")
    return device


def move_to(network: RecoveryNetwork, device: torch.device) -> None:
    """Moves a network to a device, its weights in the order in which convolutions are fastest."""
    network.to(device)
    network.members.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # PyTorch does not declare it


def find_precision(name: str, device: torch.device) -> torch.dtype:
    """The arithmetic of the training: float32 or bfloat16, by name; auto: the faster one on this device.

    On a processor that is bfloat16 where it has matrix units for it, which make it several times faster than float32;
    emulation makes it three to ten times slower. It is not measured, since on a busy machine the measure may be wrong:
    the same training would then give another model.
    """
    if name != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    return torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16") else torch.float32
