"""The verdict: which criteria a recovery keeps to, which frames fail, and which of them to train on.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import setting
from filmrecovery.film.frame_numbers import format_frames
from filmrecovery.film.pair_roles import optional_frames
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.validation_figures import ShotFigures, Validation

_NEIGHBOURS = 4
_FEWEST_FRAMES = 5
# Of the logarithm of the ratio of two sharpnesses, what nobody sees.
_AS_SHARP = 0.1
# Median absolute deviation to standard deviation.
_DEVIATION = 1.4826


@dataclass(frozen=True)
class Finding:
    """What one criterion says. `passed` and the numbers are None where there was nothing to judge by."""

    name: str = setting(dataclasses.MISSING, "the criterion")
    passed: bool | None = setting(dataclasses.MISSING, "whether it is kept to")
    value: float | None = setting(dataclasses.MISSING, "the value that decided, of the worst frame or a mean")
    limit: float | None = setting(dataclasses.MISSING, "what it is compared with")
    frames: str = setting(dataclasses.MISSING, "frames that fail")
    text: str = setting(dataclasses.MISSING, "the same in words")


@dataclass(frozen=True)
class FailingFrame:
    """A frame that fails, and why."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0)
    severity: float = setting(dataclasses.MISSING, "its worst value over the limit")
    reason: str = setting(dataclasses.MISSING, "what it fails by, the worst first")


@dataclass(frozen=True)
class Verdict:
    """What the criteria say, and of which frames."""

    passed: bool = setting(dataclasses.MISSING, "no criterion is failed")
    criteria: Criteria = setting(dataclasses.MISSING, "what was judged by")
    findings: tuple[Finding, ...] = setting(dataclasses.MISSING, "what each criterion says")
    failing: tuple[FailingFrame, ...] = setting(dataclasses.MISSING, "frames that fail, worst first")
    outliers: str = setting(dataclasses.MISSING, "failing frames to train on, as the selection of frames takes them")

    def __str__(self) -> str:
        marks = {True: "pass", False: "FAIL", None: "-"}
        lines = [f"{marks[finding.passed]:5}{finding.name}: {finding.text}" for finding in self.findings]
        lines.append("passed" if self.passed else "failed")
        return "\n".join([*lines, *([f"--outliers {self.outliers}"] if self.outliers else [])])


def judge(criteria: Criteria, validation: Validation) -> Verdict:
    """Holds a validation to the criteria.

    The outliers are frames of the shot that fail by what more pairs can mend: the worst first, some frames apart, and
    none that was trained on.
    """
    judged = [
        _unseen_hold_outs(validation),
        _pairs_fit(criteria, validation),
        *_what_is_held(criteria, validation),
        _better_than("source", criteria, validation),
        _better_than("baseline", criteria, validation),
        *_as_sharp_as_the_truth(validation),
        _flicker(criteria, validation),
        _sudden_shifts(criteria, validation),
        _lasting_shifts(criteria, validation),
        _coverage(criteria, validation),
        _blotches(criteria, validation),
        _displacement(criteria, validation),
        _halos(criteria, validation),
        _grain(criteria, validation),
        _clipping(criteria, validation),
        _range(criteria, validation),
    ]
    failures = sorted(
        (failure for one in judged for failure in one.failures), key=lambda failure: (-failure.severity, failure.frame)
    )
    return Verdict(
        passed=not any(one.finding.passed is False for one in judged),
        criteria=criteria,
        findings=tuple(one.finding for one in judged),
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
    """More pairs can mend it."""


@dataclass(frozen=True)
class _Judged:
    finding: Finding
    failures: tuple[_Failure, ...] = ()


def _by_frame(failures: Iterable[_Failure]) -> tuple[FailingFrame, ...]:
    found: dict[int, list[_Failure]] = {}
    for failure in failures:
        found.setdefault(failure.frame, []).append(failure)
    return tuple(
        FailingFrame(frame, some[0].severity, "; ".join(failure.reason for failure in some))
        for frame, some in found.items()
    )


def _outliers(criteria: Criteria, validation: Validation, failures: Iterable[_Failure]) -> str:
    free = {found.frame for found in validation.frames} - set(optional_frames(validation.training_frames))
    chosen: list[int] = []
    for failure in failures:
        near = any(abs(failure.frame - frame) < criteria.outlier_distance for frame in chosen)
        if failure.mendable and failure.frame in free and not near:
            chosen.append(failure.frame)
    return format_frames(chosen[: criteria.most_outliers])


def _not_judged(name: str, why: str) -> _Judged:
    return _Judged(Finding(name, None, None, None, "", f"not judged: {why}"))


def _at_most(
    name: str, limit: float, values: Mapping[int, float], reason: str, kept: str, broken: str, mendable: bool = True
) -> _Judged:
    """Judges a value of every frame that may not exceed a limit.

    The texts may name {value}, of the worst frame, {limit} and {frames}.
    """
    if not values:
        return _not_judged(name, "no frame has anything to measure it by")
    value = max(values.values())
    failures = tuple(
        _Failure(frame, found / max(limit, 1e-6), f"{reason} ({found:.3g})", mendable)
        for frame, found in values.items()
        if found > limit
    )
    frames = format_frames(failure.frame for failure in failures)
    text = (broken if failures else kept).format(value=f"{value:.3g}", limit=f"{limit:.3g}", frames=frames)
    return _Judged(Finding(name, not failures, value, limit, frames, text), failures)


def _of_recovery(validation: Validation, value: Callable[[ShotFigures], float | None]) -> dict[int, float]:
    """A value of the recovery's figures by frame, where there is one."""
    found = ((one.frame, value(one.recovery)) for one in validation.frames)
    return {frame: figure for frame, figure in found if figure is not None}


def _beyond_source_and_truth(validation: Validation, figure: str) -> dict[int, float]:
    """What the recovery has more of than the source, and than the ground truth of the hold-outs on the whole."""
    truth = _truth(validation, figure)
    beyond = {}
    for one in validation.frames:
        recovery, source = getattr(one.recovery, figure), getattr(one.source, figure)
        if recovery is not None and source is not None:
            beyond[one.frame] = recovery - max(source, truth if truth is not None else source)
    return beyond


def _truth(validation: Validation, figure: str) -> float | None:
    """The mean of a figure over the ground truth of the hold-outs."""
    values = [getattr(found.truth, figure) for found in validation.hold_outs]
    values = [value for value in values if value is not None]
    return statistics.fmean(values) if values else None


def _what_is_held(criteria: Criteria, validation: Validation) -> Iterator[_Judged]:
    held = {"chroma": "luma", "spatial": "chroma"}.get(validation.mode)
    if held:
        yield _at_most(
            f"{held} identity",
            getattr(criteria, f"{held}_tolerance"),
            _of_recovery(validation, lambda figures: getattr(figures, f"{held}_rms")),
            f"{held} is not the source's",
            f"the source's {held} is held: it is off by {{value}} at most",
            f"{held} is off the source's by up to {{value}}, where {{limit}} is allowed, in frames {{frames}}: these "
            "are not the network's frames of this source, or their encoding does not keep them",
            mendable=False,
        )


def _better_than(other: str, criteria: Criteria, validation: Validation) -> _Judged:
    """Hold-outs against their ground truth: the recovery, beside the source or the baseline."""
    name = f"better than the {other}"
    by_colour = validation.mode == "chroma"
    figure, unit = ("ciede2000", "CIEDE2000") if by_colour else ("psnr", "dB")
    found = {
        one.frame: (getattr(one.recovery, figure), getattr(getattr(one, other), figure))
        for one in validation.hold_outs
        if getattr(one, other) is not None
    }
    if not found:
        return _not_judged(name, "no frame was held out" if other == "source" else "hold-outs have no baseline")
    value, compared = (statistics.fmean(column) for column in zip(*found.values(), strict=True))
    limit = compared
    if other == "source":
        limit = compared * (1 - criteria.least_colour_gain) if by_colour else compared + criteria.least_psnr_gain
    passed = value < limit if by_colour else value > limit
    # Of errors: a colour difference as it is, decibels as amplitudes.
    severities = {
        frame: ours / max(theirs, 1e-6) if by_colour else 10 ** ((theirs - ours) / 20)
        for frame, (ours, theirs) in found.items()
    }
    # Not to be mended by training on them: then nothing would be held out.
    failures = tuple(
        _Failure(frame, severity, f"as a hold-out no nearer to the ground truth than the {other}", False)
        for frame, severity in severities.items()
        if severity >= 1
    )
    numbers = f"{value:.2f} {unit}, the {other} {compared:.2f}"
    text = f"against the ground truth of the hold-outs the recovery has {numbers}"
    if not passed:
        wanted = f"{'less' if by_colour else 'more'} than {limit:.2f} is wanted"
        text += f": {wanted}; train longer, on more pairs, or look at how the pairs fit"
    frames = format_frames(failure.frame for failure in failures)
    return _Judged(Finding(name, passed, value, limit, frames, text), failures)


def _as_sharp_as_the_truth(validation: Validation) -> Iterator[_Judged]:
    if validation.mode != "spatial":
        return
    recovered = [one.recovery.sharpness for one in validation.hold_outs if one.recovery.sharpness is not None]
    truth = _truth(validation, "sharpness")
    if not recovered or truth is None:
        yield _not_judged("sharpness", "no frame was held out that has contours")
        return
    value = statistics.fmean(recovered)
    passed = abs(math.log(value / truth)) <= max(abs(math.log(truth)), _AS_SHARP)
    text = f"hold-outs have {value:.2f} times the source's sharpness, and their ground truth {truth:.2f} times"
    if not passed:
        text += ": the recovery is farther from it than the source; train longer, or look at how the pairs fit"
    yield _Judged(Finding("sharpness", passed, value, truth, "", text))


def _flicker(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "flicker",
        criteria.most_flicker,
        _of_recovery(validation, lambda figures: figures.added_flicker),
        "flickers",
        "colour is as steady as the source: it flickers by {value} at most beyond it",
        "colour flickers by up to {value} beyond the source's own flicker, where {limit} is allowed, in frames "
        "{frames}: train longer, or on pairs of these frames",
    )


def _shifts(validation: Validation) -> dict[int, tuple[float, float, float]]:
    return {
        one.frame: (one.recovery.shift_luma, one.recovery.shift_cb, one.recovery.shift_cr) for one in validation.frames
    }


def _sudden_shifts(criteria: Criteria, validation: Validation) -> _Judged:
    """Frames whose mean colour was changed otherwise than that of the frames around them."""
    shifts = _shifts(validation)
    ordered = list(shifts.values())
    middles = []
    for index in range(len(ordered)):
        # As many on either side, so that an even change of the shot is none of the frame.
        reach = min(index, len(ordered) - 1 - index, _NEIGHBOURS)
        middles.append(_middle(ordered[index - reach : index + reach + 1]))
    return _steady(
        "steady colour",
        criteria.most_sudden_shift,
        criteria.deviations,
        shifts,
        middles,
        "colour jumps beside its neighbours",
        "no frame's colour leaves that of its neighbours by more than {value}",
        "colour leaves that of the neighbouring frames by up to {value}, where {limit} is allowed, in frames {frames}",
    )


def _lasting_shifts(criteria: Criteria, validation: Validation) -> _Judged:
    """Frames whose mean colour was changed otherwise than in the shot on the whole."""
    shifts = _shifts(validation)
    middle = _middle(list(shifts.values())) if shifts else (0.0, 0.0, 0.0)
    return _steady(
        "one colour through the shot",
        criteria.most_lasting_shift,
        criteria.deviations,
        shifts,
        [middle] * len(shifts),
        "colour is far from the shot's",
        "no frame's change of colour is more than {value} off the shot's own",
        "the change of colour is up to {value} off the shot's own, where {limit} is allowed, in frames {frames}: train "
        "on pairs of these, or give each shot its own model",
    )


def _middle(shifts: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    luma, cb, cr = (statistics.median(column) for column in zip(*shifts, strict=True))
    return luma, cb, cr


def _steady(
    name: str,
    least: float,
    deviations: float,
    shifts: Mapping[int, tuple[float, float, float]],
    middles: list[tuple[float, float, float]],
    reason: str,
    kept: str,
    broken: str,
) -> _Judged:
    """Judges how far frames are off their middles by the least that counts, or by the shot's own deviation."""
    if len(shifts) < _FEWEST_FRAMES:
        return _not_judged(name, f"it takes {_FEWEST_FRAMES} frames of the shot")
    off = {
        frame: max(abs(value - middle) for value, middle in zip(shift, around, strict=True))
        for (frame, shift), around in zip(shifts.items(), middles, strict=True)
    }
    limit = max(least, deviations * _DEVIATION * statistics.median(off.values()))
    return _at_most(name, limit, off, reason, kept, broken)


def _coverage(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "coverage",
        criteria.most_uncovered,
        {one.frame: one.uncovered for one in validation.frames},
        "has colours that training never saw",
        "training saw the colours of the shot: at most {value} of a frame is new to it",
        "up to {value} of a frame, where {limit} is allowed, has colours that training never saw, in frames {frames}: "
        "train on pairs of these too",
    )


def _blotches(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "blotches",
        criteria.most_blotches,
        _beyond_source_and_truth(validation, "blotches"),
        "has blotches of colour",
        "even areas stay even in colour",
        "areas that are even in the source have blotches of colour, {value} more than source and ground truth, where "
        "{limit} is allowed, in frames {frames}: train longer, or with a wider median on the reference",
    )


def _unseen_hold_outs(validation: Validation) -> _Judged:
    name = "unseen hold-outs"
    if not validation.hold_outs:
        return _not_judged(name, "no frame was held out")
    if not validation.own_pairs:
        return _not_judged(name, "the model was trained on other pairs, or other hold-outs, than these")
    frames = format_frames(one.frame for one in validation.hold_outs)
    return _Judged(Finding(name, True, None, None, "", f"frames {frames} were kept out of training"))


def _pairs_fit(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "pairs",
        criteria.most_displacement,
        {one.frame: one.displacement for one in validation.pairs if one.displacement is not None},
        "its ground truth lies beside its input",
        "the ground truth of the pairs lies on the input",
        "the ground truth of pairs lies up to {value} pixels beside the input, where {limit} is allowed, in frames "
        "{frames}: align the elements, and make the pairs again",
        mendable=False,
    )


def _displacement(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "displacement",
        criteria.most_displacement,
        _of_recovery(validation, lambda figures: figures.displacement),
        "what was recovered lies beside the picture",
        "what was recovered lies on the picture",
        "what was recovered lies up to {value} pixels beside the picture, where {limit} is allowed, in frames "
        "{frames}: look at how the pairs fit",
        mendable=False,
    )


def _halos(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "halos",
        criteria.most_halos,
        _beyond_source_and_truth(validation, "halos"),
        "has halos beside edges",
        "edges have no halos that source and ground truth have not",
        "edges have halos, {value} of their height more than source and ground truth, where {limit} is allowed, in "
        "frames {frames}: look for halos in the reference",
        mendable=False,
    )


def _grain(criteria: Criteria, validation: Validation) -> _Judged:
    """Granularity between the bounds that source and ground truth set; both are ratios to the source's."""
    name = "grain"
    truth = _truth(validation, "grain") or 1.0
    low, high = criteria.least_grain * min(1.0, truth), criteria.most_grain * max(1.0, truth)
    values = _of_recovery(validation, lambda figures: figures.grain)
    if not values:
        return _not_judged(name, "no frame has flat areas")
    severities = {frame: max(low / max(value, 1e-6), value / high) for frame, value in values.items()}
    worst = max(severities, key=lambda frame: severities[frame])
    value, limit = values[worst], low if values[worst] < (low * high) ** 0.5 else high
    failures = tuple(
        _Failure(frame, severity, f"{'less' if values[frame] < low else 'more'} grain than it should have", False)
        for frame, severity in severities.items()
        if severity > 1
    )
    frames = format_frames(failure.frame for failure in failures)
    text = f"grain is {min(values.values()):.2f} to {max(values.values()):.2f} times the source's"
    if failures:
        text += f", where {low:.2f} to {high:.2f} is allowed, in frames {frames}"
    return _Judged(Finding(name, not failures, value, limit, frames, text), failures)


def _clipping(criteria: Criteria, validation: Validation) -> _Judged:
    return _at_most(
        "clipping",
        criteria.most_clipped,
        _beyond_source_and_truth(validation, "clipped"),
        "has clipped pixels",
        "no more is clipped than in source and ground truth",
        "{value} of a frame is clipped beyond what is in source and ground truth, where {limit} is allowed, in frames "
        "{frames}",
        mendable=False,
    )


def _range(criteria: Criteria, validation: Validation) -> _Judged:
    # The ground truth is clamped: what lay outside in it lies at 0 and 1.
    truth = _truth(validation, "clipped") or 0.0
    return _at_most(
        "range",
        criteria.most_out_of_range,
        {one.frame: one.recovery.out_of_range - max(one.source.out_of_range, truth) for one in validation.frames},
        "has pixels out of range",
        "no more lies outside 0..1 than in source and ground truth",
        "{value} of a frame lies outside 0..1 beyond what does in source and ground truth, where {limit} is allowed, "
        "in frames {frames}: a display will clip it",
        mendable=False,
    )
