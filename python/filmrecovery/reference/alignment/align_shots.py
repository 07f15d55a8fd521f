"""The alignment of an element: shot by shot, since a scan or a telecine may frame every shot in its own way."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.scope import Scope
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.reference.alignment.align_frames import align_frames
from filmrecovery.reference.alignment.alignment_file import (
    VERSION,
    Alignment,
    FrameAlignment,
    read_alignment,
    write_alignment,
)
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.reference.registration.working_frames import data_size

_LOG = logging.getLogger(__name__)

FEWEST_MATCHED = 2
"""Frames with a match that a shot needs: one frame alone tells nothing of the others."""


def current_alignment(
    path: Path,
    settings: AlignSettings,
    matches: Sequence[FrameMatch],
    source: Element,
    reference: Element,
    shots: Sequence[Scope] = (),
) -> Alignment:
    """`align_shots`, kept in a file: solved again only where an argument or a file changed. Raises OutputError."""
    line = made_from("alignment", VERSION, settings, matches, source, reference, shots)
    return kept_or_made(
        path,
        line,
        read_alignment,
        lambda: align_shots(settings, matches, source, reference, shots),
        write_alignment,
    )


def align_shots(
    settings: AlignSettings,
    matches: Iterable[FrameMatch],
    source: Element,
    reference: Element,
    shots: Sequence[Scope] = (),
) -> Alignment:
    """The alignment of two elements, each shot by itself; without shots all frames are one.

    Shots with fewer than two matched frames, shots that cannot be aligned, and matched frames in no shot are left out,
    and named in the alignment with the reason.

    Raises what `align_frames` raises for a bad setting and for frames that are missing or damaged, and ElementError
    where no shot could be aligned.
    """
    if not shots:
        return _alignment(settings, source, reference, align_frames(settings, matches, source, reference))
    matched = {match.source: match for match in matches if match.reference is not None}
    numbers = sorted(matched)
    aligned: list[FrameAlignment] = []
    left_out = []
    for number, shot in enumerate(shots, start=1):
        pairs = [matched[frame] for frame in shot.of(numbers)]
        if len(pairs) < FEWEST_MATCHED:
            left_out.append(f"{shot}: fewer than {FEWEST_MATCHED} of its frames have a match in {reference.pattern}")
            continue
        _LOG.info("Align %s, %d of %d", shot, number, len(shots))
        try:
            aligned += align_frames(settings, pairs, source, reference)
        except UnlikeElementsError as error:
            left_out.append(f"{shot}: {error}")
    if not aligned:
        raise UnlikeElementsError(
            f"{reference.pattern}: no shot could be aligned to {source.pattern}: {'; '.join(left_out)}"
        )
    if outside := matched.keys() - {frame for shot in shots for frame in shot.of(numbers)}:
        left_out.append(f"frames {format_frames(outside)}: in none of the shots")
    aligned.sort(key=lambda frame: frame.source)
    return _alignment(settings, source, reference, aligned, left_out)


def _alignment(
    settings: AlignSettings,
    source: Element,
    reference: Element,
    frames: Sequence[FrameAlignment],
    left_out: Iterable[str] = (),
) -> Alignment:
    sizes = [
        data_size(element.with_frames((number,)))
        for element, number in ((source, frames[0].source), (reference, frames[0].reference))
    ]
    return Alignment(settings, source, sizes[0], reference, sizes[1], tuple(frames), tuple(left_out))
