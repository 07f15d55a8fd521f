"""The recovery network: a grade, and a few small residual U-Nets that see what no grade can, and correct the rest.

A grade is a lattice of changes by colour (`graded_change`): one of the film, one of each of its shots, and some for
what differs over the frame, as fading does: each times a function of the place. Of what the grades make of the picture
each band of detail (`model/detail.py`) is kept by gains: below 1 it is mostly grain, above 1 it is sharpened. This
start, and the picture, packed by pixel unshuffle (Shi et al., CVPR 2016), go into the members: trunks that run at a
fraction of the resolution and see far. The mean of what they say is added to the start with a weight. These
*coefficients* finish the picture point by point, so that the mode's other part is held:

- chroma: the chroma at a fraction of the resolution, raised bilinearly, in place of the picture's. Finer chroma is
  mostly grain. What changes carries no luma.
- spatial: the luma at full resolution; the change is added equally to R'G'B', and carries no chroma.
- plain: R'G'B' at full resolution; nothing is held.

The last convolutions start at zero, so that an untrained network gives its start. There is no normalisation
over a batch and no pooling over the frame. Imports torch alone, so that Gaffer's own interpreter can run it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from filmrecovery.model.detail import BANDS, CONTRASTS, with_gains
from filmrecovery.model.grade import (
    NODES,
    PLACE_FUNCTIONS,
    PLACE_NODES,
    graded_change,
    graded_changes,
    place_functions,
    placed_change,
    placed_changes,
)
from filmrecovery.model.send_to import send_to
from filmrecovery.picture.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE

CHROMA_REDUCTION = 2
"""Chroma is recovered at this fraction of the resolution and raised bilinearly; finer chroma detail is mostly grain."""
PLACE_REDUCTION = 8
"""What differs over the frame is looked up at this fraction of the resolution and raised bilinearly."""


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

_Beyond = Literal["zeros", "replicate"]

_GRADE_GAIN = 4.0
"""What the grades make of the picture goes into the trunk with this factor: chroma is small beside the picture."""

DOUBT_SIGNS = 5
"""How many signs tell how far a recovery is to be doubted."""


@dataclass(frozen=True)
class Patches:
    """What is known of training patches beside their pixels: grades that were fitted without their pictures, places."""

    grades: Tensor
    """The grade of each by colour alone, (batch, channels, nodes, nodes, nodes)."""
    place_grades: Tensor
    """Those by place and colour, (batch, functions, channels, nodes, nodes, nodes)."""
    edges: Tensor
    """Left, right, top and bottom edge of each in the whole picture, (batch, 4): the picture's own are -1, 1, -1, 1."""

    def to(self, device: torch.device) -> "Patches":
        """The same on a device."""
        told = (self.grades, self.place_grades, self.edges)
        return Patches(*(send_to(device, tensor) for tensor in told))


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


class RecoveryNetwork(nn.Module):
    """Recovers display-referred Rec.709 pictures: (batch, 3, height, width) -> the same shape, any height and width.

    Values outside 0..1 are carried through. `coefficients` looks at the whole picture; `finish` makes any rows of the
    result from them, so that the memory of the full-resolution end can be bounded. A shot is a number: 0 is the film as
    a whole, 1 and on are the shots that the model knows.
    """

    grades: Tensor
    """For each shot, a lattice (channels, nodes, nodes, nodes) of the changes of Cb and Cr, luma, or R'G'B'."""
    place_grades: Tensor
    """For each function of the place (`place_functions`), a lattice of such changes, with fewer nodes."""
    gains: Tensor
    """For each band of detail, from fine to coarse, the factor it is kept with: (bands, 1, 1), or by contrast."""
    weights: Tensor
    """For each shot, the share, 0..1, of the members' mean output that is added to the grades."""
    errors: Tensor
    """A lattice (1, nodes, nodes, nodes) of the mean squared error that a colour had in pictures kept out."""
    doubt_factors: Tensor
    """How much each sign of doubt counts (see `filmrecovery.model.doubt`); all 0 where no picture was kept out."""

    def __init__(self, mode: str, size: str, members: int = 1, shots: int = 0) -> None:
        super().__init__()
        self.mode = mode
        self.packing = _PACKING[mode]
        self.head_scale = CHROMA_REDUCTION if mode == "chroma" else 1
        channels = _OUTPUT_CHANNELS[mode]
        outputs = channels * (self.packing // self.head_scale) ** 2
        inputs = 3 * self.packing**2 + channels
        self.members = nn.ModuleList(Trunk(inputs, outputs, SIZES[size]) for _ in range(members))
        self.register_buffer("grades", torch.zeros(1 + shots, channels, NODES, NODES, NODES))
        self.register_buffer(
            "place_grades", torch.zeros(PLACE_FUNCTIONS, channels, PLACE_NODES, PLACE_NODES, PLACE_NODES)
        )
        contrasts = 1 if mode == "chroma" else CONTRASTS
        self.register_buffer("gains", torch.ones(BANDS, contrasts, contrasts))
        self.register_buffer("weights", torch.ones(1 + shots))
        self.register_buffer("errors", torch.zeros(1, NODES, NODES, NODES))
        self.register_buffer("doubt_factors", torch.zeros(DOUBT_SIGNS))

    @property
    def trunk(self) -> Trunk:
        """The first member, for what is the same in all."""
        return self.members[0]  # pyright: ignore[reportReturnType]  # a list of modules does not tell of which

    @property
    def knows_doubt(self) -> bool:
        """Whether kept-out pictures told how far the recovery is to be doubted."""
        return bool(self.doubt_factors.any())

    @property
    def multiple(self) -> int:
        """Pictures are padded at the right and the bottom to a multiple of this many pixels."""
        return self.packing * self.trunk.stride

    def luma(self, picture: Tensor) -> Tensor:
        """BT.709 luma (batch, 1, height, width) of a picture (batch, 3, height, width)."""
        (red, green, blue), weights = picture.split(1, 1), LUMA_WEIGHTS
        return (weights[0] * red).add(green, alpha=weights[1]).add(blue, alpha=weights[2])

    def chroma(self, picture: Tensor) -> Tensor:
        """BT.709 chroma (batch, 2, height, width), Cb then Cr, of a picture (batch, 3, height, width)."""
        luma = self.luma(picture)
        return torch.cat([(picture[:, 2:3] - luma) / BLUE_RANGE, (picture[:, 0:1] - luma) / RED_RANGE], 1)

    def part(self, picture: Tensor) -> Tensor:
        """What the mode recovers of pictures (batch, 3, ...): chroma, luma or all, (batch, 2 | 1 | 3, ...)."""
        if self.mode == "chroma":
            return self.chroma(picture)
        return self.luma(picture) if self.mode == "spatial" else picture

    def coefficients(self, picture: Tensor, shot: int = 0) -> Tensor:
        """What the picture is finished from, its recovered part at the resolution of the head.

        (batch, 2 | 1 | 3, padded height / head_scale, padded width / head_scale): Cb and Cr in chroma mode, luma in
        spatial mode, R'G'B' in plain mode.
        """
        last = self.packed_height(picture)
        seen = self.seen(picture, 0, last)
        start = self.start(self.graded(seen, shot, self.places(picture, 0, last)))
        packed = self.pack(seen, start)
        return self.unpack(self.added([member(packed) for member in self.members], shot)) + start

    def learnt_graded(self, picture: Tensor, patches: Patches) -> Tensor:
        """What the grades of patches make of them, as `graded`."""
        last = self.packed_height(picture)
        seen = self.seen(picture, 0, last)
        places = self.places(picture, 0, last, patches.edges)
        reduced = self._reduced(seen)
        placed = self._raised(placed_changes(patches.place_grades, _smaller(seen, PLACE_REDUCTION), places))
        return self.part(reduced) + graded_changes(patches.grades, reduced) + placed

    def learnt_coefficients(self, picture: Tensor, patches: Patches, member: int) -> tuple[Tensor, Tensor]:
        """The coefficients by the grades of patches alone, and what one member adds to them, without a weight."""
        start = self.start(self.learnt_graded(picture, patches))
        packed = self.pack(self.seen(picture, 0, self.packed_height(picture)), start)
        return start, self.unpack(self.members[member](packed))

    def added(self, said: Sequence[Tensor], shot: int) -> Tensor:
        """What is added to the grade of a shot, of what all members say."""
        return self.weights[shot] / len(said) * reduce(torch.add, said)

    def packed_height(self, picture: Tensor) -> int:
        """Height of the trunk's input for a picture (batch, 3, height, width)."""
        return _multiples(picture.shape[2], self.multiple) * self.trunk.stride

    def seen(self, picture: Tensor, first: int, last: int) -> Tensor:
        """The pixels of rows `first` to `last` of the trunk's input, (batch, 3, packing * (last - first), full width).

        The network sees what it was trained on, 0..1; what lies outside is carried through by the sum in `finish`.
        """
        # Repeats the last row and column; joined rather than by `F.pad`, whose sizes an exported model would freeze.
        rows = picture[:, :, first * self.packing : last * self.packing]
        below = (last - first) * self.packing - rows.shape[2]
        seen = torch.cat([rows, picture[:, :, -1:].expand(-1, -1, below, -1)], 2)
        beside = _multiples(picture.shape[3], self.multiple) * self.multiple - picture.shape[3]
        return torch.cat([seen, seen[:, :, :, -1:].expand(-1, -1, -1, beside)], 3).clamp(0.0, 1.0)

    def graded(self, seen: Tensor, shot: int, places: Tensor) -> Tensor:
        """What the grades make of the mode's part, at the resolution of the head, at the places of the same rows."""
        reduced = self._reduced(seen)
        placed = self._raised(placed_change(self.place_grades, _smaller(seen, PLACE_REDUCTION), places))
        return self.part(reduced) + graded_change(self.grades[shot], reduced) + placed

    def start(self, graded: Tensor) -> Tensor:
        """The coefficients that the members start from, of what the grades made of the whole picture."""
        return with_gains(graded, self.gains)

    def _reduced(self, picture: Tensor) -> Tensor:
        """A picture at the resolution of the head."""
        return _smaller(picture, self.head_scale)

    def _raised(self, placed: Tensor) -> Tensor:
        """What was looked up by place, at the resolution of the head."""
        return F.interpolate(placed, scale_factor=float(PLACE_REDUCTION // self.head_scale), mode="bilinear")

    def places(self, picture: Tensor, first: int, last: int, edges: Tensor | None = None) -> Tensor:
        """The functions of the place in the frame of rows `first` to `last` of the trunk's input.

        (batch, functions, rows, columns), at 1/`PLACE_REDUCTION` of the resolution. `edges` are those of `Patches`;
        without them the picture is a whole one.
        """
        height, width = picture.shape[2:]
        if edges is None:
            edges = picture.new_tensor([[-1.0, 1.0, -1.0, 1.0]])
        middle = 0.5 * PLACE_REDUCTION
        columns = self._columns(picture)[::PLACE_REDUCTION] + middle
        rows = self._rows(picture, first, last)[::PLACE_REDUCTION] + middle
        across, down = ((length / side).clamp(max=1.0) for length, side in ((columns, width), (rows, height)))
        left, right, top, bottom = edges.unsqueeze(2).unbind(1)
        return place_functions(left + (right - left) * across, top + (bottom - top) * down)

    def _rows(self, picture: Tensor, first: int, last: int) -> Tensor:
        return torch.arange(first * self.packing, last * self.packing, device=picture.device)

    def _columns(self, picture: Tensor) -> Tensor:
        return torch.arange(_multiples(picture.shape[3], self.multiple) * self.multiple, device=picture.device)

    def pack(self, seen: Tensor, start: Tensor) -> Tensor:
        """The trunk's input, (batch, inputs, rows, columns), of what is seen and the start, of the same rows."""
        # Chroma as it will be; of luma and colours the change, since the picture itself is seen.
        told = start if self.mode == "chroma" else start - self._reduced(self.part(seen))
        reduced = _smaller(_GRADE_GAIN * told, self.packing // self.head_scale)
        return torch.cat([F.pixel_unshuffle(seen - _GREY, self.packing), reduced], 1)

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
        wanted = coefficients[:, :, skip : skip + height, :width]
        seen = picture.clamp(0.0, 1.0)
        if self.mode != "chroma":
            return picture + (wanted - self.part(seen))
        luma = self.luma(seen)
        blue = BLUE_RANGE * wanted[:, 0:1] + luma - seen[:, 2:3]
        red = RED_RANGE * wanted[:, 1:2] + luma - seen[:, 0:1]
        red_weight, green_weight, blue_weight = LUMA_WEIGHTS
        green = red * (-red_weight / green_weight) - blue * (blue_weight / green_weight)
        return picture + torch.cat([red, green, blue], 1)

    def forward(self, picture: Tensor, shot: int = 0) -> Tensor:
        """The recovered picture, whole: for pictures that need no strips (see `inference`)."""
        return self.finish(picture, self.coefficients(picture, shot))


def _smaller(picture: Tensor, factor: int) -> Tensor:
    """The means of squares of so many pixels a side."""
    return F.avg_pool2d(picture, factor) if factor > 1 else picture


def _multiples(length: int, multiple: int) -> int:
    """How many multiples cover a length. All terms stay positive: an exported model would round others towards zero."""
    return (length + multiple - 1) // multiple


def cost(network: RecoveryNetwork) -> tuple[int, int]:
    """Number of parameters, and of multiplications of the convolutions on a picture of 1024x1024."""
    parameters = sum(parameter.numel() for parameter in network.parameters())
    with FlopCounterMode(display=False) as counter:
        network.to("meta").coefficients(torch.empty(1, 3, 1024, 1024, device="meta"))
    return parameters, counter.get_total_flops() // 2
