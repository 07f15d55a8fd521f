"""The figures of a validation, each with its help, its unit and what is better.

Imports the standard library alone, so that Gaffer's own interpreter can show them.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_ERROR, HIGHEST_FRAME, LARGEST_SIDE
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.pair_roles import ROLES

PICTURES = ("source", "baseline", "recovery")
"""What is measured side by side."""

_BADNESS: dict[str, Callable[[float], float]] = {
    "lower": lambda value: value,
    "higher": lambda value: -value,
    "zero": abs,
    "one": lambda value: abs(math.log(max(value, 1e-6))),
}
BETTER = tuple(_BADNESS)
"""Better is: lower, higher, nearer to zero, nearer to one."""


def badness(value: float, better: str) -> float:
    """How bad a value is, to be compared with that of others; `better` is one of `BETTER`."""
    return _BADNESS[better](value)


def figure(help: str, unit: str, better: str) -> Any:
    """A field of a dataclass of figures: a number, or None where there was nothing to measure."""
    limits = {"minimum": -HIGHEST_ERROR, "maximum": HIGHEST_ERROR}
    return dataclasses.field(metadata={"help": help, "unit": unit, "better": better, **limits})


@dataclass(frozen=True)
class Look:
    """How one picture of a frame looks, by itself or at places that were found in the source."""

    clipped: float = figure("pixels with a channel at or beyond 0 or 1", "share", "lower")
    out_of_range: float = figure("pixels with a channel beyond 0..1", "share", "lower")
    grain: float | None = figure("granularity in flat areas, over the source's", "ratio", "one")
    sharpness: float | None = figure("fine detail over coarse along contours, over the source's", "ratio", "higher")
    halos: float | None = figure("overshoot and undershoot beside edges", "share of the edge", "lower")
    blotches: float = figure("uneven colour where the source is even", "share of chroma", "lower")
    displacement: float | None = figure(
        "how far the contours of what is recovered lie from the source's luma contours", "pixels", "lower"
    )


@dataclass(frozen=True)
class ShotFigures(Look):
    """One picture of a frame of the shot."""

    luma_rms: float = figure("difference of luma from the source's, root mean square", "share of white", "lower")
    luma_max: float = figure("difference of luma from the source's, largest", "share of white", "lower")
    chroma_rms: float = figure("difference of chroma from the source's, root mean square", "share of chroma", "lower")
    chroma_max: float = figure("difference of chroma from the source's, largest", "share of chroma", "lower")
    shift_luma: float = figure("mean luma less the source's", "share of white", "zero")
    shift_cb: float = figure("mean Cb less the source's", "share of chroma", "zero")
    shift_cr: float = figure("mean Cr less the source's", "share of chroma", "zero")
    flicker: float | None = figure("change of colour from frame to frame and back", "share", "lower")
    added_flicker: float | None = figure("flicker that the source's own does not explain", "share", "lower")


@dataclass(frozen=True)
class HoldOutFigures(Look):
    """One picture of a hold-out frame, against the ground truth."""

    psnr: float = figure("peak signal-to-noise ratio", "dB", "higher")
    ssim: float = figure("structural similarity", "up to 1", "higher")
    ciede2000: float = figure("colour difference, mean", "CIEDE2000", "lower")
    ciede2000_p95: float = figure("colour difference, 95th percentile", "CIEDE2000", "lower")
    delta_itp: float = figure("colour difference, mean", "dE-ITP of BT.2124", "lower")
    delta_itp_p95: float = figure("colour difference, 95th percentile", "dE-ITP of BT.2124", "lower")
    luma_rms: float = figure("difference of luma, root mean square", "share of white", "lower")
    chroma_rms: float = figure("difference of chroma, root mean square", "share of chroma", "lower")


LIKENESS = {"chroma": "ciede2000", "spatial": "psnr", "plain": "psnr"}
"""The figure of `HoldOutFigures` that says how near a hold-out is to its ground truth, by recovery mode."""


def figure_unit(name: str) -> str:
    """The unit of a figure of `HoldOutFigures`."""
    return next(field.metadata["unit"] for field in dataclasses.fields(HoldOutFigures) if field.name == name)


@dataclass(frozen=True)
class FrameDoubt:
    """How far a frame is doubted: the errors that its channel recovery.doubt expects, a share of the range."""

    mean: float = figure("error to be expected, root mean square over the frame", "share of the range", "lower")
    worst: float = figure("error to be expected at the worst place", "share of the range", "lower")
    x: int = setting(
        dataclasses.MISSING, "column of the worst place, in pixels from the left", minimum=0, maximum=LARGEST_SIDE
    )
    y: int = setting(
        dataclasses.MISSING, "row of the worst place, in pixels from the top", minimum=0, maximum=LARGEST_SIDE
    )


@dataclass(frozen=True)
class DoubtAndError:
    """How well a doubt agrees with the error, by blocks of 16x16 pixels of a picture whose truth is known."""

    rank: float | None = figure("rank correlation of doubt and error (Spearman)", "up to 1", "higher")
    expected: float = figure("error that was expected, root mean square", "share of the range", "lower")
    error: float = figure("true error, root mean square", "share of the range", "lower")


@dataclass(frozen=True)
class ShotFrame:
    """A frame of the shot: the figures of its pictures, side by side."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    uncovered: float = figure("colours of the source that no training input has", "share", "lower")
    source: ShotFigures = setting(dataclasses.MISSING, "figures of the source")
    baseline: ShotFigures | None = setting(dataclasses.MISSING, "figures of the baseline")
    recovery: ShotFigures = setting(dataclasses.MISSING, "figures of the recovery")
    doubt: FrameDoubt | None = setting(None, "how far the recovery is doubted, if its frames say so")
    shot: str = setting("", "name of the shot; nothing where the shots are not known")


@dataclass(frozen=True)
class HoldOut:
    """A frame that was kept out of training, as the model recovers it; `truth` is the look of its ground truth."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    label: str = setting(dataclasses.MISSING, "name of the shot")
    source: HoldOutFigures = setting(dataclasses.MISSING, "figures of the source")
    baseline: HoldOutFigures | None = setting(dataclasses.MISSING, "figures of the baseline")
    recovery: HoldOutFigures = setting(dataclasses.MISSING, "figures of the recovery")
    truth: Look = setting(dataclasses.MISSING, "look of the ground truth")
    doubt: DoubtAndError | None = setting(None, "what the doubt tells of the recovery's error, if the model knows it")


@dataclass(frozen=True)
class PairFit:
    """How the ground truth of a pair fits its input, and what of it is at the ends of the range."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    role: str = setting(dataclasses.MISSING, "use of the pair", choices=ROLES)
    label: str = setting(dataclasses.MISSING, "name of the shot")
    displacement: float | None = figure("as that of `Look`, of the ground truth", "pixels", "lower")
    clipped: float = figure("as that of `Look`, of the ground truth", "share", "lower")


@dataclass(frozen=True)
class SteadinessFigures:
    """How steady the error of the hold-outs of a shot is: one picture against the ground truth (see `Steadiness`)."""

    flicker: float = figure("error of colour that jumps from frame to frame and back", "share", "lower")
    drift: float = figure("error of colour that changes slowly over the shot", "share", "lower")
    flickering: int = setting(dataclasses.MISSING, "the frame that flickers most", minimum=0, maximum=HIGHEST_FRAME)
    drifting: int = setting(dataclasses.MISSING, "the frame that drifted furthest", minimum=0, maximum=HIGHEST_FRAME)


@dataclass(frozen=True)
class ShotSteadiness:
    """The steadiness of a shot of which enough frames are held out to see what the colour does over time."""

    label: str = setting(dataclasses.MISSING, "name of the shot")
    frames: str = setting(dataclasses.MISSING, "its hold-outs")
    source: SteadinessFigures = setting(dataclasses.MISSING, "figures of the source")
    baseline: SteadinessFigures | None = setting(dataclasses.MISSING, "figures of the baseline")
    recovery: SteadinessFigures = setting(dataclasses.MISSING, "figures of the recovery")


@dataclass(frozen=True)
class ShotWithoutPairs:
    """A shot that the model had no pair to learn from, so that the grade of the whole film recovered it."""

    name: str = setting(dataclasses.MISSING, "name of the shot")
    frames: str = setting(dataclasses.MISSING, "its frames")

    def __str__(self) -> str:
        return f"{self.name} (frames {self.frames})"


@dataclass(frozen=True)
class Validation:
    """What was measured of a recovery, in the order of the frames."""

    mode: str = setting(dataclasses.MISSING, "recovery mode", choices=MODES)
    working_space: str = setting(dataclasses.MISSING, "OCIO colour space that was measured in")
    model: str = setting(dataclasses.MISSING, "hash of the model's weights")
    own_pairs: bool = setting(dataclasses.MISSING, "the model was trained on these very pairs")
    training_frames: str = setting(dataclasses.MISSING, "frames that were trained on")
    source: Element = setting(dataclasses.MISSING, "the source")
    recovered: Element = setting(dataclasses.MISSING, "the recovered frames")
    baseline: Element | None = setting(dataclasses.MISSING, "the baseline, if it was frames")
    crop: str | None = setting(
        dataclasses.MISSING, 'part of the picture, "left,top,right,bottom" in pixels, by shot where these differ'
    )
    pairs: tuple[PairFit, ...] = setting(dataclasses.MISSING, "pairs to train on and hold-outs")
    shots_without_pairs: tuple[ShotWithoutPairs, ...] = setting(
        dataclasses.MISSING, "shots that the grade of the whole film recovered"
    )
    hold_outs: tuple[HoldOut, ...] = setting(dataclasses.MISSING, "frames that were kept out of training")
    steadiness: tuple[ShotSteadiness, ...] = setting(dataclasses.MISSING, "shots with three hold-outs or more")
    frames: tuple[ShotFrame, ...] = setting(dataclasses.MISSING, "frames of the shot")


@dataclass(frozen=True)
class Summary:
    """A figure over many frames: 95 of 100 frames are no worse than `p95`, and `worst_frame` has the worst value."""

    mean: float
    p95: float
    worst: float
    worst_frame: int


def summarise(frames: Iterable[ShotFrame] | Iterable[HoldOut], picture: str) -> dict[str, Summary]:
    """The figures of one of `PICTURES`, or of the "truth" of hold-outs, by their names; without those of no frame."""
    having = [(row.frame, figures) for row in frames if (figures := getattr(row, picture)) is not None]
    if not having:
        return {}
    summaries = {}
    for field in dataclasses.fields(having[0][1]):
        values = [(frame, value) for frame, figures in having if (value := getattr(figures, field.name)) is not None]
        if values:
            summaries[field.name] = summary(values, field.metadata["better"])
    return summaries


def summary(values: list[tuple[int, float]], better: str) -> Summary:
    """The summary of one figure, given as (frame, value), one at least; `better` is one of `BETTER`."""
    # Of equals, the first frame is the worst.
    ordered = sorted(values, key=lambda item: (badness(item[1], better), -item[0]))
    worst_frame, worst = ordered[-1]
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1][1]
    return Summary(math.fsum(value for _, value in values) / len(values), p95, worst, worst_frame)
