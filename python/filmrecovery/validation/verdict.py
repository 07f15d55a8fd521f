"""The verdict: which criteria a recovery passes, which frames fail, and which of them to train on.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_ERROR, HIGHEST_FRAME
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.criterion import Criterion
from filmrecovery.validation.declared_criteria import NAMES, criteria_of
from filmrecovery.validation.validation_figures import Validation


@dataclass(frozen=True)
class Finding:
    """What one criterion found. `passed` and the numbers are None if there was nothing to measure."""

    name: str = setting(dataclasses.MISSING, "the criterion", choices=NAMES)
    passed: bool | None = setting(dataclasses.MISSING, "whether the recovery passes")
    value: float | None = setting(
        dataclasses.MISSING,
        "the value that decided, of the worst frame or a mean",
        minimum=-HIGHEST_ERROR,
        maximum=HIGHEST_ERROR,
    )
    limit: float | None = setting(
        dataclasses.MISSING, "what it is compared with", minimum=-HIGHEST_ERROR, maximum=HIGHEST_ERROR
    )
    frames: str = setting(dataclasses.MISSING, "frames that fail")
    text: str = setting(dataclasses.MISSING, "the same in words, and what to do")


@dataclass(frozen=True)
class FailingFrame:
    """A frame that fails, and why."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    severity: float = setting(
        dataclasses.MISSING, "its worst value over the limit", minimum=-HIGHEST_ERROR, maximum=HIGHEST_ERROR
    )
    reason: str = setting(dataclasses.MISSING, "what is wrong with it, the worst first")


@dataclass(frozen=True)
class Verdict:
    """What the criteria found, and in which frames."""

    passed: bool = setting(dataclasses.MISSING, "no criterion fails")
    criteria: Criteria = setting(dataclasses.MISSING, "the limits")
    findings: tuple[Finding, ...] = setting(dataclasses.MISSING, "what each criterion found")
    failing: tuple[FailingFrame, ...] = setting(dataclasses.MISSING, "frames that fail, worst first")
    outliers: str = setting(dataclasses.MISSING, "failing frames to train on, as the selection of frames takes them")

    @property
    def judged(self) -> list[Finding]:
        """The findings of the criteria that could be judged."""
        return [finding for finding in self.findings if finding.passed is not None]

    @property
    def failed(self) -> list[Finding]:
        """The findings of the criteria that fail."""
        return [finding for finding in self.findings if finding.passed is False]

    def __str__(self) -> str:
        marks = {True: "pass", False: "FAIL", None: "-"}
        lines = [f"{marks[finding.passed]:5}{finding.name}: {finding.text}" for finding in self.findings]
        lines.append("passed" if self.passed else "failed")
        return "\n".join([*lines, *([f"--outliers {self.outliers}"] if self.outliers else [])])


def judge(criteria: Criteria, validation: Validation) -> Verdict:
    """Judges a validation by the criteria of its mode.

    The outliers are frames of the shot that fail, and that more pairs can improve: the worst first, some frames apart,
    and none that was trained on.
    """
    settings = dataclasses.asdict(criteria)
    findings, failures = [], []
    for criterion in criteria_of(validation.mode).values():
        finding, failing = _judged(criterion, validation, settings)
        findings.append(finding)
        failures += failing
    failures.sort(key=lambda failure: (-failure.severity, failure.frame))
    return Verdict(
        passed=not any(finding.passed is False for finding in findings),
        criteria=criteria,
        findings=tuple(findings),
        failing=_by_frame(failures),
        outliers=_outliers(criteria, validation, failures),
    )


def write_outliers(path: Path, verdict: Verdict) -> None:
    """Writes the outliers as one line of text, such as "17,31", for `select --outliers`. Raises OutputError."""
    write_text(path, verdict.outliers + "\n")


@dataclass(frozen=True)
class _Failure:
    frame: int
    severity: float
    reason: str
    mendable: bool


def _judged(criterion: Criterion, validation: Validation, settings: dict[str, float]) -> tuple[Finding, list[_Failure]]:
    measured = criterion.measure.take(validation)
    if not measured.readings:
        return Finding(criterion.name, None, None, None, "", f"not judged: {measured.why_not}"), []
    outcome = criterion.limit.judge(criterion, measured, settings)
    failures = [
        _Failure(
            failing.reading.frame,
            failing.severity,
            f"{criterion.fault} ({failing.reading.value:.3g} {criterion.unit})",
            criterion.mendable,
        )
        for failing in outcome.failing
    ]
    frames = format_frames(failure.frame for failure in failures)
    return Finding(criterion.name, outcome.passed, outcome.value, outcome.limit, frames, outcome.text), failures


def _by_frame(failures: Iterable[_Failure]) -> tuple[FailingFrame, ...]:
    by_frame: dict[int, list[_Failure]] = {}
    for failure in failures:
        by_frame.setdefault(failure.frame, []).append(failure)
    return tuple(
        FailingFrame(frame, some[0].severity, "; ".join(failure.reason for failure in some))
        for frame, some in by_frame.items()
    )


def _outliers(criteria: Criteria, validation: Validation, failures: Iterable[_Failure]) -> str:
    free = {shot_frame.frame for shot_frame in validation.frames} - set(optional_frames(validation.training_frames))
    chosen: list[int] = []
    for failure in failures:
        near = any(abs(failure.frame - frame) < criteria.outlier_distance for frame in chosen)
        if failure.mendable and failure.frame in free and not near:
            chosen.append(failure.frame)
    return format_frames(chosen[: criteria.most_outliers])
