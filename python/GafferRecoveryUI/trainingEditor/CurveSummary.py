import itertools
from dataclasses import dataclass
from typing import Self

from filmrecovery.training.runs.run_figures import Curve

_COLUMNS = 500
"""Wider than a plot mostly is, in steps of what can be told apart."""


@dataclass(frozen=True)
class CurveSummary:
    """A curve as it is drawn: in columns of steps, with the lowest, the highest and the mean value of each.

    So a single peak stays in sight, however long the curve is. A curve of few steps has a column for each.
    """

    steps: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    means: tuple[float, ...]
    counts: tuple[int, ...]
    """Of the values in each column."""

    @classmethod
    def of(cls, curve: Curve) -> Self:
        """Takes some milliseconds for ten thousand values: for a thread."""
        if len(curve.steps) <= _COLUMNS:
            return cls(curve.steps, curve.values, curve.values, curve.values, (1,) * len(curve.steps))
        first, width = curve.steps[0], (curve.steps[-1] - curve.steps[0]) / _COLUMNS
        columns = []
        for _, group in itertools.groupby(
            zip(curve.steps, curve.values, strict=True), lambda point: (point[0] - first) // width
        ):
            points = list(group)
            values = [value for _, value in points]
            columns.append((points[0][0], min(values), max(values), sum(values) / len(values), len(values)))
        return cls(*zip(*columns, strict=True))

    def points(self) -> list[tuple[float, float]]:
        """The corners of the line: one or two for a column."""
        return [
            (step, value)
            for step, lowest, highest in zip(self.steps, self.lowest, self.highest, strict=True)
            for value in ((lowest,) if lowest == highest else (lowest, highest))
        ]

    def smoothed(self, weight: float) -> list[tuple[float, float]]:
        """The running mean, in which what came before counts `weight`, 0..1 (1 excluded), of that of a value more.

        It is not drawn to 0 at the beginning: it is divided by the weight that it has collected by then.
        """
        result, total, collected = [], 0.0, 0.0
        for step, mean, count in zip(self.steps, self.means, self.counts, strict=True):
            kept = weight**count
            total = kept * total + (1 - kept) * mean
            collected = kept * collected + (1 - kept)
            result.append((step, total / collected))
        return result
