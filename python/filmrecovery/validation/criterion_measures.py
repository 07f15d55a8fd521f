"""How criteria measure a validation: readings of frames, from the figures of the shot, the hold-outs and the pairs."""

import itertools
import statistics
from collections.abc import Callable, Iterable, Iterator

from filmrecovery.validation.criterion import Measure, Measured, Reading
from filmrecovery.validation.validation_figures import ShotFrame, Validation

_NEIGHBOURS = 4
_FEWEST_FRAMES = 5
_SHIFTS = ("shift_luma", "shift_cb", "shift_cr")
NO_HOLD_OUTS = "no frame was held out of the training; hold some out to have this judged"

_Shift = tuple[float, ...]


def of_recovery(figure: str, with_truth: bool = False) -> Measure:
    """A figure of the recovery, in the frames that have it; with the same of the ground truth if the limit needs it."""

    def take(validation: Validation) -> Measured:
        readings = _readings(
            (shot_frame.frame, getattr(shot_frame.recovery, figure)) for shot_frame in validation.frames
        )
        return Measured(readings, _truth(validation, figure) if with_truth else None)

    return Measure(take, (figure,), of_figure=True)


def beyond_source_and_truth(figure: str) -> Measure:
    """What the recovery has more of than the source has, and than the ground truth of the hold-outs has on average."""

    def take(validation: Validation) -> Measured:
        truth = _truth(validation, figure)
        readings = []
        for shot_frame in validation.frames:
            recovery, source = getattr(shot_frame.recovery, figure), getattr(shot_frame.source, figure)
            if recovery is not None and source is not None:
                allowed = source if truth is None else max(source, truth)
                readings.append(Reading(shot_frame.frame, recovery - allowed))
        return Measured(tuple(readings))

    return Measure(take, (figure,))


def at_the_ends(figure: str) -> Measure:
    """What is at the ends of the range or beyond in the recovery, and neither in the source, nor in the ground truth of
    any pair of the frame's shot.

    Ground truth is clamped: what lay outside 0..1 is clipped in it. Where the shot has no pairs, all count.
    """

    def take(validation: Validation) -> Measured:
        readings = []
        for shot_frame in validation.frames:
            truths = [pair.clipped for pair in validation.pairs if pair.label == shot_frame.shot]
            allowed = truths or [pair.clipped for pair in validation.pairs]
            readings.append(
                (
                    shot_frame.frame,
                    getattr(shot_frame.recovery, figure) - max([getattr(shot_frame.source, figure), *allowed]),
                )
            )
        return Measured(_readings(readings))

    return Measure(take, (figure,))


def uncovered() -> Measure:
    """The share of each frame whose colours training never saw."""
    return Measure(
        lambda validation: Measured(
            _readings((shot_frame.frame, shot_frame.uncovered) for shot_frame in validation.frames)
        ),
        ("uncovered",),
        of_figure=True,
    )


def shift_from_neighbours() -> Measure:
    """How differently the mean colour of a frame was changed from the frames around it."""

    def middles(shifts: list[_Shift], frames: list[int]) -> list[_Shift]:
        medians = []
        for index in range(len(shifts)):
            # As many on either side, so that an even change over the shot does not count against a frame; and next to
            # each other, for between frames that are far apart much may change.
            reach = min(index, len(shifts) - 1 - index, _NEIGHBOURS)
            while reach and frames[index + reach] - frames[index - reach] > 2 * reach:
                reach -= 1
            medians.append(_median(shifts[index - reach : index + reach + 1]))
        return medians

    def measured(validation: Validation) -> Measured:
        frames = [shot_frame.frame for shot_frame in validation.frames]
        if not any(after - before == 1 for before, after in itertools.pairwise(frames)):
            return Measured((), why_not="no frames lie side by side; validate some that do")
        return _shifts_from(validation, middles)

    return Measure(measured, _SHIFTS)


def shift_from_shot() -> Measure:
    """How differently the mean colour of a frame was changed from the shot as a whole."""

    def middles(shifts: list[_Shift], frames: list[int]) -> list[_Shift]:
        return [_median(shifts)] * len(shifts)

    return Measure(lambda validation: _shifts_from(validation, middles), _SHIFTS)


def displacement_of_pairs() -> Measure:
    """How far the ground truth of each pair lies from its input."""
    return Measure(lambda validation: Measured(_readings((pair.frame, pair.displacement) for pair in validation.pairs)))


def held_out() -> Measure:
    """1 for each frame that is known to be kept out of the training."""

    def take(validation: Validation) -> Measured:
        if validation.hold_outs and not validation.own_pairs:
            return Measured((), why_not="the model was trained on other pairs; give the pairs that it was trained on")
        return Measured(_readings((hold_out.frame, 1.0) for hold_out in validation.hold_outs), why_not=NO_HOLD_OUTS)

    return Measure(take)


def of_hold_outs(figure: str, compared: str, why_not: str = NO_HOLD_OUTS) -> Measure:
    """A figure of the recovered hold-outs, and beside it the same of `compared`: "source" or "baseline"."""

    def take(validation: Validation) -> Measured:
        readings = [
            Reading(hold_out.frame, getattr(hold_out.recovery, figure), getattr(getattr(hold_out, compared), figure))
            for hold_out in validation.hold_outs
            if getattr(hold_out, compared) is not None
        ]
        return Measured(tuple(readings), why_not=why_not)

    return Measure(take)


def of_hold_outs_and_truth(figure: str, why_not: str) -> Measure:
    """A figure of the recovered hold-outs, and of their ground truth."""

    def take(validation: Validation) -> Measured:
        truth = _truth(validation, figure)
        readings = _readings((hold_out.frame, getattr(hold_out.recovery, figure)) for hold_out in validation.hold_outs)
        return Measured(readings if truth is not None else (), truth, why_not)

    return Measure(take)


def steadiness_of_hold_outs(figure: str, worst: str) -> Measure:
    """How steady the error of the recovered hold-outs of each shot is, beside the baseline's, or else the source's.

    `figure` and `worst` are fields of `SteadinessFigures`: the figure of the shot, and the frame that is worst by it.
    """

    def take(validation: Validation) -> Measured:
        readings = [
            Reading(
                getattr(shot.recovery, worst),
                getattr(shot.recovery, figure),
                getattr(shot.baseline or shot.source, figure),
            )
            for shot in validation.steadiness
        ]
        return Measured(
            tuple(readings), why_not="no shot has three hold-outs; hold out three frames of a shot at least"
        )

    return Measure(take)


def _readings(values: Iterable[tuple[int, float | None]]) -> tuple[Reading, ...]:
    return tuple(Reading(frame, value) for frame, value in values if value is not None)


def _truth(validation: Validation, figure: str) -> float | None:
    """The mean of a figure over the ground truth of the hold-outs; None if none has it."""
    values = [getattr(hold_out.truth, figure) for hold_out in validation.hold_outs]
    values = [value for value in values if value is not None]
    return statistics.fmean(values) if values else None


def _median(shifts: list[_Shift]) -> _Shift:
    return tuple(statistics.median(column) for column in zip(*shifts, strict=True))


def _shifts_from(validation: Validation, middles: Callable[[list[_Shift], list[int]], list[_Shift]]) -> Measured:
    """The largest difference of a frame's change of luma, Cb or Cr from its middle, among the frames of its shot."""
    if len(validation.frames) < _FEWEST_FRAMES:
        return Measured((), why_not=f"the shot must have {_FEWEST_FRAMES} frames at least; validate more of it")
    shots: dict[str, list[ShotFrame]] = {}
    for shot_frame in validation.frames:
        # Another shot has another stock, and faded otherwise.
        shots.setdefault(shot_frame.shot, []).append(shot_frame)
    readings = [reading for shot in shots.values() for reading in _shifts_in(shot, middles)]
    return Measured(tuple(sorted(readings, key=lambda reading: reading.frame)))


def _shifts_in(shot: list[ShotFrame], middles: Callable[[list[_Shift], list[int]], list[_Shift]]) -> Iterator[Reading]:
    frames = [shot_frame.frame for shot_frame in shot]
    shifts = [tuple(getattr(shot_frame.recovery, name) for name in _SHIFTS) for shot_frame in shot]
    for frame, shift, around in zip(frames, shifts, middles(shifts, frames), strict=True):
        yield Reading(frame, max(abs(value - middle) for value, middle in zip(shift, around, strict=True)))
