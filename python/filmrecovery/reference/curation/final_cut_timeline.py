"""The shots of a timeline in Final Cut Pro 7 XML, which most editing systems write, by the timecode of its media.

An adapter of OpenTimelineIO reads it, the extra `timelines`, which need not be there. What the adapter passes over
without a word, and a shot depends on, is looked at here: rates, retimes, and what is switched off.
"""

from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio

from filmrecovery.base.errors import FileError, SettingsError
from filmrecovery.base.read_file import read_text, shown
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.headers.film_timecode import count_from
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.reference.curation.scan_timecode import ScanTimecode, check_counting, named_shots, scan_timecode
from filmrecovery.reference.curation.timeline_clips import OTIO_ERRORS, seen_clips

_ADAPTER = "fcp_xml"
_WHAT = "a timeline in Final Cut Pro 7 XML"
_REMEDY = "write it again, or as an edit decision list"
_BETWEEN = 0.1
"""Part of a frame by which times that were rounded may miss it."""
_RATES = 0.01
"""Frames a second by which rates that were rounded may differ."""
_ERRORS = (*OTIO_ERRORS, RecursionError, SyntaxError)
"""What the adapter raises for files that are damaged or something else; an error in XML is one of syntax."""


def read_final_cut_timeline(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of a timeline, in its order, by the numbers of the source's files.

    A shot is what is seen of a clip of picture, and has its name. Where a name comes again, a number follows it. Gaps,
    generators, sound and what is switched off are passed over.

    Raises SettingsError where the adapter is not installed. Raises FileError where the timeline cannot be read, has
    media of more than one file, mixes frame rates, or retimes a clip. Raises ElementError as `scan_timecode` does.
    """
    path = Path(path)
    if _ADAPTER not in otio.adapters.available_adapter_names():
        raise SettingsError(
            f"{path}: timelines in XML need the package otio-fcp-adapter; install it with: "
            'pip install -c constraints.txt ".[timelines]"'
        )
    scan = scan_timecode(source)
    try:
        return _shots(path, _timeline(path, scan), scan.rate, source.frames[0] - scan.first)
    except FileError:
        raise
    except _ERRORS as error:
        reason = shown(error.args[0]) if error.args else type(error).__name__
        raise FileError(f"{path}: cannot be read as {_WHAT} ({reason}); {_REMEDY}") from error


def _timeline(path: Path, scan: ScanTimecode) -> otio.schema.Timeline:
    text = read_text(path, _WHAT, _REMEDY)
    _check_media_times(path, text, scan)
    read = otio.adapters.read_from_string(text, _ADAPTER)
    timelines = [read] if isinstance(read, otio.schema.Timeline) else list(read)
    if len(timelines) != 1 or not isinstance(timelines[0], otio.schema.Timeline):
        raise FileError(f"{path}: holds {len(timelines)} timelines; write the one with the shots of this scan alone")
    return timelines[0]


def _check_media_times(path: Path, text: str, scan: ScanTimecode) -> None:
    """The adapter takes the length of a clip from the sequence alone, whose rate it does not hand on, and how timecodes
    of media count it does not look at."""
    tree = ElementTree.fromstring(text)
    rates = {
        (rate.findtext("timebase", "").strip(), rate.findtext("ntsc", "").strip().upper() == "TRUE")
        for rate in tree.iter("rate")
    }
    if len(rates) > 1:
        raise FileError(f"{path}: mixes frame rates; conform the timeline to the rate of the scan")
    for counting in tree.iterfind(".//file/timecode/displayformat"):
        if stated := (counting.text or "").strip().upper():
            check_counting(path, stated == "DF", scan)
    for timecode in tree.iterfind(".//file/timecode"):
        _check_start(path, timecode, scan)
    for clip in tree.iterfind(".//video//clipitem"):
        _check_length(path, clip)


def _check_start(path: Path, timecode: ElementTree.Element, scan: ScanTimecode) -> None:
    """Media say twice when they begin, and the adapter looks at the number alone."""
    rate, text, frame = exact_rate(scan.rate), timecode.findtext("string", ""), timecode.findtext("frame", "")
    assert rate
    try:
        differ = count_from(text.strip(), rate).number != int(frame)
    except ValueError:
        # Other checks tell of media with only one of them, or another rate.
        return
    if differ:
        raise FileError(f"{path}: its media begin at {text} and at the frame {frame}, which is another time; {_REMEDY}")


def _check_length(path: Path, clip: ElementTree.Element) -> None:
    name = clip.findtext("name", "")
    if clip.find("subclipinfo") is not None:
        raise FileError(
            f"{path}: clip '{name}' is a subclip, whose times programs count from different frames; make it a clip of "
            "its media"
        )
    try:
        start, end, first, following = (int(clip.findtext(key, "")) for key in ("start", "end", "in", "out"))
    except ValueError:
        # The adapter tells of what is missing.
        return
    # Beside a transition, where a clip begins or ends is not said.
    if min(start, end) >= 0 and end - start != following - first:
        raise FileError(
            f"{path}: clip '{name}' lasts {end - start} frames, and shows {following - first} of its media: it is "
            "retimed; take out the retime, which is no work for a recovery"
        )


def _shots(path: Path, timeline: otio.schema.Timeline, rate: float, shift: int) -> tuple[Scope, ...]:
    """The shots, by the number of a file for each count of the timecode: so much is added to it."""
    events = []
    media = set()
    for seen in seen_clips(path, timeline, _is_off):
        clip = seen.clip
        if isinstance(clip.media_reference, otio.schema.GeneratorReference):
            continue
        # A clip that is hidden counts too: what hides it need not be this scan.
        media.add(getattr(clip.media_reference, "target_url", "") or clip.media_reference.name)
        for time_range in seen.ranges:
            _check_media(path, clip, time_range)
            events.append((clip.name, *(shift + count for count in _counts(path, clip, time_range, rate))))
    if len(media) > 1:
        raise FileError(f"{path}: has media of {len(media)} files; leave those clips that show this scan")
    if not events:
        raise FileError(f"{path}: has no clips of picture; expected shots")
    return named_shots(path, events)


def _is_off(item: otio.core.Item) -> bool:
    """Whether a clip or track is switched off, which the adapter leaves to the metadata."""
    return str(item.metadata.get(_ADAPTER, {}).get("enabled", "")).upper() == "FALSE"


def _check_media(path: Path, clip: otio.schema.Clip, seen: otio.opentime.TimeRange) -> None:
    there = clip.media_reference.available_range
    if there is None:
        raise FileError(f"{path}: clip '{clip.name}' does not say which time its media have; {_REMEDY}")
    if seen.start_time < there.start_time or seen.end_time_exclusive() > there.end_time_exclusive():
        raise FileError(f"{path}: clip '{clip.name}' shows times that its media do not have; {_REMEDY}")


def _counts(path: Path, clip: otio.schema.Clip, seen: otio.opentime.TimeRange, rate: float) -> tuple[int, int]:
    """The counts of the timecode of the first and the last frame that is seen."""
    first, end = seen.start_time, seen.end_time_exclusive()
    between = max(abs(time.value - round(time.value)) for time in (first, end))
    if abs(first.rate - rate) > _RATES or between > _BETWEEN:
        raise FileError(
            f"{path}: clip '{clip.name}' has {first.rate:.6g} frames a second, or begins between two frames; conform "
            f"the timeline to the rate of the scan, {rate:.6g}"
        )
    return round(first.value), round(end.value) - 1
