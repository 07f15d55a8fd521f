"""Rough matches, by thumbnails.

The elements may differ in length, framing, colour and contrast; frames may be dropped, doubled or missing in either,
and whole segments may have no counterpart. What they share must run in the same order.
"""

import numpy as np

from filmrecovery.base.errors import ElementError, UnlikeElementsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.elements.thumbnails import read_thumbnails, thumbnail_shape
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channels, Indices, Matrix, Values
from filmrecovery.picture.luma import luma
from filmrecovery.reference.matching.frame_likeness import (
    Comparison,
    alike,
    has_picture,
    liveliness,
    repeats,
    without_dark_margins,
)
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.matching.framing import find_framing, refined_framing
from filmrecovery.reference.matching.timing import Clock, Timing, find_timing, lines_between

_THUMBNAIL_LENGTH = 128
_ALIKE = 40
_SHARP_COARSE = 4.0
_SHARP_FINE = 12.0
_FARTHEST_OFFSET = 6
# Elements of which the matched frames are fewer than this part are taken for different films.
_LEAST_MATCHED = 0.03


def rough_matches(source: Element, reference: Element, ours: Channels, theirs: Channels) -> tuple[FrameMatch, ...]:
    """The likely match of each frame of the source, in order; by thumbnails, so that it takes little time.

    `ours` and `theirs` are the `luma_thumbnails` of both.

    Right in most places, and elsewhere off by a frame or a few: where little moves, and near frames that were dropped.

    First the framing of the elements is found, then roughly which frames are alike, then both are settled together on
    the frames that stand out, and at last every frame is compared with those near its likely place.

    Raises UnlikeElementsError for elements that have nothing in common.
    """
    framing = find_framing(ours, theirs)
    clock = Clock(source.frames, reference.frames)
    anchors = _rough_anchors(ours, theirs, framing, clock)
    _check_overlap(anchors, source, reference)
    comparison, anchors = _settled(ours, theirs, framing, clock, anchors)

    everything = np.arange(len(ours))
    _, anchors = _timing(comparison, clock, anchors, everything)
    # In a static passage the first anchors are arbitrary: the second round goes by those that stand out.
    timing, _ = _timing(comparison, clock, anchors, everything)
    comparison.forget()
    _check_overlap(timing.positions, source, reference)
    return tuple(
        FrameMatch(number, reference.frames[clock.index[position]] if position >= 0 else None, float(probability))
        for number, position, probability in zip(source.frames, timing.positions, timing.probabilities, strict=True)
    )


def luma_thumbnails(element: Element, working_space: str) -> Channels:
    """BT.709 luma of all frames, (frames, height, width) float16, without margins.

    Raises SettingsError for a space that is unknown or not display-referred; ElementError for frames that are missing
    or damaged and an element of one frame; UnlikeElementsError for one that shows no picture at all.
    """
    colour.check_display_referred(working_space)
    if len(element.frames) < 2:
        raise ElementError(
            f"{element.pattern}: has only one frame; matching compares how the film continues: give more frames"
        )
    found = np.empty((len(element.frames), *thumbnail_shape(element, _THUMBNAIL_LENGTH)), np.float16)
    for index, picture in enumerate(read_thumbnails(element, working_space, _THUMBNAIL_LENGTH)):
        found[index] = luma(picture)
    found = without_dark_margins(found)
    if sum(has_picture(frame) for frame in found) < 2:
        raise UnlikeElementsError(
            f"{element.pattern}: frames {format_frames(element.frames)} show no picture, only one tone; "
            "check the files, the frame range and the colour space"
        )
    return found


def _check_overlap(positions: Indices, source: Element, reference: Element) -> None:
    if np.count_nonzero(positions >= 0) < max(2, _LEAST_MATCHED * len(positions)):
        raise nothing_in_common(source, reference)


def nothing_in_common(source: Element, reference: Element) -> UnlikeElementsError:
    """The error to raise for elements that show nothing of each other."""
    return UnlikeElementsError(
        f"{source.pattern} and {reference.pattern} have no frames in common; check that both are of one film, that "
        "their frame ranges overlap, and their colour spaces"
    )


def _rough_anchors(ours: Channels, theirs: Channels, framing: Matrix, clock: Clock) -> Indices:
    """Positions on the clock of the frames that stand out, -1 for the rest."""
    nearest, evidence, absence = alike(ours, theirs, framing, _ALIKE)
    candidates = clock.positions[nearest]
    timing = find_timing(candidates, evidence, absence, clock.advance(np.arange(len(ours))))
    return _standing_out(timing, candidates, evidence, _SHARP_COARSE)


def _standing_out(timing: Timing, candidates: Indices, evidence: Values, least: float) -> Indices:
    """The positions of the frames whose pictures alone tell their place, -1 for the rest; all where there are none."""
    distance = np.abs(candidates - timing.positions[:, np.newaxis])
    there = np.where((candidates >= 0) & (distance == 0), evidence, -np.inf).max(axis=1)
    elsewhere = np.where((candidates >= 0) & (distance > 2), evidence, -np.inf).max(axis=1)
    matched = timing.positions >= 0
    with np.errstate(invalid="ignore"):
        sharp = matched & (there - elsewhere > least)
    return np.where(sharp if np.count_nonzero(sharp) >= 2 else matched, timing.positions, -1)


def _settled(
    ours: Channels,
    theirs: Channels,
    framing: Matrix,
    clock: Clock,
    anchors: Indices,
) -> tuple[Comparison, Indices]:
    """Framing and offset together: a moving camera makes up for a wrong offset by a wrong framing, and only the course
    of many frames tells which is right. Returns the comparison at this framing, and the anchors with this offset."""
    frames = _runs(np.flatnonzero(anchors >= 0), len(ours))
    weights, repeated = liveliness(ours), repeats(theirs)
    trials = {}

    def attempt(offset: int) -> None:
        shifted = np.where(anchors >= 0, anchors + offset, -1)
        found = _reframed(ours, theirs, framing, clock, shifted, (6.0, 3.0, 3.0, 3.0))
        if found is not None:
            comparison = Comparison(ours, theirs, weights, repeated, found, clock)
            timing, sharp = _timing(comparison, clock, shifted, frames)
            comparison.forget()
            trials[offset] = (timing.log_likelihood, comparison, shifted, sharp)

    for offset in range(-_FARTHEST_OFFSET, _FARTHEST_OFFSET + 1, 2):
        attempt(offset)
    best = max(trials, key=lambda offset: trials[offset][0])
    for offset in (best - 1, best + 1):
        attempt(offset)

    settled = []
    for likelihood, comparison, shifted, sharp in sorted(trials.values(), key=lambda trial: -trial[0])[:2]:
        for _ in range(4):
            positions = np.full(len(ours), -1)
            positions[frames] = sharp
            found = _reframed(ours, theirs, comparison.framing, clock, positions, (3.0, 3.0))
            if found is None:
                break
            better = Comparison(ours, theirs, weights, repeated, found, clock)
            timing, sharp = _timing(better, clock, shifted, frames)
            better.forget()
            if timing.log_likelihood < likelihood + 0.1:
                break
            comparison, likelihood = better, timing.log_likelihood
        settled.append((likelihood, comparison, shifted))
    _, comparison, anchors = max(settled, key=lambda trial: trial[0])
    return comparison, anchors


def _reframed(
    ours: Channels,
    theirs: Channels,
    framing: Matrix,
    clock: Clock,
    positions: Indices,
    radii: tuple[float, ...],
) -> Matrix | None:
    """The framing refined on some of the frames that have a position; None where none has."""
    frames = np.flatnonzero((positions >= 0) & (positions < clock.length))
    frames = frames[clock.index[positions[frames]] >= 0]
    if not len(frames):
        return None
    chosen = frames[evenly_spread(range(len(frames)), 32)]
    return refined_framing(framing, ours[chosen], theirs[clock.index[positions[chosen]]], radii)


def _runs(anchored: Indices, frames: int, count: int = 4, length: int = 32) -> Indices:
    """Some runs of frames around anchors, spread over a long element: enough to settle the framing on."""
    if frames <= count * length:
        return np.arange(frames)
    middles = anchored[np.linspace(0, len(anchored) - 1, count + 2).round().astype(int)[1:-1]]
    runs = [np.arange(middle - length // 2, middle + length // 2) for middle in middles]
    return np.unique(np.clip(np.concatenate(runs), 0, frames - 1))


def _timing(comparison: Comparison, clock: Clock, anchors: Indices, frames: Indices) -> tuple[Timing, Indices]:
    """The timing of some frames near the lines between anchors, and new anchors of these frames."""
    candidates = lines_between(clock, anchors, frames)
    evidence, absence = comparison.evidence(frames, candidates)
    timing = find_timing(candidates, evidence, absence, clock.advance(frames))
    return timing, _standing_out(timing, candidates, evidence, _SHARP_FINE)
