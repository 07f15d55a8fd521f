"""The shots of an edit decision list (CMX 3600, .edl), whose times are the timecode of a reel."""

import itertools
import re
from pathlib import Path

import opentimelineio as otio

from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_text, shown
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.headers.film_timecode import count_from
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.reference.curation.scan_timecode import ScanTimecode, check_counting, named_shots, scan_timecode
from filmrecovery.reference.curation.timeline_clips import OTIO_ERRORS, seen_clips

_ADAPTER = "cmx_3600"
_WHAT = "an edit decision list"
_TIME = r"(\d\d:\d\d:\d\d[:;.,]\d\d)"
_RETIME = re.compile(rf"\s*M2\b.*?\s([+-]?\d+(?:\.\d+)?)\s+{_TIME}\s*", re.IGNORECASE)
_SAME_SPEED = 0.05
"""Frames a second by which a rate that was rounded may differ."""
_EVENT = re.compile(
    rf"\s*(\d+)\s+\S+\s+(?:V\d*|B|NONE|AA?\d*(?:/V\d*)?|V\d*/A+\d*)\s+(C|[DW]\d*|K(?:\s*[BO])?)(?:\s+[FR])?(?:\s+\d+)?"
    rf"\s+{_TIME}\s+{_TIME}\s+{_TIME}\s+{_TIME}\s*"
)
_TIMES = re.compile(rf"\s*\d.*\s{_TIME}\s+{_TIME}\s*")
"""A line that names times, as events alone do."""
_COUNTING = re.compile(r"\s*FCM\s*:\s*(NON)?[- ]?DROP", re.IGNORECASE)
_NO_REEL = "AX"
"""What programs write for the reel of a file that has none; the adapter leaves it out."""
_FILE = re.compile(r"SOURCE FILE\s*:\s*(.*?)\s*", re.IGNORECASE)
_REMEDY = "write it again as CMX 3600"


def read_edit_list(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of an edit decision list, in its order, by the numbers of the source's files.

    A shot is an event of picture and has the name of its clip, or the number of the event. Where a name comes again, a
    number follows it. Black, colour bars and sound are passed over.

    Raises FileError where the list cannot be read, has more than one reel, retimes a clip, has an event that lasts no
    time or is not of the form, or counts drop-frame and the source does not. Raises ElementError where the files of the
    source carry no timecode, or one that does not count them.
    """
    path = Path(path)
    text = read_text(path, _WHAT, _REMEDY)
    scan = scan_timecode(source)
    lines = text.splitlines()
    _check_speeds(path, lines, scan.rate)
    _check_events(path, lines)
    _check_counting(path, lines, scan)
    if scan.drop:
        _check_numbers(path, lines, scan)
        text = _as_drop_frame(lines)
    try:
        timeline = otio.adapters.read_from_string(text, _ADAPTER, rate=scan.rate)
        return _shots(path, timeline, source.frames[0] - scan.first)
    except OTIO_ERRORS as error:
        reason = shown(error.args[0]) if error.args else type(error).__name__
        raise FileError(f"{path}: cannot be read as {_WHAT} ({reason}); {_REMEDY}") from error


def _check_speeds(path: Path, lines: list[str], rate: float) -> None:
    # The adapter passes over some of these, as after a remark.
    for line in lines:
        if not re.match(r"\s*M2\b", line, re.IGNORECASE):
            continue
        found = _RETIME.fullmatch(line)
        if not found or abs(float(found[1]) - rate) > _SAME_SPEED:
            raise FileError(
                f"{path}: holds a clip that is retimed ('{line.strip()}'); take out the retimes: a recovery needs the "
                "frames of the scan as they are"
            )


def _check_events(path: Path, lines: list[str]) -> None:
    """The adapter takes a name of two words for a reel and a track, and an event that lasts no time for a frame."""
    events = [(line, _EVENT.fullmatch(line)) for line in lines if _TIMES.fullmatch(line)]
    for (line, event), (_, following) in itertools.pairwise([*events, ("", None)]):
        if not event:
            raise FileError(
                f"{path}: '{line.strip()}' is no event of CMX 3600, whose reel is one word and which has four times; "
                f"{_REMEDY}"
            )
        begin, end = (re.sub(r"\D", "", time) for time in event.groups()[2:4])
        # The first line of a dissolve or a wipe lasts no time: it names the picture from which it goes.
        leads = begin == end and following is not None and following[1] == event[1]
        if end <= begin and not leads:
            raise FileError(f"{path}: '{line.strip()}' ends before it has begun; correct the list")


def _check_counting(path: Path, lines: list[str], scan: ScanTimecode) -> None:
    said: bool | None = None
    for line in lines:
        if counting := _COUNTING.match(line):
            said = counting[1] is None
        elif event := _EVENT.fullmatch(line):
            drop = True if ";" in event[3] else said
            if drop is not None:
                check_counting(path, drop, scan)


def _check_numbers(path: Path, lines: list[str], scan: ScanTimecode) -> None:
    """The adapter takes a number that drop-frame leaves out for a frame before it."""
    rate = exact_rate(scan.rate)
    assert rate
    for line in lines:
        event = _EVENT.fullmatch(line)
        for time in event.groups()[2:4] if event else ():
            try:
                count_from(f"{time[:8]};{time[9:]}", rate)
            except ValueError as error:
                raise FileError(f"{path}: '{line.strip()}' names no frame ({error}); correct the list") from error


def _as_drop_frame(lines: list[str]) -> str:
    """The adapter knows drop-frame by the sign before the frames alone, which most lists do not have."""
    return "\n".join(
        re.sub(r"(\d\d:\d\d:\d\d)[:.,](\d\d)", r"\1;\2", line) if _EVENT.fullmatch(line) else line for line in lines
    )


def _shots(path: Path, timeline: otio.schema.Timeline, shift: int) -> tuple[Scope, ...]:
    """The shots, by the number of a file for each count of the timecode: so much is added to it."""
    _begin_together(timeline)
    events = []
    reels = set()
    for seen in seen_clips(path, timeline):
        clip = seen.clip
        if isinstance(clip.media_reference, otio.schema.GeneratorReference):
            continue
        reels.add(_reel(clip))
        # The adapter does not read the number of some events.
        name = "" if clip.name == str(None) else clip.name
        events.extend(
            (name, shift + one.start_time.to_frames(), shift + one.end_time_inclusive().to_frames())
            for one in seen.ranges
        )
    if len(reels) > 1:
        renamed = ", or give them its reel in place of AX" if any(reel.startswith(_NO_REEL) for reel in reels) else ""
        raise FileError(
            f"{path}: has the reels {', '.join(sorted(reels))}; leave those events that show this scan{renamed}"
        )
    if not events:
        raise FileError(f"{path}: has no events of picture; expected shots")
    return named_shots(path, events)


def _reel(clip: otio.schema.Clip) -> str:
    """The reel of an event. Where the list names none, as where files were edited, it is the file that counts."""
    written = clip.metadata.get(_ADAPTER, {})
    if "reel" in written:
        return str(written["reel"])
    files = [found[1] for comment in written.get("comments", ()) if (found := _FILE.fullmatch(str(comment)))]
    return f"{_NO_REEL} ({files[0] if files else clip.name})"


def _begin_together(timeline: otio.schema.Timeline) -> None:
    """Puts a gap before a track that begins later than others, which the adapter says by a cut at a negative time."""
    begins = [
        -track.source_range.start_time if track.source_range else track.available_range().start_time
        for track in timeline.tracks
    ]
    for track, begin in zip(timeline.tracks, begins, strict=True):
        track.source_range = None
        if begin > min(begins):
            zero = otio.opentime.RationalTime(0, begin.rate)
            track.insert(0, otio.schema.Gap(source_range=otio.opentime.TimeRange(zero, begin - min(begins))))
    # Upper tracks come last, whichever has the first event.
    tracks = sorted(timeline.tracks, key=lambda track: track.name)
    timeline.tracks[:] = []
    timeline.tracks.extend(tracks)
