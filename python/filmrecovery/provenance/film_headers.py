"""What the headers of a source say of the film, and what of it the delivered frames say too."""

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import OpenImageIO

from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.read_frame import describes_encoding, read_header
from filmrecovery.film.headers import dpx_fields
from filmrecovery.film.headers.exr_header import attribute_names
from filmrecovery.film.headers.film_metadata import with_dpx_metadata
from filmrecovery.film.headers.film_timecode import TIMECODE, timecode_text
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.provenance.delivered_movie import Delivered, headers_of
from filmrecovery.provenance.header_keys import DATED_NAMES, NAMES

_OURS = "filmrecovery:"
_NO_ATTRIBUTES = ("oiio:", "openexr:", "thumbnail_")
"""Prefixes of what a library says of a file, which no file says."""
_STRUCTURE = {
    *("channels", "compression", "dataWindow", "displayWindow", "lineOrder", "pixelAspectRatio"),
    *("screenWindowCenter", "screenWindowWidth", "name", "type", "version", "chunkCount", "tiles"),
}
"""Attributes that each EXR file has of its own."""
_STRUCTURE_NAMES = {name.lower() for name in _STRUCTURE} | {"orientation", "planarconfig"}
_NAMES_IN_EXR = {
    TIMECODE: "timeCode",
    dpx_fields.KEYCODE: "keyCode",
    "FramesPerSecond": "framesPerSecond",
    "DateTime": "capDate",
    "Copyright": "owner",
}
_LONGEST_VALUE = 200

_ENCODING = "says how the file that was read was encoded, and the delivered one is encoded in another way"
_UNREAD = "is of a kind that is not read"
_MISSING = "is not in the delivered frames"
_TOO_LONG = "has a name of more than 31 characters, which an ACES container does not take"
_REPLACED = "was replaced by another value"
_UNCOUNTED = "cannot be counted"
_LONGEST_NAME = 31
_EXR = ".exr"


def film_headers(source: Element, delivered: Delivered) -> dict[str, Any]:
    """What is kept and what is dropped of the headers of a source, for the frames that both elements have.

    `kept` are the attributes by their names in EXR with their values in the first and the last of the frames that have
    them; `dropped` those that the delivered frames lack, with the reason, and empty values where they are of a kind
    that is not read; `movie` is what the movie said that the source was unpacked from, None where it was none.

    Raises ElementError for frames that are missing or damaged, and FileError for the record of a movie.
    """
    kept: dict[str, dict[int, str]] = {}
    dropped: dict[tuple[str, str], dict[int, str]] = {}
    frames = sorted(set(source.frames) & set(delivered.frames))
    delivered_header = headers_of(delivered)
    is_exr = isinstance(delivered, Element) and delivered.pattern.lower().endswith(_EXR)
    for frame in frames:
        path = source.path(frame)
        stated, lost = _compared(read_header(path), delivered_header(frame), is_exr)
        there = {*NAMES, *DATED_NAMES}
        if isinstance(delivered, Element) and is_exr:
            there = attribute_names(delivered.path(frame))
        for name in _unread(path, {*there, *lost}) - stated.keys():
            lost[name] = _UNREAD, ""
        for name, value in stated.items():
            kept.setdefault(name, {})[frame] = value
        for name, (reason, value) in lost.items():
            dropped.setdefault((name, reason), {})[frame] = value
    movie = _movie(source)
    if movie and movie["no_timecode"]:
        dropped["timeCode", f"{_UNCOUNTED}: {movie['no_timecode']}"] = dict.fromkeys(frames, str(movie["timecode"]))
    return {
        "movie": movie,
        "kept": [{"name": name, **_listed(values)} for name, values in sorted(kept.items())],
        "dropped": [
            {"name": name, **_listed(values), "reason": reason} for (name, reason), values in sorted(dropped.items())
        ],
    }


def _listed(values: Mapping[int, str]) -> dict[str, str]:
    first, last = (values[choose(values)][:_LONGEST_VALUE] for choose in (min, max))
    return {"frames": format_frames(tuple(values)), "first": first, "last": last}


def _movie(source: Element) -> dict[str, Any] | None:
    """What the movie said that the frames of a source were unpacked from, by the record beside them."""
    path = record_path(source.pattern)
    if not path.is_file():
        return None
    record = read_movie_record(path)
    facts = record.facts
    return {
        "file": record.movie,
        "sha256": record.sha256,
        "timecode": facts.timecode,
        "no_timecode": record.decided.no_timecode,
        "reel": facts.reel,
        "rate": facts.rate,
        "tags": [dataclasses.asdict(tag) for tag in facts.tags],
    }


def _compared(
    source: OpenImageIO.ImageSpec, delivered: OpenImageIO.ImageSpec, is_exr: bool
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """The attributes of a source that a delivered frame has, with their values; and why it lacks others."""
    stated, lost = _stated(source)
    delivered_texts, _ = _stated(delivered)
    lower = {name.lower() for name in delivered_texts}
    kept = {}
    for name, value in stated.items():
        if delivered_texts.get(name) == value:
            kept[name] = value
        elif name.lower() in lower:
            lost[name] = _REPLACED, value
        else:
            lost[name] = _TOO_LONG if is_exr and len(name) > _LONGEST_NAME else _MISSING, value
    return kept, lost


def _stated(spec: OpenImageIO.ImageSpec) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """What a header says of the film, by names of EXR; and of what it says of its file, why that is dropped."""
    carried = with_dpx_metadata(spec)
    stated: dict[str, str] = {}
    lost: dict[str, tuple[str, str]] = {}
    for attribute in carried.extra_attribs:
        name = attribute.name
        if name in NAMES or name in DATED_NAMES or name.startswith((_OURS, *_NO_ATTRIBUTES)):
            continue
        if name.lower() in _STRUCTURE_NAMES:
            continue
        if describes_encoding(name):
            lost[name] = _ENCODING, _as_text(name, attribute.value)
        elif not name.startswith("dpx:") and not describes_encoding(name.replace("dpx/", "dpx:", 1)):
            stated[_NAMES_IN_EXR.get(name, name)] = _as_text(name, attribute.value)
    return stated, lost


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    # Other programs write other kinds of values by the same names.
    if not isinstance(value, tuple):
        return str(value)
    if name == TIMECODE:
        return timecode_text(value[0])
    if name == dpx_fields.KEYCODE:
        maker, kind, prefix, count, offset, *_ = value
        return f"{maker:02d} {kind:02d} {prefix:06d} {count:04d}+{offset:02d}"
    if name.lower() == "framespersecond":
        return "/".join(map(str, value))
    return str(value)


def _unread(source: Path, there: Collection[str]) -> set[str]:
    """Attributes of an EXR file that no library read, so that they are not among those that are `there`."""
    if source.suffix.lower() != _EXR:
        return set()
    lower = {name.lower() for name in there}
    return {
        name
        for name in attribute_names(source)
        if name.lower() not in lower and name not in _STRUCTURE and not name.startswith(_OURS)
    }
