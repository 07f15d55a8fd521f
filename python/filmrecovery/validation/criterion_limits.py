"""The kinds of limit that a criterion can have, and how each judges what was measured."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.validation.criterion import Criterion, Failing, Measured, Outcome, Reading
from filmrecovery.validation.validation_figures import badness

# Median absolute deviation to standard deviation.
_DEVIATION = 1.4826
# Nobody sees the difference of two values whose ratio has a smaller logarithm.
_ALIKE = 0.1
# How many times as unsteady as a grade, which cannot flicker by itself.
_MUCH_ABOVE = 1.25


@dataclass(frozen=True)
class AtMost:
    """No frame may have a value above a setting."""

    setting: str

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        return _at_most(criterion, measured.readings, settings[self.setting])

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        return f"at most {settings[self.setting]:g} {criterion.unit}"

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return {self.setting: f"{criterion.measured} may be at most {_this(criterion.unit)}"}


@dataclass(frozen=True)
class Steady:
    """No frame may have a value above a setting, or above so many deviations of the shot's own values if that is more.

    A deviation is the median of the values, scaled to the standard deviation of a normal distribution.
    """

    setting: str
    deviations: str

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        own = settings[self.deviations] * _DEVIATION * statistics.median(reading.value for reading in measured.readings)
        return _at_most(criterion, measured.readings, max(settings[self.setting], own))

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        own = f"{settings[self.deviations]:g} times the usual deviation of the shot's frames"
        return f"{AtMost(self.setting).allowed(criterion, settings)}, or {own} if that is more"

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return AtMost(self.setting).helps(criterion) | {
            self.deviations: "frames may deviate by this many times the usual deviation of the shot's frames, if that "
            "is more than the limit"
        }


@dataclass(frozen=True)
class Between:
    """No frame may have a value far below or above 1 (the source) and the mean ground truth."""

    least: str
    most: str

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        # A ground truth of 0 has no such ratio.
        truth = measured.truth or 1.0
        low, high = settings[self.least] * min(1.0, truth), settings[self.most] * max(1.0, truth)
        judged = [
            Failing(reading, max(low / max(reading.value, 1e-6), reading.value / high)) for reading in measured.readings
        ]
        value = max(judged, key=lambda judgement: judgement.severity).reading.value
        failing = tuple(judgement for judgement in judged if judgement.severity > 1)
        values = [reading.value for reading in measured.readings]
        text = (
            f"the {criterion.measured} is {min(values):.2f} to {max(values):.2f} {criterion.unit}; {low:.2f} to "
            f"{high:.2f} is allowed"
        )
        limit = low if value < (low * high) ** 0.5 else high
        return Outcome(not failing, value, limit, failing, _with_remedy(criterion, text, failing))

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        return (
            f"between {settings[self.least]:g} times the lower and {settings[self.most]:g} times the higher of source "
            "and ground truth"
        )

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return {
            self.least: f"{criterion.measured} must be at least this many times the lower of source and ground truth",
            self.most: f"{criterion.measured} may be at most this many times the higher of source and ground truth",
        }


@dataclass(frozen=True)
class Better:
    """The mean over the hold-outs must be better than what it is compared with, by a gain if one is set.

    In decibels more is better, and the gain is added. Otherwise less is better, and the gain is the part that must be
    gone.
    """

    compared: str
    """Its name: "source" or "baseline"."""
    decibels: bool
    gain: str | None = None

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        pairs = [(reading, reading.beside) for reading in measured.readings if reading.beside is not None]
        value = statistics.fmean(reading.value for reading, _ in pairs)
        compared = statistics.fmean(theirs for _, theirs in pairs)
        gain = settings[self.gain] if self.gain else 0.0
        limit = compared + gain if self.decibels else compared * (1 - gain)
        passed = value > limit if self.decibels else value < limit
        judged = [Failing(reading, self._severity(reading.value, theirs)) for reading, theirs in pairs]
        failing = tuple(judgement for judgement in judged if judgement.severity >= 1)
        text = (
            f"the mean {criterion.measured} is {value:.2f} {criterion.unit}, and the {self.compared}'s is "
            f"{compared:.2f}"
        )
        if failing:
            text += f"; no better than the {self.compared}: {_frames(judgement.reading for judgement in failing)}"
        if not passed:
            text += f"; {'more' if self.decibels else 'less'} than {limit:.2f} is needed. {_remedy(criterion)}"
        return Outcome(passed, value, limit, failing, text)

    def _severity(self, ours: float, theirs: float) -> float:
        """The ratio of two errors: colour differences are errors, decibels are made amplitudes."""
        return 10 ** ((theirs - ours) / 20) if self.decibels else ours / max(theirs, 1e-6)

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        text = f"{'higher' if self.decibels else 'lower'} than the {self.compared}'s"
        if not self.gain:
            return text
        gain = settings[self.gain]
        return f"{text} by more than " + (f"{gain:g} {criterion.unit}" if self.decibels else f"{100 * gain:g} %")

    def helps(self, criterion: Criterion) -> dict[str, str]:
        if not self.gain:
            return {}
        if self.decibels:
            text = f"{criterion.measured} must be higher than the {self.compared}'s by this many {criterion.unit}"
        else:
            text = f"{criterion.measured} must be lower than the {self.compared}'s by more than this share of it"
        return {self.gain: text}


@dataclass(frozen=True)
class AsSteady:
    """No shot may have a value above a setting, or much above what it is compared with if that is more."""

    setting: str

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        def limit(reading: Reading) -> float:
            return max(settings[self.setting], _MUCH_ABOVE * (reading.beside or 0.0), 1e-6)

        worst = max(measured.readings, key=lambda reading: reading.value / limit(reading))
        failing = tuple(
            Failing(reading, reading.value / limit(reading))
            for reading in measured.readings
            if reading.value > limit(reading)
        )
        text = (
            f"the {criterion.measured} is {worst.value:.3g} {criterion.unit} in the shot of frame {worst.frame}; at "
            f"most {limit(worst):.3g} is allowed there"
        )
        return Outcome(not failing, worst.value, limit(worst), failing, _with_remedy(criterion, text, failing))

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        return (
            f"{AtMost(self.setting).allowed(criterion, settings)}, or {_MUCH_ABOVE:g} times the baseline's (the "
            "source's where there is no baseline) if that is more"
        )

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return AtMost(self.setting).helps(criterion)


@dataclass(frozen=True)
class NearTruth:
    """The mean over the hold-outs must be as near to the mean ground truth as the source is, whose value is 1."""

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        value, truth = statistics.fmean(reading.value for reading in measured.readings), measured.truth or 0.0
        passed = badness(value / max(truth, 1e-6), "one") <= max(badness(truth, "one"), _ALIKE)
        text = f"the mean {criterion.measured} is {value:.2f} {criterion.unit}, and the ground truth's is {truth:.2f}"
        if not passed:
            text += f"; the source is nearer to the ground truth. {_remedy(criterion)}"
        return Outcome(passed, value, truth, (), text)

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        return f"as near to the ground truth as the source, or within {100 * _ALIKE:g} % of it"

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class Known:
    """It is enough that it could be measured."""

    def judge(self, criterion: Criterion, measured: Measured, settings: Mapping[str, float]) -> Outcome:
        return Outcome(True, None, None, (), f"{criterion.measured}: {_frames(measured.readings)}")

    def allowed(self, criterion: Criterion, settings: Mapping[str, float]) -> str:
        return "at least one, and the pairs must be those of the training"

    def helps(self, criterion: Criterion) -> dict[str, str]:
        return {}


def _at_most(criterion: Criterion, readings: Sequence[Reading], limit: float) -> Outcome:
    value = max(reading.value for reading in readings)
    failing = tuple(Failing(reading, reading.value / max(limit, 1e-6)) for reading in readings if reading.value > limit)
    if value > 0:
        text = f"the largest {criterion.measured} is {value:.3g} {criterion.unit}"
    else:
        text = f"no frame has any {criterion.measured}"
    text += f"; at most {limit:.3g} is allowed"
    return Outcome(not failing, value, limit, failing, _with_remedy(criterion, text, failing))


def _with_remedy(criterion: Criterion, text: str, failing: Sequence[Failing]) -> str:
    if not failing:
        return text
    frames = _frames(judgement.reading for judgement in failing)
    return f"{frames} {'fails' if len(failing) == 1 else 'fail'}: {text}. {_remedy(criterion)}"


def _remedy(criterion: Criterion) -> str:
    return f"What to do: {criterion.remedy}"


def _frames(readings: Iterable[Reading]) -> str:
    frames = [reading.frame for reading in readings]
    return f"frame{'' if len(frames) == 1 else 's'} {format_frames(frames)}"


def _this(unit: str) -> str:
    return f"this share {unit}" if unit.startswith("of ") else f"this many {unit}"
