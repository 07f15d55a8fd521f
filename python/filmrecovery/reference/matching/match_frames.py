"""The stage: which frame of the reference shows which frame of the source.

Rough matches by thumbnails come first. Where little moves they are off by a frame or a few, which only fine detail can
tell: a registration of the elements, to a fraction of a pixel, is found from them, and through it every frame of the
source is compared with the frames of the reference near its likely one.
"""

import bisect
import dataclasses
import functools
import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.element import Element
from filmrecovery.picture.arrays import Channels, Indices, Points, Values
from filmrecovery.reference.matching.certainty import SURE, UNKNOWN, certainty, doubted, surer
from filmrecovery.reference.matching.frame_likeness import faint
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.matching.in_step import Correlation, in_step
from filmrecovery.reference.matching.match_settings import MatchSettings
from filmrecovery.reference.matching.panning import find_pan, is_too_far, steadied
from filmrecovery.reference.matching.rough_matches import luma_thumbnails, nothing_in_common, rough_matches
from filmrecovery.reference.matching.timing import (
    Clock,
    Timing,
    are_chance,
    find_timing,
    frame_probabilities,
    lines_between,
)
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.reference.registration.shot_registration import ShotRegistration
from filmrecovery.reference.registration.working_frames import WorkingFrames, register_shot, working_elements

_RESOLUTION = 640
_REACH = 2
_MOST_ROUNDS = 4

# What right frames correlate differs from film to film, and slowly along a film; about that they scatter so much.
_LEAST_SCATTER, _MOST_SCATTER = 0.008, 0.03
_NEIGHBOURS = 9
_LEAST_NOISE = 0.002
# The largest of five normal deviates, in standard deviations.
_CHANCE = 1.2
# Where the reference lacks a frame, its neighbours correlate anything from a little to this much less.
_ABSENT_RANGE = 0.3
# The share of right frames that correlate less than they should, by as much as lacking ones do: flashed, scratched.
_DAMAGED = 0.05
# What speaks against a frame that correlates even less: more than all that may speak for it.
_ELSEWHERE = 100.0

# In scatters, how much better a frame must fit its match than the neighbour that shares it.
_GUEST = 2.0

# What a rough match speaks for itself, at most. Thumbnails err together in frames that follow each other, and are heard
# only as far as fine detail does not tell the frames apart.
_ROUGH_EVIDENCE = 1.5

_CACHED_PICTURES = 16

# How probable matches are at most where the reference seems to pan too far to follow it.
_TOO_FAR = 0.4
# In widths, how far the framing may move within what is registered as one.
_FARTHEST_OF_A_PIECE = 0.04


def match_frames(
    settings: MatchSettings, source: Element, reference: Element, thumbnails: Channels | None = None
) -> tuple[FrameMatch, ...]:
    """The match of each frame of the source, in order. `thumbnails` are those of the reference, where they are known.

    What frames of the reference surround a frame with is taken into account: dropped, doubled and missing frames cost
    evidence, going on in time costs none. In a static passage, where frames look alike, time goes on. A framing of the
    reference that moves, as in pan and scan, is followed.

    Raises SettingsError for a space that is unknown or not display-referred; ElementError for frames that are missing
    or damaged and an element of one frame; UnlikeElementsError for one that shows no picture at all, and for elements
    that have nothing in common or cannot be laid over each other.
    """
    ours = luma_thumbnails(source, settings.working_space)
    theirs = luma_thumbnails(reference, settings.working_space) if thumbnails is None else thumbnails
    sides = _Sides(settings, source, reference, ours, theirs)
    matches: tuple[FrameMatch, ...] = ()
    problem: UnlikeElementsError | None = None
    try:
        matches, _ = _matched(sides, None)
    except UnlikeElementsError as error:
        problem = error
    if not _run_alike(matches) and (pan := find_pan(ours, theirs)) is not None:
        if is_too_far(theirs, pan):
            matches = doubted(matches, _TOO_FAR)
        else:
            try:
                followed, probability = _matched(sides, pan)
            except UnlikeElementsError as error:
                problem = problem or error
            else:
                matches = surer(matches, followed, probability)
    if not matches:
        assert problem is not None
        raise problem
    return matches


def _run_alike(matches: Sequence[FrameMatch]) -> bool:
    """Whether no match is lacking or doubtful, and the reference goes on as the source does: then it cannot pan far."""
    steps = {match.reference - match.source for match in matches if match.reference is not None}
    return len(steps) == 1 and all(match.reference is not None for match in matches) and certainty(matches) > SURE


@dataclass(frozen=True)
class _Sides:
    """What is matched: the two elements, and the thumbnails of the source (`ours`) and of the reference (`theirs`)."""

    settings: MatchSettings
    source: Element
    reference: Element
    ours: Channels
    theirs: Channels


def _matched(sides: _Sides, pan: Points | None) -> tuple[tuple[FrameMatch, ...], float]:
    """The match of each frame, and how probable it is that they are not all off by as much where the framing moves.

    `pan` is how the framing of the reference moves, (frames, 2) in pixels of its thumbnails.
    """
    source, reference = sides.source, sides.reference
    rough, correlation, probability = _laid_over(sides, pan)
    clock = Clock(source.frames, reference.frames)
    timing = _settled(source, reference, rough, correlation, clock)
    matched = np.where(timing.positions >= 0, clock.index[timing.positions], -1)
    if are_chance(matched, len(reference.frames)):
        raise nothing_in_common(source, reference)
    # Black may be any black.
    sure = np.where(faint(sides.ours), np.minimum(timing.probabilities, UNKNOWN), timing.probabilities)
    matches = tuple(
        FrameMatch(number, reference.frames[index] if index >= 0 else None, float(confidence))
        for number, index, confidence in zip(source.frames, matched, sure, strict=True)
    )
    return matches, probability


def _laid_over(sides: _Sides, pan: Points | None) -> tuple[tuple[FrameMatch, ...], Correlation, float]:
    """The rough matches, how far frames agree when laid over each other by these, and the probability as `_matched`."""
    settings, source, reference, theirs = sides.settings, sides.source, sides.reference, sides.theirs
    rough = rough_matches(source, reference, sides.ours, theirs if pan is None else steadied(theirs, pan))
    try:
        if pan is None:
            return rough, _correlations(settings, rough, source, reference, None), 1.0
        course = pan / theirs.shape[2]
        return in_step(
            rough,
            reference.frames,
            lambda matches: _correlations(settings, matches, source, reference, course),
            1 + int(np.ptp(course, axis=0).max() / _FARTHEST_OF_A_PIECE),
        )
    except UnlikeElementsError as error:
        raise nothing_in_common(source, reference) from error


def _settled(
    source: Element, reference: Element, rough: Sequence[FrameMatch], correlation: Correlation, clock: Clock
) -> Timing:
    """The timing by fine detail, decided anew until it asks for no frames that were not compared yet."""
    place = {frame: int(position) for frame, position in zip(reference.frames, clock.positions, strict=True)}
    anchors = np.array([-1 if match.reference is None else place[match.reference] for match in rough])
    likely = {
        (row, int(at)): _ROUGH_EVIDENCE * match.confidence
        for row, (at, match) in enumerate(zip(anchors, rough, strict=True))
        if at >= 0
    }

    def measure(pair: tuple[int, int]) -> float:
        row, at = pair
        return correlation(source.frames[row], reference.frames[clock.index[at]])

    measured: dict[tuple[int, int], float] = {}
    timing: Timing | None = None
    for _ in range(_MOST_ROUNDS):
        candidates = lines_between(clock, anchors, np.arange(len(source.frames)), _REACH)
        wanted = [(row, int(at)) for row, choices in enumerate(candidates) for at in choices if at >= 0]
        missing = [pair for pair in wanted if pair not in measured and clock.index[pair[1]] >= 0]
        if timing is not None and not missing:
            break
        measured |= dict(zip(missing, on_all_cores(measure, missing, "Comparing frames"), strict=True))
        timing = _decided(candidates, measured, likely, clock)
        anchors = timing.positions
        if (anchors < 0).all():
            raise nothing_in_common(source, reference)
    assert timing is not None  # of the first round
    return timing


class _Correlation:
    """How far a frame of the source and one of the reference agree in fine detail, laid over each other; up to 1."""

    def __init__(self, shot: ShotRegistration, source: WorkingFrames, reference: WorkingFrames) -> None:
        self._shot = shot
        # A frame is compared with some that are near each other, and they with the frames near it.
        kept = functools.lru_cache(_CACHED_PICTURES)
        self._ours = kept(lambda frame: shot.seen_source(source.read(frame)))
        self._theirs = kept(lambda frame: shot.seen_reference(reference.read(frame)))

    def __call__(self, source: int, reference: int) -> float:
        evidence = self._shot.compare(self._ours(source), self._theirs(reference))
        return 0.0 if evidence is None else evidence.correlation


def _correlations(
    settings: MatchSettings, rough: tuple[FrameMatch, ...], source: Element, reference: Element, pan: Points | None
) -> Correlation:
    """What `_Correlation` says of frames, in pieces within which the framing hardly moves; `pan` is in widths."""
    align = AlignSettings(
        resolution=_RESOLUTION,
        working_space=settings.working_space,
    )
    pairs = [(match.source, match.reference) for match in rough if match.reference is not None]
    ends = (source.frames[0], reference.frames[0]), (source.frames[-1], reference.frames[-1])
    elements = working_elements(align, source, reference, [*pairs, *ends])
    starts = [0]
    if pan is not None:
        starts += _moved(pan[np.searchsorted(reference.frames, [number for _, number in pairs])])
    pieces = [pairs[start:end] for start, end in itertools.pairwise([*starts, len(pairs)])]
    of_pieces = [_Correlation(register_shot(align, *elements, piece), *elements) for piece in pieces]
    firsts = [piece[0][0] for piece in pieces]
    return lambda ours, theirs: of_pieces[max(bisect.bisect(firsts, ours) - 1, 0)](ours, theirs)


def _moved(course: Points) -> list[int]:
    """The indices at which a course (n, 2) has come too far from where it was at the one before, or at the start."""
    found, start = [], course[0]
    for index, place in enumerate(course):
        if np.abs(place - start).max() > _FARTHEST_OF_A_PIECE:
            found.append(index)
            start = place
    return found


def _decided(
    candidates: Indices, measured: dict[tuple[int, int], float], likely: dict[tuple[int, int], float], clock: Clock
) -> Timing:
    """The timing that the correlations, by row and position, speak for, and the evidence of what was likely before."""
    correlations = np.array(
        [[measured.get((row, int(at)), np.nan) for at in choices] for row, choices in enumerate(candidates)]
    )
    best = np.max(np.nan_to_num(correlations, nan=0.0), axis=1)
    usual = _running(np.median, best)
    scatter = float(np.clip(1.48 * np.median(np.abs(best - usual)), _LEAST_SCATTER, _MOST_SCATTER))
    # A uniform distribution against the normal one of right frames, of which some are damaged.
    elsewhere_or_damaged = scatter * np.sqrt(2 * np.pi) / _ABSENT_RANGE
    fit = np.exp(-0.5 * (np.maximum(usual - best, 0.0) / scatter) ** 2)
    damage = np.log((1 - _DAMAGED) * fit + _DAMAGED * elsewhere_or_damaged)
    lead = best[:, np.newaxis] - correlations
    # Beyond a cut. That a frame stands out from those of another shot tells nothing of its neighbours in its own.
    elsewhere = lead > _ABSENT_RANGE
    standing_out, noise = _standing_out(candidates, np.where(elsewhere, np.nan, correlations))
    # The weight of a matched filter.
    weight = standing_out / noise**2
    evidence = damage[:, np.newaxis] - np.where(elsewhere, _ELSEWHERE, weight[:, np.newaxis] * lead)
    rough = np.array([[likely.get((row, int(at)), 0.0) for at in choices] for row, choices in enumerate(candidates)])
    rough = rough / (1 + (standing_out / noise) ** 2)[:, np.newaxis]
    absence = np.full(candidates.shape, np.log(elsewhere_or_damaged))
    advance = clock.advance(np.arange(len(candidates)))
    known = ~np.isnan(correlations)
    timing = find_timing(candidates, np.where(known, evidence + rough, -np.inf), absence, advance)
    found = np.array([measured.get((row, int(at)), 0.0) for row, at in enumerate(timing.positions)])
    kept = _without_guests(timing.positions, found, _GUEST * scatter)

    # Thumbnails that err together say as much as one of them.
    heard = np.where(known, evidence + rough / _NEIGHBOURS, -np.inf)
    probable, lacking = frame_probabilities(candidates, heard, absence, advance)
    there = np.sum(np.where(candidates == timing.positions[:, np.newaxis], probable, 0.0), axis=1)
    # A frame that fits as right ones do is lacking by the order of frames alone, and that may be wrong.
    fit = np.exp(-0.5 * (np.maximum(np.maximum(usual, np.median(best)) - best, 0.0) / scatter) ** 2)
    lacking = np.minimum(lacking, elsewhere_or_damaged / (fit + elsewhere_or_damaged))
    # Where a guest's match is refused, all that spoke for it speaks for none.
    sure = np.where(kept >= 0, there, lacking + there)
    return dataclasses.replace(timing, positions=kept, probabilities=np.clip(sure, 0.0, 1.0))


def _standing_out(candidates: Indices, correlations: Values) -> tuple[Values, float]:
    """How far the right frame's correlation stands out from its neighbours' correlations, (frames,), and their noise.

    Where the picture moves, correlations stand out at the same lag frame after frame; in a static passage they are
    noise, and say nothing.
    """
    centre = np.array([round(float(np.mean(row[row >= 0]))) for row in candidates])
    lags = np.where(candidates >= 0, candidates - centre[:, np.newaxis], np.iinfo(int).min)
    by_lag = np.full((len(candidates), 2 * _REACH + 1), np.nan)
    for column, lag in enumerate(range(-_REACH, _REACH + 1)):
        rows, places = np.nonzero(lags == lag)
        by_lag[rows, column] = correlations[rows, places]
    with warnings.catch_warnings():
        # NumPy warns of frames and lags for which the reference has nothing.
        warnings.simplefilter("ignore", RuntimeWarning)
        by_lag -= np.nanmean(by_lag, axis=1, keepdims=True)
        pattern = np.stack([_running(np.nanmean, column) for column in by_lag.T], axis=1)
        noise = max(1.48 * float(np.nanmedian(np.abs(by_lag - pattern))), _LEAST_NOISE)
        by_chance = _CHANCE * noise / np.sqrt(_NEIGHBOURS)
        standing_out = np.nan_to_num(np.nanmax(pattern, axis=1) - by_chance)
    return np.maximum(standing_out, 0.0), noise


def _without_guests(positions: Indices, correlations: Values, least: float) -> Indices:
    """The positions, -1 for frames that were given the frame of a neighbour which fits that better by `least`.

    To take a neighbour's frame is likelier than to lack one, and two frames of the source may indeed be one doubled.
    """
    kept = positions.copy()
    for row in range(1, len(positions)):
        if positions[row] >= 0 and positions[row] == positions[row - 1]:
            worse = row if correlations[row] < correlations[row - 1] else row - 1
            if abs(correlations[row] - correlations[row - 1]) > least:
                kept[worse] = -1
    return kept


def _running(function: Callable[..., Values], values: Values) -> Values:
    """A statistic of each value and its neighbours."""
    padded = np.pad(values, _NEIGHBOURS // 2, mode="edge")
    return function(np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS), axis=1)
