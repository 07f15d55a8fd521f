"""The matches of an element: shot by shot, since frames are compared by the framing that their elements have."""

import logging
from collections.abc import Sequence
from pathlib import Path

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.picture.arrays import Channels
from filmrecovery.reference.matching.certainty import UNKNOWN
from filmrecovery.reference.matching.frame_match import VERSION, FrameMatch, read_matches, write_matches
from filmrecovery.reference.matching.match_frames import match_frames
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.rough_matches import luma_thumbnails

_LOG = logging.getLogger(__name__)

# A shot is looked for in parts of so many frames of a longer reference: framing goes by a sample of what it is given,
# in which a shot of a whole feature would be missed, and the time of a comparison goes with the length.
_PART = 3000
# The share of a shot's frames that have to be found before no other part is looked at.
_FOUND = 0.8


def current_matches(
    path: Path, settings: MatchSettings, source: Element, reference: Element, shots: Sequence[Scope] = ()
) -> tuple[FrameMatch, ...]:
    """`match_shots`, kept in a file: found again only where an argument or a file changed. Raises OutputError."""
    line = made_from("matches", VERSION, settings, source, reference, shots)
    return kept_or_made(
        path, line, read_matches, lambda: match_shots(settings, source, reference, shots), write_matches
    )


def match_shots(
    settings: MatchSettings, source: Element, reference: Element, shots: Sequence[Scope] = ()
) -> tuple[FrameMatch, ...]:
    """The match of each frame of the source, each shot by itself; without shots all frames are one.

    The shots may have another order in the reference. A frame has no match where it is in no shot, where its shot is
    one frame long, or where its shot has nothing in common with the reference.

    Raises what `match_frames` raises; UnlikeElementsError only where that is so of every shot.
    """
    if not shots:
        return match_frames(settings, source, reference)
    # Read once, not for every shot.
    thumbnails = luma_thumbnails(reference, settings.working_space)
    index = {frame: at for at, frame in enumerate(reference.frames)}
    found = {frame: FrameMatch(frame, None, UNKNOWN) for frame in source.frames}
    reasons = []
    expected = 0
    for number, shot in enumerate(shots, start=1):
        frames = shot.of(source.frames)
        if len(frames) < 2:
            continue
        _LOG.info("Match %s, %d of %d", shot, number, len(shots))
        try:
            matches = _looked_for(settings, source.with_frames(frames), reference, thumbnails, expected)
        except UnlikeElementsError as error:
            reasons.append(error)
            continue
        found |= {match.source: match for match in matches}
        expected = max((index[match.reference] for match in matches if match.reference is not None), default=expected)
    if reasons and all(match.reference is None for match in found.values()):
        raise reasons[0]
    return tuple(found.values())


def _looked_for(
    settings: MatchSettings, shot: Element, reference: Element, thumbnails: Channels, expected: int
) -> tuple[FrameMatch, ...]:
    """The matches of a shot: those of the part of the reference, of which `thumbnails` are, that shows most of it.

    The part around the index where it is `expected` is looked at first. Raises as `match_frames` does,
    UnlikeElementsError only where no part has anything in common with the shot.
    """
    best: tuple[FrameMatch, ...] = ()
    problem: UnlikeElementsError | None = None
    for part in _parts(len(reference.frames), len(shot.frames), expected):
        try:
            matches = match_frames(settings, shot, reference.with_frames(reference.frames[part]), thumbnails[part])
        except UnlikeElementsError as error:
            problem = problem or error
            continue
        best = max(best, matches, key=_certainty)
        # However sure they are: of a shot in which little moves, no frame is sure in any part.
        if sum(match.reference is not None for match in best) >= _FOUND * len(best):
            break
    if not best:
        assert problem is not None, "there is at least one part"
        raise problem
    return best


def _certainty(matches: Sequence[FrameMatch]) -> float:
    return sum(match.confidence for match in matches if match.reference is not None)


def _parts(length: int, shot: int, expected: int) -> list[slice]:
    """The parts of a reference in which to look for a shot, both of so many frames, that nearest to `expected` first.

    Each place where the shot may lie is wholly within a part.
    """
    size = max(_PART, 3 * shot)
    if length <= size:
        return [slice(0, length)]
    first = min(max(expected + shot // 2 - size // 2, 0), length - size)
    step = size - shot
    starts = {0, length - size, *range(first, length - size, step), *range(first, 0, -step)}
    return [slice(start, start + size) for start in sorted(starts, key=lambda start: abs(start - first))]
