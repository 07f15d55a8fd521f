"""A few frames, or other things in a row, that stand for many.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
"""What is in a row, such as the numbers of frames."""

_RUN = 3
"""Frames side by side, so that what changes from frame to frame is seen."""


def evenly_spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, in their order and evenly spread, the first and the last among them.

    `most` is one at least; one is the first.
    """
    last = len(items) - 1
    if most == 1 or last < 1:
        return list(items[:1])
    chosen = {round(step * (last / (most - 1))) for step in range(most - 1)} | {last}
    return [items[index] for index in sorted(chosen)]


def spread_frames(frames: Sequence[int], most: int) -> tuple[int, ...]:
    """At most so many of the frames, which are sorted: runs of three, spread evenly from the first to the last.

    All of them where they are no more. `most` is three at least.
    """
    if len(frames) <= most:
        return tuple(frames)
    runs = most // _RUN
    last = len(frames) - _RUN
    starts = [round(last * number / (runs - 1)) for number in range(runs)] if runs > 1 else [last // 2]
    return tuple(frames[index] for index in sorted({start + step for start in starts for step in range(_RUN)}))
