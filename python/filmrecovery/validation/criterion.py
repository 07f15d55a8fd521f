"""What a criterion is: a row that says what is asked of a recovery, how it is measured, and what is allowed.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from filmrecovery.base.recovery_modes import MODES
from filmrecovery.validation.validation_figures import Validation


@dataclass(frozen=True)
class Reading:
    """What was measured in one frame, of the recovery or of a pair. Pairs of two shots may have one frame number."""

    frame: int
    value: float
    beside: float | None = None
    """What the value is compared with, where that is measured in the same frame."""


@dataclass(frozen=True)
class Measured:
    """What was measured for a criterion."""

    readings: tuple[Reading, ...]
    """Empty if there was nothing to measure."""
    truth: float | None = None
    """The mean value of the ground truth of the hold-outs, where the limit depends on it."""
    why_not: str = "no frame has anything to measure it on"
    """Why there are no readings, and what to do about it."""


@dataclass(frozen=True)
class Measure:
    """How a criterion measures a validation."""

    take: Callable[[Validation], Measured]
    figures: tuple[str, ...] = ()
    """The figures of the shot that it reads: fields of `ShotFigures`, or "uncovered"."""
    of_figure: bool = False
    """The values are the figure itself, not something that is computed from it."""


@dataclass(frozen=True)
class Failing:
    """A reading that is not allowed."""

    reading: Reading
    severity: float
    """How many times the limit it is: 1 or more."""


@dataclass(frozen=True)
class Outcome:
    """How a criterion judged what was measured: the value that decided, of the worst frame or a mean, and its limit."""

    passed: bool
    value: float | None
    limit: float | None
    failing: tuple[Failing, ...]
    text: str


class Limit(Protocol):
    """What is allowed, and how values are held against it. The settings are those of `Criteria`, by name."""

    def judge(self, criterion: "Criterion", measured: Measured, settings: Mapping[str, float]) -> Outcome:
        """The outcome for one reading at least."""
        ...

    def allowed(self, criterion: "Criterion", settings: Mapping[str, float]) -> str:
        """What is allowed, in words, such as "at most 0.002 of white"."""
        ...

    def helps(self, criterion: "Criterion") -> dict[str, str]:
        """For each setting that the limit depends on, what the setting does."""
        ...


@dataclass(frozen=True)
class Criterion:
    """One question that is asked of a recovery. Texts are parts of sentences: no capital letter, no full stop."""

    name: str
    """Unique among the criteria of one mode."""
    question: str
    """As a restorer would ask it; yes is good. A sentence."""
    measured: str
    """What the values are, as a noun: "flicker beyond the source's own"."""
    unit: str
    """As it stands behind a number: "pixels", "of white"."""
    measure: Measure
    limit: Limit
    remedy: str
    """What to do if it fails."""
    fault: str = ""
    """What is said of a frame that fails; empty if the limit judges no frame by itself."""
    mendable: bool = False
    """More pairs can improve it: frames that fail are offered as new pairs."""
    modes: tuple[str, ...] = MODES
    """The recovery modes in which it is asked."""
