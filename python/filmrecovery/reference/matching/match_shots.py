"""The matches of an element: shot by shot, since frames are compared by the framing that their elements have."""

from collections.abc import Sequence
from pathlib import Path

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.reference.matching.frame_match import VERSION, FrameMatch, read_matches, write_matches
from filmrecovery.reference.matching.match_frames import match_frames
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.rough_matches import luma_thumbnails

# Of a frame that was not found: whether the reference lacks it is not known.
_UNKNOWN = 0.5


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
    found = {frame: FrameMatch(frame, None, _UNKNOWN) for frame in source.frames}
    reasons = []
    for shot in shots:
        frames = shot.of(source.frames)
        if len(frames) < 2:
            continue
        try:
            matches = match_frames(settings, source.with_frames(frames), reference, thumbnails)
        except UnlikeElementsError as error:
            reasons.append(error)
        else:
            found |= {match.source: match for match in matches}
    if reasons and all(match.reference is None for match in found.values()):
        raise reasons[0]
    return tuple(found.values())
