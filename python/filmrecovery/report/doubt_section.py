"""What a report says of how far the recovery is to be doubted: through the shot, in which frames, and where in them."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from filmrecovery.picture.doubt_map import doubt_map, scale_end, scale_strip
from filmrecovery.reference.curation.shared_crop import area_at
from filmrecovery.report.pictures import EncodedPicture, jpeg, png
from filmrecovery.report.plots import Marks, Plot, draw
from filmrecovery.report.report_elements import ReportElements, read_pictures
from filmrecovery.report.words import number
from filmrecovery.validation.validation_figures import FrameDoubt, ShotFrame, Validation

_MOST_FRAMES = 3
_MOST_ROWS = 6
_WIDTH, _BYTES = 720, 110_000
_RECOVERED = {"chroma": "chroma", "spatial": "luma", "plain": "R'G'B'"}


@dataclass(frozen=True)
class DoubtedFrame:
    """A frame that is doubted much: its figures in per cent of the range, and where its worst place is."""

    frame: int
    mean: str
    worst: str
    x: int
    y: int


@dataclass(frozen=True)
class DoubtedPicture:
    """A recovered picture beside the map of its doubt, and where its worst place is, in shares of the picture."""

    frame: DoubtedFrame
    recovery: EncodedPicture
    map: EncodedPicture
    across: float
    down: float


@dataclass(frozen=True)
class HoldOutRow:
    """A hold-out: rank correlation of doubt and error, and both as root mean squares, in per cent of the range."""

    name: str
    rank: str
    expected: str
    error: str


@dataclass(frozen=True)
class DoubtSection:
    """All that is shown. Where the frames have no channel of doubt, there are no pictures, only the hold-outs."""

    recovered: str
    """What the errors are errors of."""
    plot: Plot | None
    worst_frames: list[DoubtedFrame]
    worst_places: list[DoubtedFrame]
    pictures: list[DoubtedPicture]
    scale: EncodedPicture | None
    ticks: list[str]
    """The labels of the scale, from its left to its right end, evenly spaced."""
    hold_outs: list[HoldOutRow]
    per_cent_in_words: str
    """How large a colour difference one per cent was on the hold-outs; empty where that is not known."""


def doubt_section(validation: Validation, elements: ReportElements, apart: int) -> DoubtSection | None:
    """What the report shows of a validation; None where nothing is known of a doubt.

    Frames that are shown are at least `apart` frames from each other. Raises what `read_pictures` does, and
    ElementError where frames have lost the channel that they had when they were validated.
    """
    doubts = {shot_frame.frame: shot_frame.doubt for shot_frame in validation.frames if shot_frame.doubt}
    doubted_hold_outs = [hold_out for hold_out in validation.hold_outs if hold_out.doubt]
    if not (doubts or doubted_hold_outs):
        return None
    by_mean = _ordered(doubts, apart, lambda doubt: doubt.mean)
    by_place = _ordered(doubts, apart, lambda doubt: doubt.worst)
    pictured = list(dict.fromkeys([*by_mean[: _MOST_FRAMES - 1], *by_place, *by_mean]))[:_MOST_FRAMES]
    end = scale_end(max((doubts[frame].worst for frame in pictured), default=0.0))
    rows = {frame: _row(frame, doubts[frame]) for frame in doubts}
    return DoubtSection(
        recovered=_RECOVERED[validation.mode],
        plot=_plot(validation.frames, pictured),
        worst_frames=[rows[frame] for frame in by_mean[:_MOST_ROWS]],
        worst_places=[rows[frame] for frame in by_place[:_MOST_ROWS]],
        pictures=list(_pictures(validation, elements, [rows[frame] for frame in pictured], end)),
        scale=png(scale_strip()) if pictured else None,
        ticks=[number(100.0 * end * share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        hold_outs=list(_hold_out_rows(validation)),
        per_cent_in_words=_per_cent_in_words(validation),
    )


def _ordered(doubts: Mapping[int, FrameDoubt], apart: int, of: Callable[[FrameDoubt], float]) -> list[int]:
    """The frames, the most doubted first, without those beside one that is named: they look the same."""
    chosen: list[int] = []
    for frame in sorted(doubts, key=lambda frame: (-of(doubts[frame]), frame)):
        if all(abs(frame - other) >= apart for other in chosen):
            chosen.append(frame)
    return chosen


def _row(frame: int, doubt: FrameDoubt) -> DoubtedFrame:
    return DoubtedFrame(frame, number(100.0 * doubt.mean), number(100.0 * doubt.worst), doubt.x, doubt.y)


def _plot(frames: Iterable[ShotFrame], pictured: list[int]) -> Plot | None:
    having = [(shot_frame.frame, shot_frame.doubt) for shot_frame in frames]
    means = [(frame, doubt and 100.0 * doubt.mean) for frame, doubt in having]
    return draw(
        "Error to be expected, % of the range",
        "lower is better; the worst place is the place of each frame that is doubted the most",
        {"worst place": [(frame, doubt and 100.0 * doubt.worst) for frame, doubt in having], "whole frame": means},
        "frame",
        marks=Marks([(frame, mean) for frame, mean in means if frame in pictured], "frames that are shown"),
    )


def _pictures(
    validation: Validation, elements: ReportElements, rows: Iterable[DoubtedFrame], end: float
) -> Iterator[DoubtedPicture]:
    recovered = ReportElements(elements.source, elements.recovery)
    for row in rows:
        left, top, *_ = area_at(validation.crop, row.frame) if validation.crop else (0, 0)
        shown = read_pictures(recovered, row.frame, validation.working_space, validation.crop)
        if shown.doubt is None:
            raise ElementError(
                f"{elements.recovery.path(row.frame)}: has no channel {DOUBT_CHANNEL}, which it had when it was "
                "validated; validate it again"
            )
        picture = shown.pictures["recovery"]
        height, width = shown.doubt.shape
        yield DoubtedPicture(
            row,
            jpeg(picture, _WIDTH, _BYTES, shown.aspect),
            jpeg(doubt_map(picture, shown.doubt, end), _WIDTH, _BYTES, shown.aspect),
            (row.x - left + 0.5) / width,
            (row.y - top + 0.5) / height,
        )


def _hold_out_rows(validation: Validation) -> Iterator[HoldOutRow]:
    for hold_out in validation.hold_outs:
        if hold_out.doubt:
            name = f"Frame {hold_out.frame} {hold_out.label}".strip()
            expected, error = (number(100.0 * value) for value in (hold_out.doubt.expected, hold_out.doubt.error))
            yield HoldOutRow(name, number(hold_out.doubt.rank), expected, error)


def _per_cent_in_words(validation: Validation) -> str:
    having = [hold_out.recovery for hold_out in validation.hold_outs if hold_out.recovery.chroma_rms > 0]
    if validation.mode != "chroma" or not having:
        return ""
    difference = statistics.fmean(recovery.ciede2000 for recovery in having)
    return number(difference / (100.0 * statistics.fmean(recovery.chroma_rms for recovery in having)))
