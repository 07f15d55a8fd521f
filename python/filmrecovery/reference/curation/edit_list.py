"""The shots of an edit decision list (CMX 3600, .edl), whose times are the timecode of a reel.

Which file of a scan has a timecode, the headers of its first and last file tell.
"""

import collections
import math
import re
from pathlib import Path

import OpenImageIO
import opentimelineio as otio

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.base.read_file import read_text, shown
from filmrecovery.film.element import Element
from filmrecovery.film.film_metadata import stated_rate
from filmrecovery.film.read_frame import read_header
from filmrecovery.film.scope import Scope
from filmrecovery.reference.curation.shot_settings import TimelineSettings
from filmrecovery.reference.curation.timeline_clips import OTIO_ERRORS, seen_clips, seen_range

_ADAPTER = "cmx_3600"
_WHAT = "an edit decision list"
_RETIME = re.compile(r"^\s*M2\s+\S+\s+(-?\d+\.?\d*)", re.MULTILINE)
_REMEDY = "write it again as CMX 3600"
_ADVICE = "give the shots as an .otio timeline with the files of the scan, or as ranges in a .json"


def read_edit_list(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of an edit decision list, in its order, by the numbers of the source's files.

    A shot is an event of picture and has the name of its clip, or the number of the event. Where a name comes again, a
    number follows it. Black, colour bars and sound are passed over.

    Raises FileError where the list cannot be read, has more than one reel, or retimes a clip. Raises ElementError where
    the files of the source carry no timecode, or one that does not count them.
    """
    path = Path(path)
    text = read_text(path, _WHAT, _REMEDY)
    rate, start = _start(source)
    # The adapter passes over some of these, as after a remark.
    retimed = [speed for speed in _RETIME.findall(text) if round(float(speed)) != round(rate)]
    if retimed:
        raise FileError(
            f"{path}: holds clips that are retimed, to {', '.join(retimed)} frames a second; take out the retimes, "
            "which are no work for a recovery"
        )
    try:
        timeline = otio.adapters.read_from_string(text, _ADAPTER, rate=rate)
        return _shots(path, timeline, rate, source.frames[0] - start)
    except OTIO_ERRORS as error:
        reason = shown(error.args[0]) if error.args else type(error).__name__
        raise FileError(f"{path}: cannot be read as {_WHAT} ({reason}); {_REMEDY}") from error


def _shots(path: Path, timeline: otio.schema.Timeline, rate: float, shift: int) -> tuple[Scope, ...]:
    """The shots, by the number of a file for each count of the timecode: so much is added to it."""
    for track in timeline.tracks:
        # The adapter lets a track begin at its time of record, as if it cut its clips.
        track.source_range = None
    clips = [
        clip
        for clip in seen_clips(timeline)
        if not isinstance(clip.media_reference, otio.schema.GeneratorReference) and seen_range(path, clip)
    ]
    reels = {str(clip.metadata[_ADAPTER]["reel"]) for clip in clips}
    if len(reels) > 1:
        raise FileError(f"{path}: has the reels {', '.join(sorted(reels))}; leave those events that show this scan")
    if not clips:
        raise FileError(f"{path}: has no events of picture; expected shots")
    uses: collections.Counter[str] = collections.Counter()
    shots = []
    for event, clip in enumerate(clips, 1):
        time_range = seen_range(path, clip)
        assert time_range is not None
        name = clip.name or f"{event:03}"
        uses[name] += 1
        values = {
            "name": name if uses[name] == 1 else f"{name} {uses[name]}",
            "kind": "shot",
            "first": shift + time_range.start_time.to_frames(),
            "last": shift + time_range.end_time_inclusive().to_frames(),
        }
        try:
            shots.append(from_mapping(Scope, values, f"'{name}'"))
        except SettingsError as error:
            raise FileError(f"{path}: {error}; correct the list") from error
    return tuple(shots)


def _start(source: Element) -> tuple[float, int]:
    """The rate by which the files of an element are counted, and the count of the first one's timecode."""
    first, last = (source.path(frame) for frame in (source.frames[0], source.frames[-1]))
    header = read_header(first)
    stated = stated_rate(header)
    rate = float(stated) if stated else TimelineSettings().rate
    counts = [_count(Path(first), header, rate), _count(Path(last), read_header(last), rate)]
    if counts[1] - counts[0] != source.frames[-1] - source.frames[0]:
        raise ElementError(
            f"{first} and {last}: their timecode does not count {rate:.6g} frames a second without a gap, so that no "
            f"event can be told by it; {_ADVICE}"
        )
    return rate, counts[0]


def _count(path: Path, header: OpenImageIO.ImageSpec, rate: float) -> int:
    timecode = header.get_string_attribute("smpte:TimeCode")
    try:
        count = otio.opentime.from_timecode(timecode, rate).value
    except ValueError as error:
        raise ElementError(
            f"{path}: has {f'the timecode {timecode}' if timecode else 'no timecode'}, by which an edit decision list "
            f"names its frames; {_ADVICE}"
        ) from error
    return math.floor(count)
