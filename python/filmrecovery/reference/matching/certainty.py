"""How sure the matches of a shot are, and which stay so where the reference seems to pan."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from filmrecovery.reference.matching.frame_match import FrameMatch

UNKNOWN = 0.5
"""The confidence, 0 to 1, of a frame that was not found, or shows next to nothing: the reference may have it or not."""
SURE = 0.8
"""The mean confidence above which a shot is matched surely at one framing."""


def certainty(matches: Sequence[FrameMatch]) -> float:
    """The mean confidence, 0 to 1; 0 of no matches."""
    return float(np.mean([match.confidence for match in matches])) if matches else 0.0


def doubted(matches: Sequence[FrameMatch], share: float) -> tuple[FrameMatch, ...]:
    """The matches, their confidence multiplied by a share, 0 to 1."""
    return tuple(dataclasses.replace(match, confidence=share * match.confidence) for match in matches)


def surer(
    found: tuple[FrameMatch, ...], followed: tuple[FrameMatch, ...], probability: float
) -> tuple[FrameMatch, ...]:
    """The surer matches of a shot: those `found` at one framing, which may be none, or those at one that is `followed`.

    `probability` is that of the latter not being all off alike; confidences are multiplied by it. A moving camera looks
    like a framing that moves: where one framing is sure, and following finds the same frame, the frame stays as sure.
    """
    if not found:
        return doubted(followed, probability)
    best = max(found, followed, key=certainty)
    sure = certainty(found) > SURE
    return tuple(
        match if sure and one.reference == other.reference else less
        for match, less, one, other in zip(best, doubted(best, probability), found, followed, strict=True)
    )
