"""The recovery network: a small residual U-Net that works on a packed picture, and holds what must not change.

The picture is packed by pixel unshuffle (Shi et al., CVPR 2016), so that the trunk runs at a fraction of the resolution
and sees far; a last convolution gives *coefficients*, from which the full-resolution picture is finished point by point:

- chroma: a change of chroma at a fraction of the resolution, raised bilinearly; what is added carries no luma.
- spatial: a change of luma at full resolution, added equally to R'G'B'; what is added carries no chroma.
- plain: a change of R'G'B' at full resolution; nothing is held.

The last convolution starts at zero, so that an untrained network is the identity. There is no normalisation over a
batch and no pooling over the frame. Imports torch alone, so that Gaffer's own interpreter can run it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from filmrecovery.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE

MODES = ("chroma", "spatial", "plain")
CHROMA_REDUCTION = 2
"""Chroma is changed at this fraction of the resolution and raised bilinearly; finer chroma detail is mostly grain."""


@dataclass(frozen=True)
class Architecture:
    """Shape of the U: channels and residual blocks of each level, from fine to coarse."""

    channels: tuple[int, ...]
    blocks: tuple[int, ...]


SIZES = {
    "small": Architecture((32, 64, 96, 128), (1, 1, 1, 1)),
    "medium": Architecture((64, 96, 128, 192), (1, 1, 1, 1)),
    "large": Architecture((96, 144, 192, 256), (2, 2, 2, 2)),
}

_PACKING = {"chroma": 8, "spatial": 4, "plain": 4}
_INPUT_CHANNELS = {"chroma": 3, "spatial": 1, "plain": 3}
_OUTPUT_CHANNELS = {"chroma": 2, "spatial": 1, "plain": 3}
_GREY = 0.5
"""The packed picture is centred about this value, which keeps the first layer's inputs near zero mean."""


class ResidualBlock(nn.Module):
    """x + convolution(activation(convolution(activation(x)))); the identity until trained."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class Trunk(nn.Module):
    """The U: (batch, inputs, height, width) -> (batch, outputs, height, width), both sides multiples of `Trunk.stride`."""

    def __init__(self, inputs: int, outputs: int, architecture: Architecture) -> None:
        super().__init__()
        channels, blocks = architecture.channels, architecture.blocks
        steps = list(zip(channels, channels[1:], strict=False))
        self.stride = 2 ** len(steps)
        self.stem = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.encoder = nn.ModuleList(_level(width, count) for width, count in zip(channels, blocks, strict=True))
        self.decoder = nn.ModuleList(_level(width, count) for width, count in zip(channels[:-1], blocks, strict=False))
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in steps)
        self.up = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2) for fine, coarse in steps)
        self.head = nn.Conv2d(channels[0], outputs, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        skipped = []
        for encode, down in zip(self.encoder, self.down, strict=False):
            x = encode(x)
            skipped.append(x)
            x = down(x)
        x = self.encoder[-1](x)
        for decode, up, skip in reversed(list(zip(self.decoder, self.up, skipped, strict=True))):
            x = decode(skip + up(x))
        return self.head(x)


def _level(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


class RecoveryNetwork(nn.Module):
    """Recovers display-referred Rec.709 pictures: (batch, 3, height, width) -> the same shape, any height and width.

    Values outside 0..1 are carried through. `coefficients` looks at the whole picture; `finish` makes any rows of the
    result from them, so that the memory of the full-resolution end can be bounded.
    """

    def __init__(self, mode: str, size: str) -> None:
        super().__init__()
        self.mode = mode
        self.packing = _PACKING[mode]
        self.head_scale = CHROMA_REDUCTION if mode == "chroma" else 1
        outputs = _OUTPUT_CHANNELS[mode] * (self.packing // self.head_scale) ** 2
        self.trunk = Trunk(_INPUT_CHANNELS[mode] * self.packing**2, outputs, SIZES[size])
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
        # The network sees what it was trained on; what lies outside 0..1 is carried through by the sum in `finish`.
        seen = picture.clamp(0.0, 1.0)
        if self.mode == "spatial":
            seen = self.luma(seen)
        packed = F.pixel_unshuffle(_padded(seen, self.multiple) - _GREY, self.packing)
        return F.pixel_shuffle(self.trunk(packed), self.packing // self.head_scale)

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


def _padded(picture: Tensor, multiple: int) -> Tensor:
    """The picture with its last row and column repeated up to a multiple of `multiple`.

    By index rather than `F.pad`, whose sizes an exported model would freeze.
    """
    height, width = picture.shape[2:]
    rows = torch.arange(-(-height // multiple) * multiple, device=picture.device).clamp(max=height - 1)
    columns = torch.arange(-(-width // multiple) * multiple, device=picture.device).clamp(max=width - 1)
    return picture[:, :, rows][:, :, :, columns]
