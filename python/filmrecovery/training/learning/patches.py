"""Training patches: random windows of the pairs with augmentation that treats input and target alike.

A batch depends on the seed and the step alone, so that a resumed training sees just what an uninterrupted one sees.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from filmrecovery.model.network import Patches
from filmrecovery.model.send_to import send_to
from filmrecovery.training.fitting.fit_grades import Grades
from filmrecovery.training.fitting.folds import Block

_MOST_FOR_ONE = 4

LEVELS = 3
"""Resolutions of multi-resolution training: quarter, half and full."""


@dataclass(frozen=True)
class Augmentation:
    """How far patches are varied; 0 or False: not at all."""

    mirror: bool
    """Mirror left and right."""
    upside_down: bool
    """Mirror top and bottom."""
    exposure: float
    """Standard deviation of a common gain, in stops."""
    scale: float
    """Largest relative change of size."""


NO_AUGMENTATION = Augmentation(False, False, 0.0, 0.0)


@dataclass(frozen=True)
class TrainingPair:
    """Input and target (3, height, width) float32 in 0..1, display-referred Rec.709, and what the network is told."""

    input: Tensor
    target: Tensor
    grade: Tensor
    """The grade that was fitted without the pair, (channels, nodes, nodes, nodes)."""
    place_grades: Tensor
    """Those by place, fitted without the pair, (functions, channels, nodes, nodes, nodes)."""
    edges: tuple[float, float, float, float]
    """Left, right, top and bottom of the pair in its picture, whose own are -1, 1, -1, 1."""

    @classmethod
    def of(cls, block: Block, grades: Grades) -> "TrainingPair":
        """A block to learn from, with the grades that never saw it."""
        return cls(
            torch.from_numpy(block.input).permute(2, 0, 1),
            torch.from_numpy(block.target).permute(2, 0, 1),
            grades.without[block.fold, block.shot],
            grades.place_without[block.fold],
            block.edges,
        )

    def reduced(self, factor: int) -> "TrainingPair":
        """The pair at 1/`factor` of its size (area average)."""
        if factor == 1:
            return self
        both = F.avg_pool2d(torch.stack([self.input, self.target]), factor)
        return dataclasses.replace(self, input=both[0], target=both[1])


@dataclass(frozen=True)
class Batch:
    """Inputs and targets (count, 3, size, size) of one training step, and what the network is told of them."""

    inputs: Tensor
    targets: Tensor
    patches: Patches

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(send_to(device, self.inputs), send_to(device, self.targets), self.patches.to(device))


def draw_batch(
    pairs: Sequence[TrainingPair],
    count: int,
    size: int,
    multiple: int,
    augmentation: Augmentation,
    seed: int,
    step: int,
    share: tuple[int, int] = (0, 1),
) -> Batch:
    """The patches of one training step; `size` is a multiple of `multiple`.

    Patches are at most half as wide as the smallest pair, down to `multiple`: a network that always sees the whole
    picture learns by heart what lies where. So many more of them, up to four for one, make up for it. Larger pairs are
    drawn in proportion to their area.

    With `share`, number (from 0) and count of equal shares, those of one share: all shares together are the batch.
    """
    random = np.random.default_rng([seed, step])
    areas = np.array([pair.input.shape[1] * pair.input.shape[2] for pair in pairs], dtype=np.float64)
    size, count = patches_in_step(pairs, count, size, multiple)
    chosen = [pairs[index] for index in random.choice(len(pairs), size=count, p=areas / areas.sum())]
    variations = [_draw_variation(pair, size, augmentation, random) for pair in chosen]
    number, shares = share
    kept = slice(number * count // shares, (number + 1) * count // shares)
    of_patches = chosen[kept]
    cut = [_patch(pair, size, variation) for pair, variation in zip(of_patches, variations[kept], strict=True)]
    inputs, targets, edges = (torch.stack(parts) for parts in zip(*cut, strict=True))
    grades = torch.stack([pair.grade for pair in of_patches])
    place_grades = torch.stack([pair.place_grades for pair in of_patches])
    return Batch(inputs, targets, Patches(grades, place_grades, edges))


def patches_in_step(pairs: Sequence[TrainingPair], count: int, size: int, multiple: int) -> tuple[int, int]:
    """Side in pixels and number of the patches of a step that is asked for so many of such a size."""
    smallest = min(min(pair.input.shape[1:]) for pair in pairs)
    whole = min(size, max(smallest // multiple, 1) * multiple)
    size = min(size, max(smallest // 2 // multiple, 1) * multiple)
    return size, count * min((whole // size) ** 2, _MOST_FOR_ONE)


@dataclass(frozen=True)
class _Variation:
    """Where a patch lies in its pair, and how it is varied."""

    rows: int
    columns: int
    top: int
    left: int
    mirror: bool
    upside_down: bool
    gain: float | None


def _draw_variation(
    pair: TrainingPair, size: int, augmentation: Augmentation, random: np.random.Generator
) -> _Variation:
    height, width = pair.input.shape[1:]
    scale = 1 + random.uniform(-augmentation.scale, augmentation.scale)
    rows, columns = (min(max(round(size / scale), 1), side) for side in (height, width))
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    mirror, upside_down = random.random(2) < 0.5
    gain = 2.0 ** (augmentation.exposure * random.standard_normal())
    return _Variation(
        rows,
        columns,
        int(top),
        int(left),
        augmentation.mirror and bool(mirror),
        augmentation.upside_down and bool(upside_down),
        gain if augmentation.exposure else None,
    )


def _patch(pair: TrainingPair, size: int, variation: _Variation) -> tuple[Tensor, Tensor, Tensor]:
    """Input, target, and edges in the whole picture of one patch."""
    height, width = pair.input.shape[1:]
    rows, columns, top, left = variation.rows, variation.columns, variation.top, variation.left
    window = (slice(None), slice(top, top + rows), slice(left, left + columns))
    both = torch.stack([pair.input[window], pair.target[window]])
    if (rows, columns) != (size, size):
        both = F.interpolate(both, (size, size), mode="bilinear", align_corners=False)
    x0, x1, y0, y1 = pair.edges
    across, down = (x1 - x0) / width, (y1 - y0) / height
    edges = [x0 + across * left, x0 + across * (left + columns), y0 + down * top, y0 + down * (top + rows)]
    if variation.mirror:
        both = both.flip(3)
        edges[:2] = edges[1::-1]
    if variation.upside_down:
        both = both.flip(2)
        edges[2:] = edges[:1:-1]
    if variation.gain is not None:
        both = both * variation.gain
    return both[0], both[1], torch.tensor(edges, dtype=torch.float32)
