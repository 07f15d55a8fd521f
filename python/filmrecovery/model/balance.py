"""The technical balance of a faded element: slope, offset and power of each channel, the same in every use of it.

Imports numpy and the standard library alone, so that Gaffer's own interpreter can apply it, live.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import with_luma_of

VERSION = 1


@dataclass(frozen=True)
class ChannelBalance:
    """The balance of one channel: out = (slope * in + offset) ** power."""

    slope: float = setting(1.0, "factor", minimum=1e-3, maximum=1e3)
    offset: float = setting(0.0, "what is added after the factor", minimum=-1e3, maximum=1e3)
    power: float = setting(1.0, "exponent", minimum=1e-2, maximum=1e2)


@dataclass(frozen=True)
class Balance:
    """The balance of an element, and what it was estimated from."""

    red: ChannelBalance = setting(dataclasses.MISSING, "balance of red")
    green: ChannelBalance = setting(dataclasses.MISSING, "balance of green")
    blue: ChannelBalance = setting(dataclasses.MISSING, "balance of blue")
    keep_luma: bool = setting(dataclasses.MISSING, "whether the BT.709 luma of the picture stays as it is")
    working_space: str = setting(dataclasses.MISSING, "OCIO colour space of the pictures it is for")
    source: str | None = setting(None, "pattern of the files it was estimated from")
    source_frames: str | None = setting(None, "their frames")
    reference: str | None = setting(None, "pattern of the reference whose levels it matches")

    @property
    def channels(self) -> dict[str, ChannelBalance]:
        """The balance of each channel by its name, in the order R, G, B."""
        return {"red": self.red, "green": self.green, "blue": self.blue}

    def without_origin(self) -> "Balance":
        """This balance without what it was estimated from: two that do the same to a picture are equal then."""
        return dataclasses.replace(self, source=None, source_frames=None, reference=None)

    def __str__(self) -> str:
        numbers = [
            f"{name}: slope {channel.slope:.4f}, offset {channel.offset:.4f}, power {channel.power:.4f}"
            for name, channel in self.channels.items()
        ]
        return "; ".join([*numbers, "luma kept"] if self.keep_luma else numbers)


def apply_balance(balance: Balance, rgb: Picture) -> Picture:
    """The balanced picture, float32, of (height, width, 3) in the balance's working space.

    The arithmetic of the ASC Color Decision List, without clamps and without its saturation: OpenColorIO's CDLTransform
    of the style noClamp, and so Gaffer's CDL node, give the same. Values that slope and offset leave below 0 are not
    raised to the power. With `keep_luma` the result has the luma of `rgb` and the balanced chroma.

    Summed and raised in double precision, so that the same picture comes out on every machine.
    """
    balanced = np.empty(rgb.shape, np.float32)
    for index, channel in enumerate(balance.channels.values()):
        line = rgb[..., index].astype(np.float64) * channel.slope + channel.offset
        balanced[..., index] = np.where(line > 0, np.maximum(line, 0) ** channel.power, line)
    return with_luma_of(balanced, rgb.astype(np.float32, copy=False)) if balance.keep_luma else balanced


def write_balance(path: Path, balance: Balance, made_from: str | None = None) -> None:
    """Writes a balance as JSON. Raises OutputError."""
    write_record(path, VERSION, dataclasses.asdict(balance), made_from)


def read_balance(path: Path) -> Balance:
    """Reads what `write_balance` wrote. Raises FileError for a file that is missing, damaged or something else."""
    remedy = "correct it, or remove it and estimate the balance again"
    content = read_record(path, "a balance", VERSION, remedy)
    return parse_record(Balance, content, str(path), remedy)
