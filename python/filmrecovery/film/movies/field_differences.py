"""How much neighbouring fields of a movie differ, from which the cadence of a telecine is found.

A picture of interlaced video is two fields: the even lines, called top, and the odd ones. Where both show one moment,
the lines fit together. Where they show two, edges that moved have teeth of one line, the comb.
"""

from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Channel

_BLOCK = 8
"""Side of a block in pixels: what moves may be small."""
_SHARE = 0.1
"""The share of the blocks, those that differ most, of which the mean is taken."""


@dataclass(frozen=True)
class FieldDifferences:
    """What the fields of one picture have to do with each other and with those before; differences of luma in 0..1.

    `inside` is the comb of its two fields, `top_after` that of its top field with the bottom one before, `bottom_after`
    that of its bottom field with the top one before. `still` is what a field by itself has of a comb, which is the
    detail of the picture. `top_change` and `bottom_change` are the differences to the same field before.
    """

    inside: float
    top_after: float
    bottom_after: float
    still: float
    top_change: float
    bottom_change: float


class FieldComparison:
    """Compares the fields of a movie's pictures, one picture after the other."""

    def __init__(self) -> None:
        self._before: Channel | None = None

    def with_next(self, luma: Channel) -> FieldDifferences:
        """The differences of the next picture's fields. Of the first, those to the picture before are none."""
        # An odd last line has no partner.
        luma = luma[: luma.shape[0] // 2 * 2]
        before = luma if self._before is None else self._before
        top, bottom, top_before, bottom_before = luma[0::2], luma[1::2], before[0::2], before[1::2]
        self._before = luma
        return FieldDifferences(
            inside=_comb(luma),
            top_after=_comb(_woven(top, bottom_before)),
            bottom_after=_comb(_woven(top_before, bottom)),
            still=(_comb(top) + _comb(bottom)) / 2,
            top_change=_most(np.abs(top - top_before)),
            bottom_change=_most(np.abs(bottom - bottom_before)),
        )


def _woven(top: Channel, bottom: Channel) -> Channel:
    return np.stack([top, bottom], axis=1).reshape(2 * len(top), -1)


def _comb(lines: Channel) -> float:
    """How far lines stand out from both of their neighbours, in the same direction."""
    above, below = lines[1:-1] - lines[:-2], lines[1:-1] - lines[2:]
    teeth = np.where(above * below > 0, np.minimum(np.abs(above), np.abs(below)), 0)
    return _most(teeth)


def _most(differences: Channel) -> float:
    """The mean of the blocks that differ most."""
    height, width = differences.shape
    rows, columns = max(height // _BLOCK, 1), max(width // _BLOCK, 1)
    tall, wide = min(_BLOCK, height), min(_BLOCK, width)
    blocks = differences[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide).mean(axis=(1, 3)).ravel()
    count = max(round(_SHARE * blocks.size), 1)
    return float(np.partition(blocks, -count)[-count:].mean())
