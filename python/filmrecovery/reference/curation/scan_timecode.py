"""Which file of a scan has a timecode, for lists that name times of a reel: its first and last headers tell."""

import collections
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import OpenImageIO

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.headers.film_metadata import stated_rate
from filmrecovery.film.headers.film_timecode import TIMECODE, TimecodeCount, count_from, timecode_text
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.reference.curation.shot_settings import TimelineSettings

_ADVICE = "give the shots as an .otio timeline with the files of the scan, or as ranges in a .json"


@dataclass(frozen=True)
class ScanTimecode:
    """How the files of a scan count time: frames a second, the count of the first file's timecode, and whether two
    numbers of most minutes are left out (drop-frame)."""

    rate: float
    first: int
    drop: bool


def scan_timecode(source: Element) -> ScanTimecode:
    """How the files of an element count time, by the headers of the first and the last.

    Raises ElementError where the files carry no timecode, or one that does not count them.
    """
    first, last = (source.path(frame) for frame in (source.frames[0], source.frames[-1]))
    header = read_header(first)
    rate = stated_rate(header) or exact_rate(TimelineSettings().rate)
    assert rate
    begin, end = _count(first, header, rate), _count(last, read_header(last), rate)
    if (end.number - begin.number, end.drop) != (source.frames[-1] - source.frames[0], begin.drop):
        raise ElementError(
            f"{first} and {last}: their timecode does not count {float(rate):.6g} frames a second without a gap, so "
            f"that no event can be found by it; {_ADVICE}"
        )
    return ScanTimecode(float(rate), begin.number, begin.drop)


def _count(path: Path, header: OpenImageIO.ImageSpec, rate: Fraction) -> TimecodeCount:
    word = header.getattribute(TIMECODE)
    if not isinstance(word, tuple):
        raise ElementError(f"{path}: has no timecode, by which the list names its frames; {_ADVICE}")
    try:
        return count_from(timecode_text(word[0]), rate)
    except ValueError as error:
        raise ElementError(
            f"{path}: its timecode does not count its frames, by which the list names them ({error}); {_ADVICE}"
        ) from error


def check_counting(path: Path, drop: bool, scan: ScanTimecode) -> None:
    """Raises FileError where a list counts drop-frame and the scan does not, or the other way round."""
    if drop != scan.drop:
        names = {True: "drop-frame", False: "non-drop-frame"}
        raise FileError(
            f"{path}: counts its timecode as {names[drop]}, and the scan as {names[scan.drop]}, so that an event is "
            f"not the frame that it names; conform the list to the scan"
        )


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
