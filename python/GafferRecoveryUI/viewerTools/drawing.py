"""Lines and marks on the picture in the Viewer, in pixels of the picture, with widths in pixels of the screen."""

import math
from collections.abc import Iterable, Sequence

import GafferUI
import IECore
import imath

from GafferRecoveryUI.viewerTools.homography import Point

_SHADOW = imath.Color4f(0, 0, 0, 0.6)
_SEGMENTS = 48
_FILLED = 0.6
"""Gaffer's shader fills that much of the width of a line; at its edges the line is clear."""


def line(style: GafferUI.Style, start: Point, end: Point, width: float, colour: imath.Color4f) -> None:
    """A line with a dark edge, which is seen on any picture."""
    segment = IECore.LineSegment3f(imath.V3f(*start, 0), imath.V3f(*end, 0))
    if segment.length() > 0:
        _render(style, segment, 2.2 * width, _SHADOW)
        _render(style, segment, width, colour)


def outline(style: GafferUI.Style, points: Sequence[Point], width: float, colour: imath.Color4f) -> None:
    """A closed line. Its shadow lies under all of it."""
    segments = [
        IECore.LineSegment3f(imath.V3f(*point, 0), imath.V3f(*other, 0))
        for point, other in zip(points, [*points[1:], points[0]], strict=True)
        if point != other
    ]
    for thickness, shade in ((2.2 * width, _SHADOW), (width, colour)):
        for segment in segments:
            _render(style, segment, thickness, shade)


def square(style: GafferUI.Style, centre: Point, side: float, colour: imath.Color4f) -> None:
    """A filled square: a line as thick as it is long, since the colour of other shapes cannot be set in Python."""
    x, y = centre
    for size, shade in ((side * 1.35, _SHADOW), (side, colour)):
        ends = imath.V3f(x - size / 2, y, 0), imath.V3f(x + size / 2, y, 0)
        _render(style, IECore.LineSegment3f(*ends), size, shade)


def shade(style: GafferUI.Style, area: tuple[float, float, float, float], colour: imath.Color4f) -> None:
    """A filled rectangle: left, bottom, right, top."""
    left, bottom, right, top = area
    ends = imath.V3f(left, (bottom + top) / 2, 0), imath.V3f(right, (bottom + top) / 2, 0)
    _render(style, IECore.LineSegment3f(*ends), top - bottom, colour)


def circle(centre: Point, radius: float) -> list[Point]:
    """Points of a circle."""
    angles = [2 * math.pi * index / _SEGMENTS for index in range(_SEGMENTS)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def distance(point: Point, other: Point) -> float:
    return math.hypot(point[0] - other[0], point[1] - other[1])


def middle(points: Iterable[Point]) -> Point:
    xs, ys = zip(*points, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def isInside(quad: Sequence[Point], point: Point) -> bool:
    """Whether a point lies in a convex shape."""
    turns = [
        (x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)
        for (x0, y0), (x1, y1) in zip(quad, [*quad[1:], quad[0]], strict=True)
    ]
    return min(turns) >= 0 or max(turns) <= 0


def isEnclosed(shape: Sequence[Point], point: Point) -> bool:
    """Whether a point lies in a shape of any form: a line from it to the right meets an odd number of edges."""
    x, y = point
    meets = [
        x < x0 + (x1 - x0) * (y - y0) / (y1 - y0)
        for (x0, y0), (x1, y1) in zip(shape, [*shape[1:], shape[0]], strict=True)
        if (y0 > y) != (y1 > y)
    ]
    return sum(meets) % 2 == 1


def _render(style: GafferUI.Style, segment: IECore.LineSegment3f, width: float, colour: imath.Color4f) -> None:
    style.renderLine(segment, width / _FILLED, colour)
