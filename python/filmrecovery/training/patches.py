"""Training patches: random windows of the pairs with augmentation that treats input and target alike.

A batch depends on the seed and the step alone, so that a resumed training sees just what an uninterrupted one sees.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = 3
"""Resolutions of multi-resolution training: quarter, half and full."""


@dataclass(frozen=True)
class Augmentation:
    """How far patches are varied; 0 or False: not at all."""

    flips: bool
    """Mirror left and right; film is never upside down."""
    exposure: float
    """Standard deviation of a common gain, in stops."""
    scale: float
    """Largest relative change of size."""


NO_AUGMENTATION = Augmentation(False, 0.0, 0.0)


@dataclass(frozen=True)
class TrainingPair:
    """Input and target (3, height, width) float32 in 0..1, display-referred Rec.709."""

    input: Tensor
    target: Tensor

    def reduced(self, factor: int) -> "TrainingPair":
        """The pair at 1/`factor` of its size (area average)."""
        if factor == 1:
            return self
        return TrainingPair(*(F.avg_pool2d(picture[None], factor)[0] for picture in (self.input, self.target)))


def draw_batch(
    pairs: list[TrainingPair], count: int, size: int, multiple: int, augmentation: Augmentation, seed: int, step: int
) -> tuple[Tensor, Tensor]:
    """Inputs and targets (count, 3, size, size) of one training step; `size` is a multiple of `multiple`.

    Patches are smaller than `size` where the smallest pair is. Larger pairs are drawn in proportion to their area.
    """
    random = np.random.default_rng([seed, step])
    areas = np.array([pair.input.shape[1] * pair.input.shape[2] for pair in pairs], dtype=np.float64)
    smallest = min(min(pair.input.shape[1:]) for pair in pairs)
    size = min(size, max(smallest // multiple, 1) * multiple)
    chosen = random.choice(len(pairs), size=count, p=areas / areas.sum())
    patches = [_patch(pairs[index], size, augmentation, random) for index in chosen]
    return torch.stack([patch.input for patch in patches]), torch.stack([patch.target for patch in patches])


def _patch(pair: TrainingPair, size: int, augmentation: Augmentation, random: np.random.Generator) -> TrainingPair:
    height, width = pair.input.shape[1:]
    scale = 1 + random.uniform(-augmentation.scale, augmentation.scale)
    rows, columns = (min(max(round(size / scale), 1), side) for side in (height, width))
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    mirror = random.random() < 0.5
    gain = 2.0 ** (augmentation.exposure * random.standard_normal())
    window = (slice(None), slice(top, top + rows), slice(left, left + columns))
    both = torch.stack([pair.input[window], pair.target[window]])
    if (rows, columns) != (size, size):
        both = F.interpolate(both, (size, size), mode="bilinear", align_corners=False)
    if augmentation.flips and mirror:
        both = both.flip(3)
    if augmentation.exposure:
        both = both * gain
    return TrainingPair(both[0], both[1])
