"""The recovery network: a grade, and a few small residual U-Nets that see what no grade can, and correct the rest.

A grade is a lattice of changes by colour (`graded_change`): one of the film, one of each of its shots, and some for
what differs over the frame, as fading does: each times a function of the place. Of what the grades make of the picture
each band of detail (`model/detail.py`) is kept by gains: below 1 it is mostly grain, above 1 it is sharpened. This
start, and the picture, packed by pixel unshuffle (Shi et al., CVPR 2016), go into the members: trunks that run at a
fraction of the resolution and see far. The mean of their outputs is added to the start with a weight. These
*coefficients* finish the picture point by point, so that the mode's other part is held:

- chroma: the chroma at a fraction of the resolution, raised bilinearly, in place of the picture's. Finer chroma is
  mostly grain. What changes carries no luma.
- spatial: the luma at full resolution; the change is added equally to R'G'B', and carries no chroma.
- plain: R'G'B' at full resolution; nothing is held.

The last convolutions start at zero, so that an untrained network gives its start. There is no normalisation
over a batch and no pooling over the frame. Imports torch alone, so that Gaffer's own interpreter can run it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
from filmrecovery.model.recovered_part import brightness_beyond, recovered_part, with_recovered_part
from filmrecovery.model.send_to import send_to
from filmrecovery.model.trunk import SIZES, Trunk

CHROMA_REDUCTION = 2
"""Chroma is recovered at this fraction of the resolution and raised bilinearly; finer chroma detail is mostly grain."""
PLACE_REDUCTION = 8
"""What differs over the frame is looked up at this fraction of the resolution and raised bilinearly."""

_PACKING = {"chroma": 8, "spatial": 4, "plain": 4}
_OUTPUT_CHANNELS = {"chroma": 2, "spatial": 1, "plain": 3}
_GREY = 0.5
"""The packed picture is centred about this value, which keeps the first layer's inputs near zero mean."""

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
        """These patches on a device."""
        tensors = (self.grades, self.place_grades, self.edges)
        return Patches(*(send_to(device, tensor) for tensor in tensors))


class RecoveryNetwork(nn.Module):
    """Recovers display-referred Rec.709 pictures: (batch, 3, height, width) -> the same shape, any height and width.

    The methods stand in the order of a picture's path:

    1. `seen` pads the picture and keeps it within 0..1;
    2. `graded` applies the grades, by its colours and by its `places`;
    3. `start` applies the gains of detail to that;
    4. `pack` puts both together for the members;
    5. `added` and `unpack` make of the members' outputs what is added to the start: the coefficients;
    6. `finish` puts these in the place of what the mode recovers of the picture.

    The path is taken by whole pictures (`coefficients`), by training patches (`learnt_coefficients`), and in strips, so
    that the memory is bounded, by what is rendered (`inference`).

    Values outside 0..1 are carried through, or in chroma mode, above 1, recovered at the brightness that they have. A
    shot is a number: 0 is the film as a whole, 1 and on are the shots that the model knows.
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

    def forward(self, picture: Tensor, shot: int = 0) -> Tensor:
        """The recovered picture, whole: for pictures that need no strips (see `inference`)."""
        return self.finish(picture, self.coefficients(picture, shot))

    def coefficients(self, picture: Tensor, shot: int = 0) -> Tensor:
        """What the picture is finished from, its recovered part at the resolution of the head.

        (batch, 2 | 1 | 3, padded height / head_scale, padded width / head_scale): Cb and Cr in chroma mode, luma in
        spatial mode, R'G'B' in plain mode.
        """
        seen = self.seen(picture)
        start = self.start(self.graded(seen, shot, self.places(picture)))
        packed = self.pack(seen, start)
        return self.unpack(self.added([member(packed) for member in self.members], shot)) + start

    def learnt_coefficients(self, picture: Tensor, patches: Patches, member: int) -> tuple[Tensor, Tensor]:
        """The start of training patches by grades of their own, and what one member adds to it, without a weight."""
        start = self.start(self.learnt_graded(picture, patches))
        packed = self.pack(self.seen(picture), start)
        return start, self.unpack(self.members[member](packed))

    def packed_height(self, picture: Tensor) -> int:
        """Height of the trunk's input for a picture (batch, 3, height, width)."""
        return _multiples(picture.shape[2], self.multiple) * self.trunk.stride

    def seen(self, picture: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """The pixels of rows `first` to `last` of the trunk's input, (batch, 3, packing * (last - first), full width).

        Without them it is the whole picture. The network sees what it was trained on, 0..1: in chroma mode what is
        brighter at the same hue, which `finish` makes as bright again. The rest of what lies outside is carried through
        by the sum there.
        """
        last = self.packed_height(picture) if last is None else last
        # Repeats the last row and column; joined rather than by `F.pad`, whose sizes an exported model would freeze.
        rows = picture[:, :, first * self.packing : last * self.packing]
        below = (last - first) * self.packing - rows.shape[2]
        seen = torch.cat([rows, picture[:, :, -1:].expand(-1, -1, below, -1)], 2)
        beside = self._padded_width(picture) - picture.shape[3]
        seen = torch.cat([seen, seen[:, :, :, -1:].expand(-1, -1, -1, beside)], 3)
        return (seen / brightness_beyond(seen) if self.mode == "chroma" else seen).clamp(0.0, 1.0)

    def places(self, picture: Tensor, first: int = 0, last: int | None = None, edges: Tensor | None = None) -> Tensor:
        """The functions of the place in the frame of rows `first` to `last` of the trunk's input, as `seen`.

        (batch, functions, rows, columns), at 1/`PLACE_REDUCTION` of the resolution. `edges` are those of `Patches`;
        without them the picture is a whole one.
        """
        height, width = picture.shape[2:]
        last = self.packed_height(picture) if last is None else last
        if edges is None:
            edges = picture.new_tensor([[-1.0, 1.0, -1.0, 1.0]])
        middle = 0.5 * PLACE_REDUCTION
        rows = torch.arange(first * self.packing, last * self.packing, device=picture.device)
        columns = torch.arange(self._padded_width(picture), device=picture.device)
        across, down = (
            ((pixels[::PLACE_REDUCTION] + middle) / side).clamp(max=1.0)
            for pixels, side in ((columns, width), (rows, height))
        )
        left, right, top, bottom = edges.unsqueeze(2).unbind(1)
        return place_functions(left + (right - left) * across, top + (bottom - top) * down)

    def _padded_width(self, picture: Tensor) -> int:
        return _multiples(picture.shape[3], self.multiple) * self.multiple

    def graded(self, seen: Tensor, shot: int, places: Tensor) -> Tensor:
        """What the grades make of the mode's part, at the resolution of the head, at the places of the same rows."""
        by_place = placed_change(self.place_grades, _smaller(seen, PLACE_REDUCTION), places)
        reduced = _smaller(seen, self.head_scale)
        return self._changed(reduced, graded_change(self.grades[shot], reduced), by_place)

    def learnt_graded(self, picture: Tensor, patches: Patches) -> Tensor:
        """What their own grades make of training patches, as `graded`."""
        seen, places = self.seen(picture), self.places(picture, edges=patches.edges)
        by_place = placed_changes(patches.place_grades, _smaller(seen, PLACE_REDUCTION), places)
        reduced = _smaller(seen, self.head_scale)
        return self._changed(reduced, graded_changes(patches.grades, reduced), by_place)

    def _changed(self, reduced: Tensor, by_colour: Tensor, by_place: Tensor) -> Tensor:
        """The mode's part of a picture at the resolution of the head, with the changes by colour and by place."""
        raised = F.interpolate(by_place, scale_factor=float(PLACE_REDUCTION // self.head_scale), mode="bilinear")
        return recovered_part(self.mode, reduced) + by_colour + raised

    def start(self, graded: Tensor) -> Tensor:
        """The coefficients that the members start from, of what the grades made of the whole picture."""
        return with_gains(graded, self.gains)

    def pack(self, seen: Tensor, start: Tensor) -> Tensor:
        """The trunk's input, (batch, inputs, rows, columns), of what is seen and the start, of the same rows."""
        # Chroma as it will be; of luma and colours the change, since the picture itself is seen.
        shown = start if self.mode == "chroma" else start - recovered_part(self.mode, seen)
        reduced = _smaller(_GRADE_GAIN * shown, self.packing // self.head_scale)
        return torch.cat([F.pixel_unshuffle(seen - _GREY, self.packing), reduced], 1)

    def added(self, outputs: Sequence[Tensor], shot: int) -> Tensor:
        """What is added to the start of a shot, of the outputs of all members."""
        return self.weights[shot] / len(outputs) * reduce(torch.add, outputs)

    def unpack(self, outputs: Tensor) -> Tensor:
        """The trunk's output, spread out to the resolution of the head."""
        return F.pixel_shuffle(outputs, self.packing // self.head_scale)

    def finish(self, picture: Tensor, coefficients: Tensor, skip: int = 0) -> Tensor:
        """The recovered picture from the picture and its coefficients.

        `picture` may be some rows of the whole and `coefficients` those that cover them, with one more on either side
        where there is one; `skip` is the number of full-resolution rows that the coefficients start above the picture.
        """
        height, width = picture.shape[2:]
        if self.head_scale > 1:
            coefficients = F.interpolate(coefficients, scale_factor=float(self.head_scale), mode="bilinear")
        return with_recovered_part(self.mode, picture, coefficients[:, :, skip : skip + height, :width])


def _smaller(picture: Tensor, factor: int) -> Tensor:
    """The means of squares of so many pixels a side."""
    return F.avg_pool2d(picture, factor) if factor > 1 else picture


def _multiples(length: int, multiple: int) -> int:
    """How many multiples cover a length. All terms stay positive: an exported model would round others towards zero."""
    return (length + multiple - 1) // multiple
