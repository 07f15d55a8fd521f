"""Which frames a report shows as pictures, and why these."""

from collections.abc import Iterator
from dataclasses import dataclass

from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import Verdict

FEWEST, MOST = 3, 5
"""How many frames are shown where the shot has so many: failing frames alone go beyond the fewest."""


@dataclass(frozen=True)
class ShownFrame:
    """A frame that is shown; `fails` is None, or what it fails by."""

    frame: int
    why: str
    fails: str | None


def choose_shown(validation: Validation, verdict: Verdict, reference_frames: tuple[int, ...]) -> tuple[ShownFrame, ...]:
    """The representative frame, then those that fail, worst first, and frames of beginning, middle and end.

    The representative frame is the middle one of the hold-outs, where there is one in the shot, of those that the
    reference has too; the middle of the shot otherwise.
    """
    reasons = {failing.frame: failing.reason for failing in verdict.failing}
    chosen: dict[int, str] = {}
    for count, (frame, why) in enumerate(_candidates(validation, verdict, reference_frames)):
        if count == 0 or (frame not in chosen and len(chosen) < (MOST if frame in reasons else FEWEST)):
            chosen[frame] = why
    return tuple(ShownFrame(frame, why, reasons.get(frame)) for frame, why in chosen.items())


def _candidates(
    validation: Validation, verdict: Verdict, reference_frames: tuple[int, ...]
) -> Iterator[tuple[int, str]]:
    frames = [shot_frame.frame for shot_frame in validation.frames]
    held_out = [hold_out.frame for hold_out in validation.hold_outs if hold_out.frame in set(frames)]
    compared = [frame for frame in held_out if frame in reference_frames] or held_out
    if compared:
        yield compared[len(compared) // 2], "not seen in training"
    else:
        yield frames[len(frames) // 2], "the middle of the shot"
    yield from _failing(verdict, set(frames))
    yield frames[0], "the first frame"
    yield frames[-1], "the last frame"
    yield frames[len(frames) // 2], "the middle of the shot"


def _failing(verdict: Verdict, frames: set[int]) -> Iterator[tuple[int, str]]:
    """Frames of the shot that fail, worst first, but none beside one that was shown: it would look the same."""
    taken: list[int] = []
    for failing in verdict.failing:
        near = any(abs(failing.frame - frame) < verdict.criteria.outlier_distance for frame in taken)
        if failing.frame in frames and not near:
            yield failing.frame, "fails" if taken else "the worst frame"
            taken.append(failing.frame)
