"""The shots of an edit decision list (CMX 3600, .edl), whose times are the timecode of a reel."""

import re
from pathlib import Path

import opentimelineio as otio

from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_text, shown
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.reference.curation.scan_timecode import named_shots, scan_timecode
from filmrecovery.reference.curation.timeline_clips import OTIO_ERRORS, seen_clips, seen_range

_ADAPTER = "cmx_3600"
_WHAT = "an edit decision list"
_RETIME = re.compile(r"^\s*M2\s+\S+\s+(-?\d+\.?\d*)", re.MULTILINE)
_REMEDY = "write it again as CMX 3600"


def read_edit_list(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of an edit decision list, in its order, by the numbers of the source's files.

    A shot is an event of picture and has the name of its clip, or the number of the event. Where a name comes again, a
    number follows it. Black, colour bars and sound are passed over.

    Raises FileError where the list cannot be read, has more than one reel, or retimes a clip. Raises ElementError where
    the files of the source carry no timecode, or one that does not count them.
    """
    path = Path(path)
    text = read_text(path, _WHAT, _REMEDY)
    rate, start = scan_timecode(source)
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
    ranges = [(clip.name, seen_range(path, clip)) for clip in clips]
    return named_shots(
        path,
        (
            (name, shift + seen.start_time.to_frames(), shift + seen.end_time_inclusive().to_frames())
            for name, seen in ranges
            if seen
        ),
    )
