"""Which pictures each member of a model is trained without, so that there are some to tell how far to trust it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.model.model_file import shot_number
from filmrecovery.picture.arrays import Picture
from filmrecovery.training.pairs.load_pairs import Pair

WHOLE = (-1.0, 1.0, -1.0, 1.0)
"""Left, right, top and bottom edge of a whole picture."""

_QUARTERS = ((-1.0, 0.0, -1.0, 0.0), (0.0, 1.0, -1.0, 0.0), (-1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0))
_LEAST_SIDE = 128
"""Pixels: smaller quarters are not worth it."""
_FEWEST_PICTURES = 4
"""A shot with fewer pictures leaves out quarters: without a whole picture its grade would differ too much."""


@dataclass(frozen=True)
class Block:
    """A pair to train on, or a quarter of one: (height, width, 3) float32 in 0..1, in the working space."""

    input: Picture
    target: Picture
    shot: int
    """The number by which the network knows its shot."""
    fold: int
    edges: tuple[float, float, float, float]
    """Left, right, top and bottom of the block in the picture, whose own are -1, 1, -1, 1."""

    @property
    def share(self) -> float:
        """How much of the picture it is, above 0 and up to 1."""
        left, right, top, bottom = self.edges
        return (right - left) * (bottom - top) / 4

    def middle(self, most: int) -> "Block":
        """The middle of the block, of a bounded size, which tells enough of a large one."""
        height, width = self.input.shape[:2]
        top, left = (max(side - most, 0) // 2 for side in (height, width))
        window = slice(top, height - top), slice(left, width - left)
        x0, x1, y0, y1 = self.edges
        across, down = (x1 - x0) * left / width, (y1 - y0) * top / height
        return Block(
            np.ascontiguousarray(self.input[window]),
            np.ascontiguousarray(self.target[window]),
            self.shot,
            self.fold,
            (x0 + across, x1 - across, y0 + down, y1 - down),
        )


def shot_names(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The shots that a model of these pairs is to know apart: their labels, none where all are of one shot."""
    names = sorted({pair.label for pair in pairs})
    return tuple(names) if len(names) > 1 else ()


def blocks(pairs: Sequence[Pair], shots: Sequence[str], folds: int) -> list[Block]:
    """The blocks of the pairs to train on, each in one of so many folds, the pictures of each shot spread over them.

    Where there are fewer pictures than folds, or few of each shot, each is parted into quarters, if it is large enough.
    """
    few = len(pairs) < max(folds, _FEWEST_PICTURES * max(len(shots), 1))
    parted = few and all(min(pair.input.shape[:2]) >= 2 * _LEAST_SIDE for pair in pairs)
    ordered = sorted(pairs, key=lambda pair: (pair.label, pair.frame))
    parts = [(pair, edges) for pair in ordered for edges in (_QUARTERS if parted else (WHOLE,))]
    return [
        Block(
            _part(pair.input, edges),
            _part(pair.target, edges),
            shot_number(shots, pair.label),
            number % folds,
            edges,
        )
        for number, (pair, edges) in enumerate(parts)
    ]


def _part(picture: Picture, edges: tuple[float, float, float, float]) -> Picture:
    height, width = picture.shape[:2]
    left, right, top, bottom = ((1 + edge) / 2 for edge in edges)
    return picture[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
