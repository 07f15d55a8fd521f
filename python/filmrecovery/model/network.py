"""The recovery network: a small residual U-Net that works on a packed picture, and holds what must not change.

The picture is packed by pixel unshuffle (Shi et al., CVPR 2016), so that the trunk runs at a fraction of the resolution
and sees far; a last convolution gives *coefficients*, from which the picture is finished point by point:

- chroma: a change of chroma at a fraction of the resolution, raised bilinearly; what is added carries no luma.
- spatial: a change of luma at full resolution, added equally to R'G'B'; what is added carries no chroma.
- plain: a change of R'G'B' at full resolution; nothing is held.

The last convolution starts at zero, so that an untrained network is the identity. There is no normalisation over a
batch and no pooling over the frame. Imports torch alone, so that Gaffer's own interpreter can run it.
"""

import itertools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from filmrecovery.picture.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE

CHROMA_REDUCTION = 2
"""Chroma is changed at this fraction of the resolution and raised bilinearly; finer chroma detail is mostly grain."""


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

_PACKING = {"chroma": 8, "spatial": 4, "plain": 4}
_OUTPUT_CHANNELS = {"chroma": 2, "spatial": 1, "plain": 3}
_GREY = 0.5
"""The packed picture is centred about this value, which keeps the first layer's inputs near zero mean."""


class ResidualBlock(nn.Module):
    """x + convolution(activation(convolution(activation(x)))); the identity until trained."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        _zero(self.second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x)), inplace=True))


class Trunk(nn.Module):
    """The U: (batch, inputs, height, width) -> (batch, outputs, height, width), both sides multiples of `Trunk.stride`.

    Its finest level, `encode` and `decode`, needs the most memory and sees the least: each row of their results depends
    on `margin` rows on either side, and inference makes them strip by strip.
    """

    def __init__(self, inputs: int, outputs: int, architecture: Architecture) -> None:
        super().__init__()
        channels, blocks = architecture.channels, architecture.blocks
        steps = list(itertools.pairwise(channels))
        self.stride = 2 ** len(steps)
        self.margin = 1 + 2 * blocks[0]
        self.stem = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.encoder = nn.ModuleList(_level(width, count) for width, count in zip(channels, blocks, strict=True))
        self.decoder = nn.ModuleList(_level(width, count) for width, count in zip(channels[:-1], blocks, strict=False))
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
        fine = self.encode(x)
        return self.decode(fine, self.look_around(fine))


def _zero(convolution: nn.Conv2d) -> None:
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)


def _level(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


class RecoveryNetwork(nn.Module):
    """Recovers display-referred Rec.709 pictures: (batch, 3, height, width) -> the same shape, any height and width.

    Values outside 0..1 are carried through. `coefficients` looks at the whole picture; `finish` makes any rows of the
    result from them, so that the memory of the full-resolution end can be bounded.
    """

    luma_weights: Tensor

    def __init__(self, mode: str, size: str) -> None:
        super().__init__()
        self.mode = mode
        self.packing = _PACKING[mode]
        self.head_scale = CHROMA_REDUCTION if mode == "chroma" else 1
        outputs = _OUTPUT_CHANNELS[mode] * (self.packing // self.head_scale) ** 2
        self.trunk = Trunk(3 * self.packing**2, outputs, SIZES[size])
        self.register_buffer("luma_weights", torch.tensor(LUMA_WEIGHTS).view(1, 3, 1, 1), persistent=False)

    @property
    def multiple(self) -> int:
        """Pictures are padded at the right and the bottom to a multiple of this many pixels."""
        return self.packing * self.trunk.stride

    def luma(self, picture: Tensor) -> Tensor:
        """BT.709 luma (batch, 1, height, width) of a picture (batch, 3, height, width)."""
        return (picture * self.luma_weights).sum(1, keepdim=True)

    def chroma(self, picture: Tensor) -> Tensor:
        """BT.709 chroma (batch, 2, height, width), Cb then Cr, of a picture (batch, 3, height, width)."""
        luma = self.luma(picture)
        return torch.cat([(picture[:, 2:3] - luma) / BLUE_RANGE, (picture[:, 0:1] - luma) / RED_RANGE], 1)

    def coefficients(self, picture: Tensor) -> Tensor:
        """What is to be added: (batch, 2 | 1 | 3, padded height / head_scale, padded width / head_scale).

        Changes of Cb and Cr in chroma mode, of luma in spatial mode, of R'G'B' in plain mode.
        """
        return self.unpack(self.trunk(self.pack(picture, 0, self.packed_height(picture))))

    def packed_height(self, picture: Tensor) -> int:
        """Height of the trunk's input for a picture (batch, 3, height, width)."""
        return _multiples(picture.shape[2], self.multiple) * self.trunk.stride

    def pack(self, picture: Tensor, first: int, last: int) -> Tensor:
        """Rows from `first` up to `last` of the trunk's input, (batch, inputs, last - first, packed width)."""
        height, width = picture.shape[2:]
        padded_width = _multiples(width, self.multiple) * self.multiple
        # Repeats the last row and column; by index rather than `F.pad`, whose sizes an exported model would freeze.
        rows = torch.arange(first * self.packing, last * self.packing, device=picture.device).clamp(max=height - 1)
        columns = torch.arange(padded_width, device=picture.device).clamp(max=width - 1)
        # The network sees what it was trained on; what lies outside 0..1 is carried through by the sum in `finish`.
        seen = picture[:, :, rows][:, :, :, columns].clamp(0.0, 1.0)
        return F.pixel_unshuffle(seen - _GREY, self.packing)

    def unpack(self, coefficients: Tensor) -> Tensor:
        """The trunk's output, spread out to the resolution of the head."""
        return F.pixel_shuffle(coefficients, self.packing // self.head_scale)

    def finish(self, picture: Tensor, coefficients: Tensor, skip: int = 0) -> Tensor:
        """The recovered picture from the picture and its coefficients.

        `picture` may be some rows of the whole and `coefficients` those that cover them, with one more on either side
        where there is one; `skip` is the number of full-resolution rows that the coefficients start above the picture.
        """
        height, width = picture.shape[2:]
        if self.head_scale > 1:
            coefficients = F.interpolate(coefficients, scale_factor=float(self.head_scale), mode="bilinear")
        change = coefficients[:, :, skip : skip + height, :width]
        if self.mode == "chroma":
            blue, red = BLUE_RANGE * change[:, 0:1], RED_RANGE * change[:, 1:2]
            red_weight, green_weight, blue_weight = LUMA_WEIGHTS
            change = torch.cat([red, -(red_weight * red + blue_weight * blue) / green_weight, blue], 1)
        return picture + change

    def forward(self, picture: Tensor) -> Tensor:
        return self.finish(picture, self.coefficients(picture))


def _multiples(length: int, multiple: int) -> int:
    """How many multiples cover a length. All terms stay positive: an exported model would round others towards zero."""
    return (length + multiple - 1) // multiple


def cost(network: RecoveryNetwork) -> tuple[int, int]:
    """Number of parameters, and of multiplications of the convolutions on a picture of 1024x1024."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    with FlopCounterMode(display=False) as counter:
        network.to("meta").coefficients(torch.empty(1, 3, 1024, 1024, device="meta"))
    return parameters, counter.get_total_flops() // 2
