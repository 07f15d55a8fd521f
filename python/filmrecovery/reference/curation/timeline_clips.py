"""What is seen of the clips of a timeline.

Of tracks that lie over each other, the uppermost clip is seen. Times are counted exactly, in seconds, since 23.976
frames a second are 24000/1001.
"""

import bisect
import itertools
import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from filmrecovery.base.errors import FileError
from filmrecovery.film.headers.frame_rate import exact_rate

_LOG = logging.getLogger(__name__)
_RETIME = re.compile(
    r"time\W?(re)?\W?map|time\W?warp|retime|speed|freeze|motion (adapter|control|effect)", re.IGNORECASE
)
"""Names of effects."""
OTIO_ERRORS = (
    otio.exceptions.OTIOError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What the library raises for objects that lack fields, or have others than their schema says."""
_LATEST = 1e12
"""The latest time that is read, in frames of any rate."""
_HIGHEST_OF_FRAMES = 1000
_SLIVER = Fraction(1, 1000)
"""Seconds, less than a part of a frame, by which times that were rounded may miss each other."""
_MOST_NAMED = 5

_Span = tuple[Fraction, Fraction]
"""Seconds of the timeline: from, to."""


@dataclass(frozen=True)
class SeenClip:
    """A clip of picture that is switched on, with all that it lies in; `ranges`, of the time of its media, are seen.

    There is none where other clips lie over all of it, and several where they lie over its middle.
    """

    clip: otio.schema.Clip
    ranges: tuple[otio.opentime.TimeRange, ...]


@dataclass
class _Placed:
    """A clip, where it lies on the timeline, and by what it is hidden."""

    clip: otio.schema.Clip
    shift: Fraction
    """Added to a time of its media, it is the time of the timeline."""
    spans: list[_Span]
    retimed: bool
    covers: list[_Span] = field(default_factory=list)
    """What nothing below is seen through."""
    hidden_by: list[str] = field(default_factory=list)
    veiled_by: list[str] = field(default_factory=list)
    """Names of clips over it through which it may be seen."""


def seen_clips(
    path: Path, timeline: otio.schema.Timeline, is_off: Callable[[otio.core.Item], bool] = lambda item: False
) -> list[SeenClip]:
    """The clips of picture that are switched on, from the lowest track, with what is seen of them.

    Those that lie outside the cut of what they lie in are left out.

    A clip hides what lies on the tracks below it, but not where it fades, and not if it or what it lies in has effects,
    by which it may be made smaller or transparent. Generators, such as titles, hide nothing. What is hidden is warned
    of. `is_off` says what is switched off besides what the timeline says.

    Raises FileError where a clip that is seen, or what it lies in, runs faster, slower or backwards.
    """
    clips = _Placing(is_off).placed(timeline.tracks, Fraction(0), None, False)
    for placed in clips:
        if placed.spans and placed.retimed:
            raise FileError(
                f"{path}: clip '{placed.clip.name}' is retimed; take out the retime: a recovery needs the frames of "
                "the scan as they are"
            )
    _warn(path, clips)
    return [
        SeenClip(placed.clip, tuple(_time_range(placed, span) for span in placed.spans))
        for placed in clips
        if placed.spans or placed.hidden_by
    ]


def seconds(time: otio.opentime.RationalTime) -> Fraction:
    """A time in seconds. Raises ValueError for what is no time or no rate."""
    if not abs(time.value) <= _LATEST:
        raise ValueError(f"{time.value} is no time")
    # Lengths may be counted in samples of sound too.
    rate = Fraction(time.rate) if _HIGHEST_OF_FRAMES < time.rate < math.inf else rate_of(time.rate)
    return Fraction(time.value) / rate


def rate_of(rate: float) -> Fraction:
    """The exact rate that was rounded to a number. Raises ValueError for what is no rate."""
    exact = exact_rate(rate)
    if exact is None:
        raise ValueError(f"{rate} is no frame rate")
    return exact


@dataclass(frozen=True)
class _Placing:
    is_off: Callable[[otio.core.Item], bool]

    def placed(self, item: otio.core.Item, begin: Fraction, window: _Span | None, retimed: bool) -> list[_Placed]:
        """The clips of an item, which begins at a time of the timeline and is seen inside a window."""
        is_sound = isinstance(item, otio.schema.Track) and item.kind != otio.schema.TrackKind.Video
        if is_sound or not item.enabled or self.is_off(item):
            return []
        retimed = retimed or any(_is_retime(effect) for effect in item.effects)
        shift = begin - seconds(item.trimmed_range().start_time)
        if isinstance(item, otio.schema.Clip):
            return [_placed_clip(item, shift, window, retimed)]
        if item.source_range is not None:
            window = _cut(_moved(item.source_range, shift), window)
        place = self._stack if isinstance(item, otio.schema.Stack) else self._track
        clips = place(item, shift, window, retimed) if isinstance(item, otio.core.Composition) else []
        if item.effects:
            for clip in clips:
                clip.covers = []
        return clips

    def _track(
        self, track: otio.core.Composition, shift: Fraction, window: _Span | None, retimed: bool
    ) -> list[_Placed]:
        clips, time, items = [], shift, list(track)
        for place, item in enumerate(items):
            if isinstance(item, otio.core.Item):
                found = self.placed(item, time, window, retimed)
                if isinstance(item, otio.schema.Clip) and found:
                    found[0].covers = self._without_fades(items, place, found[0].covers)
                clips.extend(found)
                time += seconds(item.trimmed_range().duration)
        return clips

    def _without_fades(self, items: Sequence[otio.core.Composable], place: int, covers: list[_Span]) -> list[_Span]:
        """What the clip in a place of a track covers, less where it comes from nothing or goes to it."""
        nothing = [None, None]
        padded = [*nothing, *items, *nothing]
        before, after = (padded[place + 1], padded[place]), (padded[place + 3], padded[place + 4])
        if isinstance(fade := before[0], otio.schema.Transition) and not self._is_picture(before[1]):
            covers = [(begin + seconds(fade.out_offset), end) for begin, end in covers]
        if isinstance(fade := after[0], otio.schema.Transition) and not self._is_picture(after[1]):
            covers = [(begin, end - seconds(fade.in_offset)) for begin, end in covers]
        return [(begin, end) for begin, end in covers if end > begin]

    def _is_picture(self, item: otio.core.Composable | None) -> bool:
        if item is None or not isinstance(item, otio.schema.Clip):
            return False
        return item.enabled and not self.is_off(item) and _is_opaque(item)

    def _stack(
        self, stack: otio.core.Composition, shift: Fraction, window: _Span | None, retimed: bool
    ) -> list[_Placed]:
        """The clips of items that lie over each other, the last one on top."""
        from_top: list[list[_Placed]] = []
        above: list[_Layer] = []
        for item in reversed(list(stack)):
            clips = self.placed(item, shift, window, retimed)
            for clip in clips:
                _hide(clip, [other for layer in above for other in layer.near(clip)])
            above.append(_Layer(clips))
            from_top.append(clips)
        return [clip for clips in reversed(from_top) for clip in clips]


class _Layer:
    """Clips of one item of a stack, found by their time: a reel has thousands on each track."""

    def __init__(self, clips: Sequence[_Placed]) -> None:
        self._clips = clips
        seen = [(*_hull(clip), number) for number, clip in enumerate(clips) if clip.spans]
        seen.sort()
        self._begins = [begin for begin, _, _ in seen]
        self._numbers = [number for _, _, number in seen]
        # The latest end so far: it grows, whatever lies over each other.
        self._ends = list(itertools.accumulate((end for _, end, _ in seen), max))

    def near(self, clip: _Placed) -> list[_Placed]:
        """The clips that may meet another one, in their order, and few more."""
        if not clip.spans:
            return []
        begin, end = _hull(clip)
        found = slice(bisect.bisect_right(self._ends, begin), bisect.bisect_left(self._begins, end))
        return [self._clips[number] for number in sorted(self._numbers[found])]


def _hull(clip: _Placed) -> _Span:
    return min(begin for begin, _ in clip.spans), max(end for _, end in clip.spans)


def _placed_clip(clip: otio.schema.Clip, shift: Fraction, window: _Span | None, retimed: bool) -> _Placed:
    # In transitions, more is seen than what the clip adds to the length of its track.
    span = _cut(_moved(clip.visible_range(), shift), window)
    own = _cut(_moved(clip.trimmed_range(), shift), window)
    is_there = span[1] - span[0] > _SLIVER
    placed = _Placed(clip, shift, [span] if is_there else [], retimed)
    if own[1] > own[0] and _is_opaque(clip):
        placed.covers = [own]
    return placed


def _is_opaque(clip: otio.schema.Clip) -> bool:
    return not clip.effects and not isinstance(clip.media_reference, otio.schema.GeneratorReference)


def _hide(clip: _Placed, above: Iterable[_Placed]) -> None:
    for other in above:
        before = clip.spans
        if not any(meet(span, one) for span in before for one in other.spans):
            continue
        for cover in other.covers:
            clip.spans = [part for span in clip.spans for part in _without(span, cover)]
        name = other.clip.name
        if clip.spans != before:
            clip.hidden_by.append(name)
        is_generator = isinstance(other.clip.media_reference, otio.schema.GeneratorReference)
        if not (other.covers or is_generator):
            clip.veiled_by.append(name)


def _without(span: _Span, cover: _Span) -> list[_Span]:
    if not meet(span, cover):
        return [span]
    parts = (span[0], cover[0]), (cover[1], span[1])
    return [(begin, end) for begin, end in parts if end - begin > _SLIVER]


def meet(span: _Span, other: _Span) -> bool:
    """Whether two spans of time share more than a sliver."""
    return min(span[1], other[1]) - max(span[0], other[0]) > _SLIVER


def _cut(span: _Span, window: _Span | None) -> _Span:
    return (max(span[0], window[0]), min(span[1], window[1])) if window else span


def _moved(time_range: otio.opentime.TimeRange, shift: Fraction) -> _Span:
    begin = shift + seconds(time_range.start_time)
    return begin, begin + seconds(time_range.duration)


def _time_range(placed: _Placed, span: _Span) -> otio.opentime.TimeRange:
    """A part of the timeline, in the time of the clip's media."""
    rate = placed.clip.visible_range().start_time.rate
    first, end = (otio.opentime.RationalTime(float((time - placed.shift) * rate_of(rate)), rate) for time in span)
    return otio.opentime.range_from_start_end_time(first, end)


def _warn(path: Path, clips: list[_Placed]) -> None:
    hidden = [
        f"{'part of ' if placed.spans else ''}'{placed.clip.name}' by {_listed(placed.hidden_by)}"
        for placed in clips
        if placed.hidden_by
    ]
    if hidden:
        _LOG.warning(
            "%s: clips on upper tracks hide others, whose frames are left out: %s; switch off what hides them if these "
            "frames are wanted",
            path,
            _some(hidden),
        )
    veiled = [
        f"'{placed.clip.name}' under {_listed(placed.veiled_by)}"
        for placed in clips
        if placed.spans and placed.veiled_by
    ]
    if veiled:
        _LOG.warning(
            "%s: clips with effects lie over others, which may be seen through them, so that all count: %s; switch off "
            "those that are not wanted",
            path,
            _some(veiled),
        )


def _listed(names: list[str]) -> str:
    return _some([f"'{name}'" for name in dict.fromkeys(names)])


def _some(words: list[str]) -> str:
    more = len(words) - _MOST_NAMED
    return ", ".join(words[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_retime(effect: otio.schema.Effect) -> bool:
    """Whether an effect changes the time of a clip: the adapters of editing systems take some for any effect."""
    names = [effect.name, effect.effect_name, *(_effect_id(kept) for kept in effect.metadata.values())]
    return isinstance(effect, otio.schema.TimeEffect) or any(_RETIME.search(name or "") for name in names)


def _effect_id(kept: object) -> str:
    """What an adapter keeps of the name that an effect has in its own format."""
    found = kept.get("effectid") if isinstance(kept, Mapping) else None
    return found if isinstance(found, str) else ""
