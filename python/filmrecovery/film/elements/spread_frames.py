"""A few frames that stand for many.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

from collections.abc import Sequence

_RUN = 3
"""Frames side by side, so that what changes from frame to frame is seen."""


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
