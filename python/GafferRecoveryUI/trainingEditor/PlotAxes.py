import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from GafferRecoveryUI.roundUp import roundUp

_ROOM = 0.1
"""Above the highest and below the lowest value, as a share of what lies between."""


@dataclass(frozen=True)
class PlotAxes:
    """Where a step and a value lie in a plot, in pixels: steps linear, values linear or logarithmic.

    The area is left, top, width and height; `lowest` and `highest` are the values at its bottom and top. Where `log`,
    values are above 0.
    """

    area: tuple[float, float, float, float]
    lastStep: float
    lowest: float
    highest: float
    log: bool

    def x(self, step: float) -> float:
        left, _, width, _ = self.area
        return left + width * step / self.lastStep

    def step(self, x: float) -> float:
        """The step at a place. It may lie outside the plot."""
        left, _, width, _ = self.area
        return (x - left) / width * self.lastStep

    def y(self, value: float) -> float:
        _, top, _, height = self.area
        lowest, highest, value = map(self.scaled, (self.lowest, self.highest, value))
        return top + height * (highest - value) / (highest - lowest)

    def scales(self) -> tuple[float, float, float, float]:
        """Factor and summand that give the place from a step, then those from a value that was `scaled`."""
        left, top, width, height = self.area
        lowest, highest = self.scaled(self.lowest), self.scaled(self.highest)
        factor = height / (highest - lowest)
        return width / self.lastStep, left, -factor, top + factor * highest

    def valueTicks(self) -> list[float]:
        """Round values within the plot: about one every 40 pixels."""
        count = max(2, round(self.area[3] / 40))
        if self.log and self.highest / self.lowest > 8:
            found = list(_decades(self.lowest, self.highest, (1, 2, 5)))
            return found if len(found) <= count + 2 else list(_decades(self.lowest, self.highest, (1,)))
        return ticks(self.lowest, self.highest, count)

    def stepTicks(self) -> list[float]:
        """Round steps within the plot: about one every 90 pixels."""
        return [tick for tick in ticks(0, self.lastStep, max(1, round(self.area[2] / 90))) if tick == round(tick)]

    def scaled(self, value: float) -> float:
        """A value, or its logarithm."""
        # A value of 0 lies below every plot.
        return math.log10(max(value, 1e-30)) if self.log else value


def bounds(values: Iterable[float], log: bool) -> tuple[float, float]:
    """The lowest and the highest value to show, with a little room around them; 0 and 1 where there are no values."""
    shown = list(values)
    if not shown:
        return (0.1, 1.0) if log else (0.0, 1.0)
    lowest, highest = min(shown), max(shown)
    if log:
        room = (highest / lowest) ** _ROOM if highest > lowest else 1.2
        return lowest / room, highest * room
    room = _ROOM * (highest - lowest) or 0.1 * abs(highest) or 0.5
    return lowest - room, highest + room


def ticks(lowest: float, highest: float, count: int) -> list[float]:
    """About so many round numbers from the lowest to the highest."""
    width = roundUp((highest - lowest) / count)
    first, last = math.ceil(lowest / width - 1e-9), math.floor(highest / width + 1e-9)
    return [index * width for index in range(first, last + 1)]


def number(value: float, digits: int = 4) -> str:
    """A figure in so many digits at most."""
    return f"{value:.{digits}g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _decades(lowest: float, highest: float, factors: tuple[int, ...]) -> Iterator[float]:
    for power in range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1):
        for factor in factors:
            if lowest <= factor * 10.0**power <= highest:
                yield factor * 10.0**power
