"""The shots of an element as they are given: a file of scopes, a timeline, or ranges of frames.

Imports the standard library alone, and OpenTimelineIO where a timeline is read, so that Gaffer's own interpreter can.
"""

import itertools
from collections.abc import Iterable
from pathlib import Path

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.film.element import Element
from filmrecovery.film.frame_numbers import format_frames, parse_frames
from filmrecovery.film.scope import Scope, read_scopes

_SUFFIXES = (".json", ".otio")


def read_shots(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of a file that have frames of the source, in the order of their numbers.

    The file holds scopes (see `read_scopes`; other kinds are passed over) or, as .otio, a timeline.

    Raises FileError for a file that is missing, damaged or something else, and ElementError for shots that overlap and
    where no shot has a frame of the source.
    """
    shots = listed_shots(path)
    found = tuple(shot for shot in shots if shot.of(source.frames))
    if not found:
        raise ElementError(
            f"{path}: none of its shots has a frame of {source.pattern}, which has "
            f"{format_frames(source.frames)}; give the shots by the numbers of the source"
        )
    return found


def listed_shots(path: str | Path) -> tuple[Scope, ...]:
    """All shots of a file, in the order of their numbers.

    Raises ElementError for a file that is missing, damaged or something else, and for shots that overlap.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise FileError(
            f"{path}: shots are read from {' and '.join(_SUFFIXES)}; convert another timeline, such as an EDL, with "
            "OpenTimelineIO's otioconvert, and give its clips the files of the scan"
        )
    scopes = _scopes_of_timeline(path) if suffix == ".otio" else read_scopes(path)
    shots = tuple(sorted((scope for scope in scopes if scope.kind == "shot"), key=lambda shot: shot.first))
    for shot, following in itertools.pairwise(shots):
        if following.first <= shot.last:
            raise ElementError(f"{path}: {shot} and {following} overlap; correct the file")
    return shots


def _scopes_of_timeline(path: Path) -> tuple[Scope, ...]:
    from filmrecovery.reference.curation.timeline import read_timeline

    return read_timeline(path).scopes


def frames_of_shots(shots: Iterable[str], source: Element) -> list[tuple[int, ...]]:
    """The frames of each shot, given as ranges ("1-48", "49-90") or as one file (see `read_shots`).

    Raises SettingsError for a bad range, and what `read_shots` raises.
    """
    shots = list(shots)
    if len(shots) == 1 and Path(shots[0]).suffix:
        return [shot.of(source.frames) for shot in read_shots(shots[0], source)]
    return [parse_frames(text) for text in shots]
