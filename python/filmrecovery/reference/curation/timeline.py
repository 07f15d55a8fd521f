"""Timelines for editorial tools: shots with both elements, in OpenTimelineIO's own format (.otio).

Which frames a clip shows follows from its media: the first file is the start of the time that the media say they have.
Times are counted exactly, since 23.976 frames a second are 24000/1001.
"""

import collections
import dataclasses
import math
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import opentimelineio as otio

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import FileError, SettingsError
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.base.limits import HIGHEST_FRAME
from filmrecovery.base.read_file import parse_json, read_text, shown
from filmrecovery.film.elements.element import LONGEST_NAME, Element, split_pattern
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.scope import Scope
from filmrecovery.reference.curation.shot_settings import TimelineSettings
from filmrecovery.reference.curation.timeline_clips import OTIO_ERRORS, rate_of, seconds, seen_clips
from filmrecovery.reference.matching.frame_match import FrameMatch

SOURCE = "source"
REFERENCE = "reference"
_METADATA = "film_recovery"
_BETWEEN = 0.1
"""Part of a frame by which times that were rounded to a few digits may miss it."""
_DEFAULTS = TimelineSettings()
_WHAT = "a timeline of OpenTimelineIO"
_REMEDY = "write it again"


@dataclass(frozen=True)
class ShotTimeline:
    """What a timeline holds: ranges of the source's frames, both elements, and for each shot, by name, what is added to
    a frame number of the source to get the reference's, where that is one number for the whole shot."""

    scopes: tuple[Scope, ...]
    source: Element
    reference: Element | None
    offsets: dict[str, int]


def write_timeline(
    path: str | Path,
    scopes: tuple[Scope, ...],
    source: Element,
    reference: Element | None = None,
    matches: tuple[FrameMatch, ...] = (),
    settings: TimelineSettings = _DEFAULTS,
) -> None:
    """Writes a timeline whose clips are the shots, with each element as a media reference of every clip.

    Scenes and sequences become markers of the track. Raises SettingsError where there is
    no shot or the suffix is not .otio, and OutputError where the file cannot be written or replaces another.
    """
    path = Path(path)
    if path.suffix != ".otio":
        raise SettingsError(f"{path}: timelines are written as OpenTimelineIO; name the file something.otio")
    shots = [scope for scope in scopes if scope.kind == "shot"]
    if not shots:
        raise SettingsError(f"{path}: no shots to write; find the shots first")
    refuse_foreign(path, "timeline", lambda found: f'"{_METADATA}"'.encode() in found.read_bytes())
    rate = float(rate_of(settings.rate))
    timeline = otio.schema.Timeline(path.stem)
    track = otio.schema.Track(SOURCE, kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for shot in shots:
        clip = otio.schema.Clip(shot.name, source_range=_time_range(shot.first, shot.last, rate))
        media = {SOURCE: _media(source, rate)}
        if reference:
            media[REFERENCE] = _media(reference, rate)
        clip.set_media_references(media, SOURCE)
        offset = _offset(shot, matches)
        clip.metadata[_METADATA] = {"kind": "shot"} | ({} if offset is None else {"reference_offset": offset})
        track.append(clip)
    for scope in scopes:
        if scope.kind != "shot":
            marker = otio.schema.Marker(scope.name, marked_range=_time_range(scope.first, scope.last, rate))
            marker.metadata[_METADATA] = {"kind": scope.kind}
            track.markers.append(marker)
    write_text(path, otio.adapters.write_to_string(timeline, "otio_json") + "\n")


def read_timeline(path: str | Path) -> ShotTimeline:
    """The shots and elements of a timeline: one that was written here, or any with image sequences on its video tracks.

    A shot is what is seen of a clip, in a transition too; handles are not, nor is what clips on upper tracks hide, of
    which it is warned. Tracks within tracks count. Sound, gaps, and what is switched off do not. Where a name comes
    again, a number follows it.

    Raises FileError where the file cannot be read, its clips are no ranges of one image sequence, a clip runs faster,
    slower or backwards, or begins between two frames.
    """
    path = Path(path)
    text = read_text(path, _WHAT, _REMEDY)
    try:
        # The library is not to be asked about what is no JSON, or nests too deeply: it would end the whole process.
        parse_json(text)
        timeline = otio.adapters.read_from_string(text, "otio_json")
        if not isinstance(timeline, otio.schema.Timeline):
            raise FileError(f"{path}: holds a {type(timeline).__name__}; expected a Timeline")
        return _shots(path, timeline)
    except OTIO_ERRORS as error:
        reason = shown(error.args[0]) if error.args else type(error).__name__
        raise FileError(f"{path}: cannot be read as {_WHAT} ({reason}); {_REMEDY}") from error


def _shots(path: Path, timeline: otio.schema.Timeline) -> ShotTimeline:
    scopes, offsets = [], {}
    elements: dict[str, Element] = {}
    uses: collections.Counter[str] = collections.Counter()
    for seen in seen_clips(path, timeline):
        clip = seen.clip
        media = clip.media_references()
        source_key = SOURCE if SOURCE in media else clip.active_media_reference_key
        for role, key in ((SOURCE, source_key), (REFERENCE, REFERENCE)):
            if key not in media:
                continue
            element = _element(path, clip.name, media[key])
            if elements.setdefault(role, element) != element:
                raise FileError(f"{path}: the clips have more than one {role}; expected shots of one element")
        offset = clip.metadata.get(_METADATA, {}).get("reference_offset")
        for time_range in seen.ranges:
            shot = _shot(path, clip.name, media[source_key], time_range)
            uses[shot.name] += 1
            if uses[shot.name] > 1:
                # What belongs to a shot is known by its name.
                shot = dataclasses.replace(shot, name=f"{shot.name} {uses[shot.name]}")
            scopes.append(shot)
            if offset is not None:
                offsets[shot.name] = int(offset)
    if not scopes:
        raise FileError(f"{path}: has no clips on its video tracks; expected shots")
    for track in timeline.video_tracks():
        for marker in track.markers:
            kind = marker.metadata.get(_METADATA, {}).get("kind")
            if kind:
                scopes.append(_marked(path, marker, kind))
    return ShotTimeline(tuple(scopes), elements[SOURCE], elements.get(REFERENCE), offsets)


def _shot(path: Path, name: str, media: otio.core.MediaReference, time_range: otio.opentime.TimeRange) -> Scope:
    """The files of an image sequence that a range of its time shows."""
    # Otherwise it would be no element.
    assert isinstance(media, otio.schema.ImageSequenceReference)
    if media.available_range is None:
        raise FileError(f"{path}: clip '{name}' does not say which time its files have; write the range of its media")
    rate = rate_of(media.rate)
    begin = seconds(media.available_range.start_time) * rate
    first, end = (seconds(time) * rate - begin for time in (time_range.start_time, time_range.end_time_exclusive()))
    frames = [round(first), round(end) - 1]
    if max(abs(first - frames[0]), abs(end - 1 - frames[1])) > _BETWEEN:
        raise FileError(
            f"{path}: clip '{name}' begins or ends between two frames of its media, which has {float(rate):.6g} frames "
            "a second; conform the timeline to the rate of the scan"
        )
    last = round(seconds(media.available_range.duration) * rate) - 1
    if not 0 <= frames[0] <= frames[1] <= last:
        raise FileError(
            f"{path}: clip '{name}' shows frames {frames[0]} to {frames[1]} of media that have 0 to {last}; correct it"
        )
    files = [media.start_frame + media.frame_step * frame for frame in frames]
    return _scope(path, name, "shot", *files)


def _media(element: Element, rate: float) -> otio.schema.ImageSequenceReference:
    prefix, padding, suffix = split_pattern(element.pattern)
    first, last = element.frames[0], element.frames[-1]
    media = otio.schema.ImageSequenceReference(
        target_url_base=Path(element.pattern).parent.as_posix() + "/",
        name_prefix=prefix,
        name_suffix=suffix,
        start_frame=first,
        frame_step=1,
        rate=rate,
        frame_zero_padding=padding,
        available_range=_time_range(first, last, rate),
    )
    media.metadata[_METADATA] = {"frames": format_frames(element.frames)}
    return media


def _element(path: Path, clip: str, media: otio.core.MediaReference) -> Element:
    if not isinstance(media, otio.schema.ImageSequenceReference):
        raise FileError(f"{path}: clip '{clip}' has no image sequence; expected numbered frames such as scan.####.exr")
    # The library takes any number; the element refuses more digits than the name of a file can have.
    padding = min(max(media.frame_zero_padding, 1), LONGEST_NAME)
    name = f"{media.name_prefix}{'#' * padding}{media.name_suffix}"
    frames = media.metadata.get(_METADATA, {}).get("frames")
    if frames is not None and not isinstance(frames, str):
        raise ValueError(f"clip '{clip}' has frames that are no text")
    if frames is None:
        frames = f"{media.start_frame}-{media.end_frame()}" + (f"x{media.frame_step}" if media.frame_step > 1 else "")
    try:
        return Element(str(_folder(media.target_url_base) / name), parse_frames(frames), "")
    except SettingsError as error:
        raise FileError(f"{path}: clip '{clip}': {error}") from error


def _folder(base: str) -> Path:
    """The folder of files, given as a path or as an address."""
    address = urllib.parse.urlsplit(base)
    return Path(urllib.parse.unquote(address.path) if address.scheme == "file" else base)


def _marked(path: Path, marker: otio.schema.Marker, kind: str) -> Scope:
    """A range of frames that was written here, by the numbers of the source."""
    times = marker.marked_range.start_time, marker.marked_range.end_time_inclusive()
    if not all(abs(time.value) <= HIGHEST_FRAME and 0 < time.rate < math.inf for time in times):
        raise ValueError(f"'{marker.name}' has a time that is no frame number")
    return _scope(path, marker.name, kind, *(time.to_frames() for time in times))


def _scope(path: Path, name: str, kind: str, first: int, last: int) -> Scope:
    try:
        return from_mapping(Scope, {"name": name, "kind": kind, "first": first, "last": last}, f"'{name}'")
    except SettingsError as error:
        raise FileError(f"{path}: {error}; correct the timeline") from error


def _time_range(first: int, last: int, rate: float) -> otio.opentime.TimeRange:
    return otio.opentime.range_from_start_end_time_inclusive(
        otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(last, rate)
    )


def _offset(shot: Scope, matches: tuple[FrameMatch, ...]) -> int | None:
    """What is added to a frame number of the shot to get the reference's, where it is the same all over the shot."""
    offsets = {
        match.reference - match.source
        for match in matches
        if match.reference is not None and shot.first <= match.source <= shot.last
    }
    return offsets.pop() if len(offsets) == 1 else None
