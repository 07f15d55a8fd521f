"""What follows from the journal of a training: curves, time, pace.

Standard library alone, so that Gaffer's own interpreter can look too.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from filmrecovery.training.runs.deciding_error import deciding_error

_PACE_ENTRIES = 20
"""Lines of the journal from which the pace of a training follows."""


class Curve(NamedTuple):
    """A figure over the steps of a training, in order."""

    steps: tuple[int, ...]
    values: tuple[float, ...]


_NONE = Curve((), ())
_OF_STEPS = {"step", "loss", "skipped", "seconds"}
"""What stands in the lines that are no reports."""


class RunFigures:
    """What follows from the lines of a journal, each of which it gets once.

    It does not keep the lines of the loss: they would take ten times the memory of the curve.
    """

    def __init__(self) -> None:
        self.step = 0
        """Steps that are done."""
        self.loss = _NONE
        self._reports: list[Mapping[str, Any]] = []
        self._recent: list[Mapping[str, Any]] = []
        self._earlier_calls = self._seconds = 0.0
        self._hold_out: dict[str, tuple[int, Curve]] = {}

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Takes lines that follow those before."""
        self.step = max([self.step, *(entry["step"] for entry in entries)])
        new = _curve((entry["step"], entry.get("loss")) for entry in entries)
        if new.steps:
            self.loss = Curve(self.loss.steps + new.steps, self.loss.values + new.values)
        self._reports += [entry for entry in entries if not entry.keys() <= _OF_STEPS]
        self._recent = [*self._recent, *entries[-_PACE_ENTRIES:]][-_PACE_ENTRIES:]
        for _, seconds in _timed(entries):
            # Each call counts from its own start: where the count falls, another began.
            if seconds < self._seconds:
                self._earlier_calls += self._seconds
            self._seconds = seconds

    @property
    def seconds(self) -> float:
        """Spent on the steps by all calls together."""
        return self._earlier_calls + self._seconds

    def hold_out(self, mode: str) -> Curve:
        """The error by which the best step of a mode is known; the same object as long as it is the same."""
        count, curve = self._hold_out.get(mode, (0, _NONE))
        if count != len(self._reports):
            curve = _curve((entry["step"], deciding_error(entry, mode)) for entry in self._reports)
            self._hold_out[mode] = len(self._reports), curve
        return curve

    def seconds_left(self, left: int) -> float | None:
        """What so many steps take at the pace of the last; None where that cannot be told yet."""
        timed = _timed(self._recent)
        # Those of an earlier call count from another start.
        falls = [
            index for index, (before, after) in enumerate(itertools.pairwise(timed), start=1) if after[1] < before[1]
        ]
        timed = timed[falls[-1] :] if falls else timed
        if len(timed) < 2 or timed[-1][0] <= timed[0][0]:
            return None
        (first, earlier), (last, later) = timed[0], timed[-1]
        return max(left, 0) * (later - earlier) / (last - first)


def _curve(points: Iterable[tuple[int, float | None]]) -> Curve:
    kept = [(step, value) for step, value in points if value is not None]
    return Curve(*zip(*kept, strict=True)) if kept else _NONE


def _timed(entries: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
    """Step and seconds since its call began, of the lines that tell it."""
    return [(entry["step"], entry["seconds"]) for entry in entries if entry.get("seconds") is not None]
