"""A small residual U-Net: it runs at a fraction of the resolution and sees far. Imports torch alone."""

import itertools
from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Architecture:
    """Shape of the U: channels and residual blocks of each level, from fine to coarse."""

    channels: tuple[int, ...]
    blocks: tuple[int, ...]


SIZES = {
    "small": Architecture((16, 32, 64, 96, 128), (1, 1, 1, 1, 1)),
    "medium": Architecture((32, 64, 128, 192, 256), (1, 1, 1, 2, 2)),
    "large": Architecture((64, 128, 192, 256, 384), (1, 2, 2, 2, 2)),
}

_Beyond = Literal["zeros", "replicate"]


class ResidualBlock(nn.Module):
    """x + convolution(activation(convolution(activation(x)))); the identity until trained.

    `beyond` is what a convolution takes for granted beyond the edges, by torch's names.
    """

    def __init__(self, channels: int, beyond: _Beyond) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=beyond)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=beyond)
        _zero(self.second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x)), inplace=True))


class Trunk(nn.Module):
    """The U: (batch, inputs, height, width) -> (batch, outputs, height, width), both sides multiples of `Trunk.stride`.

    Its finest level, `encode` and `decode`, needs the most memory and sees the least: each row of their results depends
    on `margin` rows on either side, and inference makes them strip by strip. Beyond the edges it sees zeros, which is
    fastest. The coarser levels see the edge repeated there: of a training patch they would see mostly zeros else, and
    none in a whole frame.
    """

    def __init__(self, inputs: int, outputs: int, architecture: Architecture) -> None:
        super().__init__()
        channels, blocks = architecture.channels, architecture.blocks
        steps = list(itertools.pairwise(channels))
        self.stride = 2 ** len(steps)
        self.margin = 1 + 2 * blocks[0]
        self.stem = nn.Conv2d(inputs, channels[0], 3, padding=1)
        beyond: list[_Beyond] = ["zeros", *("replicate" for _ in steps)]
        levels = list(zip(channels, blocks, beyond, strict=True))
        self.encoder = nn.ModuleList(_level(*level) for level in levels)
        self.decoder = nn.ModuleList(_level(*level) for level in levels[:-1])
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2) for fine, coarse in steps)
        self.head = nn.Conv2d(channels[0], outputs, 3, padding=1)
        _zero(self.head)

    def encode(self, x: Tensor) -> Tensor:
        """The finest level on the way down: (batch, inputs, height, width) -> (batch, channels, height, width)."""
        return self.encoder[0](self.stem(x))

    def look_around(self, x: Tensor) -> Tensor:
        """The coarser levels, from what `encode` gave: half the height and width, the channels of the second level."""
        x = self.down[0](x)
        skipped = []
        for encode, down in zip(self.encoder[1:], self.down[1:], strict=False):
            x = encode(x)
            skipped.append(x)
            x = down(x)
        x = self.encoder[-1](x)
        for decode, up in reversed(list(zip(self.decoder[1:], self.up[1:], strict=True))):
            x = decode(skipped.pop() + up(x))
        return x

    def decode(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """The finest level on the way up, from what `encode` and `look_around` gave, and the head."""
        return self.head(self.decoder[0](fine + self.up[0](coarse)))

    def forward(self, x: Tensor) -> Tensor:
        """What the member says of the packed picture and the start, at once."""
        fine = self.encode(x)
        return self.decode(fine, self.look_around(fine))


def _zero(convolution: nn.Conv2d) -> None:
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)


def _level(channels: int, count: int, beyond: _Beyond) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels, beyond) for _ in range(count)))
