"""Frames that are missing from a shot without anybody having said so: a gap is meant only where the user names it."""

import bisect
import itertools
from collections.abc import Sequence

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.scope import Scope


def check_unbroken(element: Element, shots: Sequence[Scope] = ()) -> None:
    """Checks an element whose frames are those that were found, and not those that somebody named.

    Every number between its first and its last frame must be there. Where the shots are known, every number of each of
    them must be, and what lies between them does not count. Raises ElementError that names the missing frames.
    """
    ranges = [(shot.first, shot.last) for shot in shots] or [(element.frames[0], element.frames[-1])]
    missing = [gap for first, last in ranges for gap in _gaps(element.frames, first, last)]
    if missing:
        where = ", ".join(map(str, shots)) or f"{element.frames[0]}-{element.frames[-1]}"
        raise ElementError(
            f"{element.pattern}: the frames {','.join(missing)} of {where} are missing; {_remedy(element)}"
        )


def missing_between(element: Element) -> str:
    """The numbers between the first and the last frame of an element that are not there; empty where all are."""
    return ",".join(_gaps(element.frames, element.frames[0], element.frames[-1]))


def check_as_long_as(element: Element, source: Element) -> None:
    """Checks that an element, whose frames were found, has all frames of what it was made from.

    Raises ElementError that names the frames that it lacks.
    """
    lacking = set(source.frames).difference(element.frames)
    if lacking:
        raise ElementError(
            f"{element.pattern}: the frames {format_frames(lacking)} are missing, which {source.pattern} has; "
            f"{_remedy(element)}"
        )


def _remedy(element: Element) -> str:
    return (
        f"restore or make them, or name the frames that are wanted, such as --frames {format_frames(element.frames)}, "
        "which says that the others are not"
    )


def _gaps(frames: Sequence[int], first: int, last: int) -> list[str]:
    """The ranges of numbers from the first to the last that are not among the frames, however many they are."""
    within = frames[bisect.bisect_left(frames, first) : bisect.bisect_right(frames, last)]
    return [
        f"{before + 1}-{after - 1}" if after - before > 2 else str(before + 1)
        for before, after in itertools.pairwise([first - 1, *within, last + 1])
        if after - before > 1
    ]
