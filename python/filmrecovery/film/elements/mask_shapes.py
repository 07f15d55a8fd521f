"""Shapes of a mask as they are written: boxes and polygons that stand still, or move from key to key.

For Gaffer's process too: the standard library alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames

Point = tuple[float, float]
Points = tuple[Point, ...]
"""The two corners of a box, upper left and lower right; or three corners and more of a polygon."""

_POINT = r"\s*\d+\s*,\s*\d+\s*"
_KEY = re.compile(rf"\s*([\d,x-]+)\s*:({_POINT},{_POINT}|{_POINT}(?:\s{_POINT}){{2,}})")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class MaskShape:
    """A shape at some frames, by its only key; or at those from its first key to its last, between which it moves.

    All keys have the same number of points.
    """

    frames: tuple[int, ...]
    keys: Mapping[int, Points]

    def moves(self) -> bool:
        """Whether it has several keys."""
        return len(self.keys) > 1

    def at(self, frame: int) -> Points | None:
        """Its points at a frame; None where it is not there."""
        if not self.moves():
            return next(iter(self.keys.values())) if frame in self.frames else None
        if frame in self.keys:
            return self.keys[frame]
        before = max((number for number in self.keys if number < frame), default=None)
        after = min((number for number in self.keys if number > frame), default=None)
        if before is None or after is None:
            return None
        part = (frame - before) / (after - before)
        ends = zip(self.keys[before], self.keys[after], strict=True)
        return tuple((x0 + (x1 - x0) * part, y0 + (y1 - y0) * part) for (x0, y0), (x1, y1) in ends)

    def text(self) -> str:
        """As it is written, in whole pixels."""
        keys = [
            (str(frame) if self.moves() else format_frames(self.frames), points)
            for frame, points in sorted(self.keys.items())
        ]
        return " > ".join(f"{frames}: {_points_text(points)}" for frames, points in keys)


def parse_shapes(text: str) -> tuple[MaskShape, ...]:
    """The shapes that are written in a text, with ";" between. Raises SettingsError for one that is badly written."""
    return tuple(_parsed(part) for part in text.split(";") if part.strip())


def _parsed(text: str) -> MaskShape:
    keys: list[tuple[int, Points]] = []
    frames: tuple[int, ...] = ()
    for part in text.split(">"):
        match = _KEY.fullmatch(part)
        if not match:
            raise SettingsError(
                f"box '{part.strip()}': expected frames and edges, such as 10-34: 100,400,380,450, or the points of a "
                "polygon, such as 10-34: 100,400 380,400 240,450"
            )
        frames = parse_frames(match[1])
        numbers = [int(number) for number in _NUMBER.findall(match[2])]
        points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        if len(points) == 2 and (points[0][0] >= points[1][0] or points[0][1] >= points[1][1]):
            raise SettingsError(f"box '{part.strip()}': its right or bottom edge is not beyond the other; correct it")
        keys.append((frames[0], points))
    numbers = [number for number, _ in keys]
    if len(keys) > 1 and (len(set(numbers)) < len(numbers) or numbers != sorted(numbers)):
        raise SettingsError(f"box '{text.strip()}': a shape that moves has one later frame after the other; correct it")
    if len({len(points) for _, points in keys}) > 1:
        raise SettingsError(f"box '{text.strip()}': a shape that moves keeps its number of points; correct it")
    return MaskShape(frames, dict(keys))


def _points_text(points: Points) -> str:
    between = "," if len(points) == 2 else " "
    return between.join(f"{round(x)},{round(y)}" for x, y in points)
