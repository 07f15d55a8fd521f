"""The shots of an element as they are given: a file of scopes, a timeline, or ranges of frames.

Imports the standard library alone, OpenTimelineIO where a timeline is read, and OpenImageIO for an edit decision list,
so that Gaffer's own interpreter can read the others.
"""

import itertools
import logging
from collections.abc import Iterable
from pathlib import Path

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.film.elements.element import Element, split_pattern
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.scope import Scope, read_scopes

_LOG = logging.getLogger(__name__)
_TIMELINE, _EDIT_LIST, _FINAL_CUT = ".otio", ".edl", ".xml"
_SUFFIXES = (".json", _TIMELINE, _EDIT_LIST, _FINAL_CUT)
TIMECODE_SUFFIXES = (_EDIT_LIST, _FINAL_CUT)
"""The suffixes of lists that name shots by the timecode of a reel: to read them, the headers of the scan are needed."""


def read_shots(path: str | Path, source: Element) -> tuple[Scope, ...]:
    """The shots of a file that have frames of the source, in the order of their numbers.

    The file holds scopes (see `read_scopes`; other kinds are passed over), a timeline as .otio, as .edl an edit
    decision list (see `read_edit_list`), or as .xml one of Final Cut Pro 7 (see
    `read_final_cut_timeline`).

    Raises FileError for a file that is missing, damaged or something else, and ElementError for shots that overlap,
    where no shot has a frame of the source, and where the source has no timecode that a list could name.
    """
    path = Path(path)
    if path.suffix.lower() == _EDIT_LIST:
        from filmrecovery.reference.curation.edit_list import read_edit_list

        shots = _in_order(path, read_edit_list(path, source))
    elif path.suffix.lower() == _FINAL_CUT:
        from filmrecovery.reference.curation.final_cut_timeline import read_final_cut_timeline

        shots = _in_order(path, read_final_cut_timeline(path, source))
    elif path.suffix.lower() == _TIMELINE:
        from filmrecovery.reference.curation.timeline import read_timeline

        timeline = read_timeline(path)
        shots = _in_order(path, timeline.scopes)
        _warn_of_other_files(path, timeline.source, source)
    else:
        shots = listed_shots(path)
    found = tuple(shot for shot in shots if shot.of(source.frames))
    if not found:
        raise ElementError(
            f"{path}: none of its shots has a frame of {source.pattern}, which has "
            f"{format_frames(source.frames)}; give the shots by the numbers of the source"
        )
    return found


def listed_shots(path: str | Path) -> tuple[Scope, ...]:
    """All shots of a file that names frames by themselves, in the order of their numbers.

    Raises FileError for a file that is missing, damaged or something else, as an edit decision list is, which names no
    frames without the scan; and ElementError for shots that overlap.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in TIMECODE_SUFFIXES:
        raise FileError(f"{path}: names no files; find its shots first: shots SCAN shots.json --list {path}")
    if suffix not in _SUFFIXES:
        raise FileError(
            f"{path}: shots are read from {', '.join(_SUFFIXES)}; convert another timeline, such as an AAF, with "
            "OpenTimelineIO's otioconvert, and give its clips the files of the scan"
        )
    return _in_order(path, _scopes_of_timeline(path) if suffix == _TIMELINE else read_scopes(path))


def _in_order(path: Path, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    shots = tuple(sorted((scope for scope in scopes if scope.kind == "shot"), key=lambda shot: shot.first))
    for shot, following in itertools.pairwise(shots):
        if following.first <= shot.last:
            raise ElementError(f"{path}: {shot} and {following} overlap; correct the file")
    named: dict[str, Scope] = {}
    for shot in shots:
        # What belongs to a shot is known by its name.
        if named.setdefault(shot.name, shot) is not shot:
            raise ElementError(f"{path}: {named[shot.name]} and {shot} have one name; give each shot its own")
    return shots


def _scopes_of_timeline(path: Path) -> tuple[Scope, ...]:
    from filmrecovery.reference.curation.timeline import read_timeline

    return read_timeline(path).scopes


def _warn_of_other_files(path: Path, listed: Element, source: Element) -> None:
    """The numbers of another element's files may mean other frames."""
    named, used = (split_pattern(element.pattern)[0] for element in (listed, source))
    if named.lower() != used.lower():
        _LOG.warning(
            "%s: names files that begin with '%s', and is taken for '%s': see whether they have the same numbers",
            path,
            named,
            used,
        )


def frames_of_shots(shots: Iterable[str], source: Element) -> list[tuple[int, ...]]:
    """The frames of each shot, given as ranges ("1-48", "49-90") or as one file (see `read_shots`).

    Raises SettingsError for a bad range, and what `read_shots` raises.
    """
    shots = list(shots)
    if len(shots) == 1 and Path(shots[0]).suffix:
        return [shot.of(source.frames) for shot in read_shots(shots[0], source)]
    return [parse_frames(text) for text in shots]
