"""What is seen of the clips of a timeline."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import opentimelineio as otio

from filmrecovery.base.errors import FileError

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


def seen_clips(timeline: otio.schema.Timeline) -> Iterator[otio.schema.Clip]:
    """The clips of picture, from the lowest track, that are switched on with all that they lie in."""
    for clip in timeline.tracks.find_clips():
        around = [clip, *_around(clip)]
        if any(isinstance(item, otio.schema.Track) and item.kind != otio.schema.TrackKind.Video for item in around):
            continue
        if all(item.enabled for item in around):
            yield clip


def seen_range(path: Path, clip: otio.schema.Clip) -> otio.opentime.TimeRange | None:
    """The range of the clip's media that is seen; None where what it lies in cuts all of it away.

    Raises FileError where the clip, or what it lies in, runs faster, slower or backwards.
    """
    around = _around(clip)
    if any(_is_retime(effect) for item in (clip, *around) for effect in item.effects):
        raise FileError(
            f"{path}: clip '{clip.name}' is retimed; take out the retime: a recovery needs the frames of the scan as "
            "they are"
        )
    seen = clip.visible_range()
    for composition in around:
        if composition.source_range is None:
            continue
        cut = composition.transformed_time_range(composition.source_range, clip)
        start = max(seen.start_time, cut.start_time)
        end = min(seen.end_time_exclusive(), cut.end_time_exclusive())
        if end <= start:
            return None
        seen = otio.opentime.range_from_start_end_time(start, end)
    return seen


def _is_retime(effect: otio.schema.Effect) -> bool:
    """Whether an effect changes the time of a clip: the adapters of editing systems take some for any effect."""
    names = [effect.name, effect.effect_name, *(_effect_id(kept) for kept in effect.metadata.values())]
    return isinstance(effect, otio.schema.TimeEffect) or any(_RETIME.search(name or "") for name in names)


def _effect_id(kept: object) -> str:
    """What an adapter keeps of the name that an effect has in its own format."""
    found = kept.get("effectid") if isinstance(kept, Mapping) else None
    return found if isinstance(found, str) else ""


def _around(clip: otio.schema.Clip) -> list[otio.core.Composition]:
    """The track that a clip lies in, what that lies in, and so on."""
    around = []
    item = clip.parent()
    while item is not None:
        around.append(item)
        item = item.parent()
    return around
