"""Line plots as numbers: what a template needs to draw one as SVG.

Lengths are in units of the plot's view box, `WIDTH` x `HEIGHT`, from the upper left.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from filmrecovery.report.words import number

WIDTH, HEIGHT = 560, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 546, 14, 196
"""The edges of the field that the lines are drawn in."""

_MOST_POINTS = 600
_HEADROOM = 0.08
# Lines that would squeeze the others into less than a third of the height are cut off.
_MOST_SQUEEZE = 3.0
# Half a code of 8 bits: of less nobody wants a scale.
_LEAST_SPAN = 0.002

Points = Sequence[tuple[float, float | None]]
"""x and y, in the order of x; y is None where there is nothing to draw."""


@dataclass(frozen=True)
class Line:
    """A line, and an SVG path for it."""

    name: str
    path: str
    beyond: float | None
    """The value that lies farthest beyond the scale, if one does."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Band:
    """A stretch of x that is marked."""

    left: float
    width: float


@dataclass(frozen=True)
class Plot:
    """One plot, ready to be drawn."""

    title: str
    help: str
    lines: tuple[Line, ...]
    limits: tuple[Tick, ...]
    bands: tuple[Band, ...]
    marks: str
    """An SVG path with a point for each value that is marked."""
    marked: str
    """What the marks stand for."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str


@dataclass(frozen=True)
class Scale:
    """The scale of the values of a plot."""

    limits: tuple[float, ...] = ()
    """Drawn as level lines, and within the scale."""
    uncut: tuple[str, ...] = ()
    """The lines that lie within the scale, if any are named: others are cut off where they would squeeze these."""
    logarithmic: bool = False
    """Then only values above 0 are drawn."""


@dataclass(frozen=True)
class Marks:
    """Values that are marked, as points with a band behind them, and what they stand for."""

    points: Points = ()
    meaning: str = ""


def draw(
    title: str,
    help: str,
    series: Mapping[str, Points],
    x_label: str,
    scale: Scale = Scale(),
    marks: Marks = Marks(),
) -> Plot | None:
    """A plot of the series by their names; None where they have no value."""
    logarithmic = scale.logarithmic
    known = {name: [(x, _known(y, logarithmic)) for x, y in points] for name, points in series.items()}
    values = {name: [y for _, y in points if y is not None] for name, points in known.items()}
    if not any(values.values()):
        return None
    low, high = _bounds(values, scale.limits, scale.uncut or tuple(values), logarithmic)
    xs = sorted({x for points in known.values() for x, _ in points})
    across = _scale(xs[0], xs[-1], LEFT, RIGHT)
    linear = _scale(_at(low, logarithmic), _at(high, logarithmic), BOTTOM, TOP)

    def down(value: float) -> float:
        return linear(_at(min(max(value, low), high), logarithmic))

    return Plot(
        title,
        help,
        tuple(
            Line(name, _path(_thinned(points), across, down), _beyond(values[name], low, high))
            for name, points in known.items()
            if values[name]
        ),
        tuple(Tick(down(limit), f"limit {number(limit)}") for limit in scale.limits),
        _bands([x for x, _ in marks.points], xs, across),
        "".join(f"M{across(x):.1f} {down(y):.1f}h0" for x, y in marks.points if y is not None),
        marks.meaning,
        tuple(Tick(across(x), f"{x:g}") for x in _whole_ticks(xs[0], xs[-1])),
        tuple(Tick(down(y), number(y)) for y in (_decades(low, high) if logarithmic else _ticks(low, high))),
        x_label,
    )


def _known(value: float | None, logarithmic: bool) -> float | None:
    return None if value is None or not math.isfinite(value) or (logarithmic and value <= 0) else value


def _at(value: float, logarithmic: bool) -> float:
    return math.log10(value) if logarithmic else value


def _bounds(
    values: Mapping[str, list[float]], limits: tuple[float, ...], uncut: tuple[str, ...], logarithmic: bool
) -> tuple[float, float]:
    """The lowest and highest value of the scale."""
    everything = [*itertools.chain.from_iterable(values.values()), *limits]
    low, high = min(everything), max(everything)
    if logarithmic:
        return low / 1.2, high * 1.2
    whole = [*itertools.chain.from_iterable(values.get(name, ()) for name in uncut), *limits]
    if whole and _MOST_SQUEEZE * max(max(whole) - min(whole), _LEAST_SPAN) < high - low:
        low, high = min(whole), max(whole)
    if high - low < _LEAST_SPAN:
        low, high = ((low + high + sign * _LEAST_SPAN) / 2 for sign in (-1, 1))
    # Where all figures are above 0, the scale shows 0 if it is not far.
    if 0 < low < 0.6 * high:
        low = 0.0
    room = _HEADROOM * (high - low)
    return (low if low == 0 else low - room), high + room


def _beyond(values: list[float], low: float, high: float) -> float | None:
    beyond = [value for value in values if not low <= value <= high]
    return max(beyond, key=lambda value: max(low - value, value - high), default=None)


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    if high == low:
        return lambda value: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _path(points: Points, across: Callable[[float], float], down: Callable[[float], float]) -> str:
    parts = []
    for is_known, run in itertools.groupby(points, key=lambda point: point[1] is not None):
        if is_known:
            places = [f"{across(x):.1f} {down(y):.1f}" for x, y in run if y is not None]
            # A point by itself is drawn by its round ends.
            parts.append("M" + "L".join(places) + ("h0" if len(places) == 1 else ""))
    return "".join(parts)


def _thinned(points: Points) -> Points:
    """No more points than can be told apart: of each stretch the lowest and the highest."""
    if len(points) <= _MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / _MOST_POINTS)
    thinned = []
    for start in range(0, len(points), size):
        stretch = [(y, x) for x, y in points[start : start + size] if y is not None]
        if stretch:
            thinned += sorted((x, y) for y, x in {min(stretch), max(stretch)})
    return thinned


def _bands(marked: Sequence[float], xs: Sequence[float], across: Callable[[float], float]) -> tuple[Band, ...]:
    """A band for each run of neighbours among the marked values of x."""
    half = (RIGHT - LEFT) / max(len(xs) - 1, 1) / 2
    bands, wanted = [], set(marked)
    for is_marked, run in itertools.groupby(xs, key=wanted.__contains__):
        stretch = list(run)
        if is_marked:
            left, right = max(across(stretch[0]) - half, LEFT), min(across(stretch[-1]) + half, RIGHT)
            bands.append(Band(left, right - left))
    return tuple(bands)


def _ticks(low: float, high: float) -> list[float]:
    """At most six round numbers within the bounds: multiples of 1, 2 or 5 times a power of ten."""
    step = _step((high - low) / 5)
    return [round(n * step, 12) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _whole_ticks(low: float, high: float) -> list[float]:
    """Both ends, and round whole numbers between that leave them room."""
    if high == low:
        return [low]
    step = max(_step((high - low) / 8), 1.0)
    first = math.ceil(low / step)
    inner = [n * step for n in range(first, math.floor(high / step) + 1)]
    return [low, *(x for x in inner if x - low > 0.6 * step and high - x > 0.6 * step), high]


def _decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten within the bounds; of many decades the powers alone."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    return [value for power in powers for factor in factors if low <= (value := factor * 10.0**power) <= high]


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
