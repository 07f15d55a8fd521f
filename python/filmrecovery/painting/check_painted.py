"""The checks of a painted frame against what was given out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.painting.misalignment import find_misalignment
from filmrecovery.painting.painted_file import PaintedPicture
from filmrecovery.painting.painting_record import GivenFrame
from filmrecovery.painting.painting_settings import ImportSettings
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.luma import luma
from filmrecovery.picture.measures import luma_rms

LARGE_LUMA_DIFFERENCE = 0.1
"""A pixel whose luma is off by more than this share of white counts as far off."""

# Between two pictures of different things the correlation of luma is within about 0.4 of 0.
_SAME_PICTURE = 0.5
# What saving without painting changes at most, dither and conversions between profiles included, in 8 bits and in more.
_UNTOUCHED_8_BIT, _UNTOUCHED = 2.5 / 255, 1e-3


@dataclass(frozen=True)
class FrameCheck:
    """What was found about one frame. `problems` say why it cannot be taken back, `warnings` what to look at.

    `state` is "painted", "draft" (taken back as it was given out), "not painted", or "refused" where the file could not
    even be compared. Measured are the share of the picture that is covered with paint, the displacement in pixels of
    the middle, to the right and down, and of the corner that moved most, and of luma the rms of the difference and the
    share of pixels where it is large. What could not be measured is None.
    """

    frame: int
    file: str
    state: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    bits: int | None = None
    covered: float | None = None
    right: float | None = None
    down: float | None = None
    largest_shift: float | None = None
    luma_rms: float | None = None
    luma_far_off: float | None = None


def check_size(given: GivenFrame, path: Path, picture: PaintedPicture) -> str:
    """What is wrong with the size of a painted picture, or ""."""
    height, width = picture.rgb.shape[:2]
    if (width, height) == (given.width, given.height):
        return ""
    # Within half a pixel of the same shape.
    scaled = abs(width * given.height / given.width - height) <= 1
    cause = "it was scaled" if scaled else "it was cropped, or its canvas changed"
    return (
        f"{path}: {width}x{height} pixels, and {given.width}x{given.height} were given out: {cause}; undo that and "
        "save it again"
    )


def check_painted(
    settings: ImportSettings, given: GivenFrame, path: Path, start: Picture, painted: PaintedPicture
) -> FrameCheck:
    """Checks a painted picture against the one given out, `start`, (height, width, 3) of the same size."""
    picture = painted.over(start)
    warnings = []
    if painted.bits == 8:
        warnings.append(f"{path}: 8 bits a channel; soft colours may show steps, 16 bits are better")
    if painted.profile_unknown:
        warnings.append(f"{path}: its profile '{painted.profile_unknown}' was not compared; check the colour space")
    measured = {"bits": painted.bits, "covered": float(painted.cover.mean())}
    untouched = np.abs(picture - start).max() <= (_UNTOUCHED_8_BIT if painted.bits == 8 else _UNTOUCHED)
    if untouched and not given.draft:
        problem = (
            f"{path}: not painted, it is what was given out; paint it, or leave frame {given.frame} out of --frames"
        )
        return FrameCheck(given.frame, path.name, "not painted", (problem,), tuple(warnings), **measured)

    own, other = luma(start), luma(picture)
    measured["luma_rms"] = luma_rms(picture, start)
    measured["luma_far_off"] = float(np.mean(np.abs(other - own) > LARGE_LUMA_DIFFERENCE))
    if measured["luma_rms"] > LARGE_LUMA_DIFFERENCE and _correlation(own, other) < _SAME_PICTURE:
        problem = f"{path}: shows another picture than frame {given.frame} as it was given out; check the file's name"
        return FrameCheck(given.frame, path.name, "refused", (problem,), tuple(warnings), **measured)

    problems = []
    misalignment = find_misalignment(own, other)
    if misalignment is None:
        warnings.append(f"{path}: too little detail in common with what was given out to tell whether it was moved")
    else:
        measured |= {"right": misalignment.right, "down": misalignment.down, "largest_shift": misalignment.largest}
        if misalignment.largest > settings.most_shift:
            problems.append(
                f"{path}: lies {misalignment.right:z.1f} pixels to the right and {misalignment.down:z.1f} down of what "
                f"was given out, {misalignment.largest:.1f} in one corner; undo what moved or scaled it, and save it "
                "again"
            )
    if measured["luma_rms"] > settings.luma_tolerance:
        warnings.append(
            f"{path}: luma is off by {measured['luma_rms']:.3f} rms, by more than {LARGE_LUMA_DIFFERENCE} in "
            f"{measured['luma_far_off']:.0%} of the picture; the film keeps its own, so colours will look "
            "different there"
        )
    state = "draft" if untouched else "painted"
    return FrameCheck(given.frame, path.name, state, tuple(problems), tuple(warnings), **measured)


def table(checks: tuple[FrameCheck, ...]) -> str:
    """The checks as a table, a line for each frame."""
    lines = ["frame  file                 state        bits  covered  right   down   most  luma rms  far off"]
    for check in checks:
        cells = [
            f"{check.frame:5}  {check.file:20} {check.state:12}",
            _cell(check.bits, 4, "d"),
            _cell(check.covered, 7, ".0%"),
            _cell(check.right, 5, "z.1f"),
            _cell(check.down, 5, "z.1f"),
            _cell(check.largest_shift, 5, "z.1f"),
            _cell(check.luma_rms, 8, ".3f"),
            _cell(check.luma_far_off, 7, ".1%"),
        ]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def _cell(value: float | None, width: int, form: str) -> str:
    return ("-" if value is None else f"{value:{form}}").rjust(width)


def _correlation(one: Values, other: Values) -> float:
    """Pearson's, 0 where one of both is flat."""
    one, other = one - one.mean(dtype=np.float64), other - other.mean(dtype=np.float64)
    power = np.sqrt(np.mean(one * one) * np.mean(other * other))
    return float(np.mean(one * other) / power) if power > 1e-9 else 0.0
