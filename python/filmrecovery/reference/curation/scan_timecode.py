"""Which file of a scan has a timecode, for lists that name times of a reel: its first and last headers tell."""

import collections
import math
from collections.abc import Iterable
from pathlib import Path

import OpenImageIO
import opentimelineio as otio

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.headers.film_metadata import stated_rate
from filmrecovery.reference.curation.shot_settings import TimelineSettings

_ADVICE = "give the shots as an .otio timeline with the files of the scan, or as ranges in a .json"


def scan_timecode(source: Element) -> tuple[float, int]:
    """The rate by which the files of an element are counted, and the count of the first one's timecode.

    Raises ElementError where the files carry no timecode, or one that does not count them.
    """
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
            f"{path}: has {f'the timecode {timecode}' if timecode else 'no timecode'}, by which the list names "
            f"its frames; {_ADVICE}"
        ) from error
    return math.floor(count)


def named_shots(path: Path, events: Iterable[tuple[str, int, int]]) -> tuple[Scope, ...]:
    """Shots of (name, first, last). One without a name has the number of its event; a name that comes again, a number.

    Raises FileError where a shot has no place among the numbers that files can have.
    """
    uses: collections.Counter[str] = collections.Counter()
    shots = []
    for event, (stated, first, last) in enumerate(events, 1):
        name = stated or f"{event:03}"
        uses[name] += 1
        numbered = name if uses[name] == 1 else f"{name} {uses[name]}"
        try:
            values = {"name": numbered, "kind": "shot", "first": first, "last": last}
            shots.append(from_mapping(Scope, values, f"'{name}'"))
        except SettingsError as error:
            raise FileError(f"{path}: {error}; correct the list") from error
    return tuple(shots)
