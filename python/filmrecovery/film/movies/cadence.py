"""The frames of the film among the fields of a movie.

A telecine shows film of 24 frames a second as 60 fields: of one frame two fields, of the next three, the third the
same as the first (2:3 pulldown). In 50 fields each frame has two (2:2), which need not be those of one picture. An edit
after the telecine breaks the cadence.

The groups of fields that show one frame are found all at once, by dynamic programming: fields of a group fit together
without a comb, the third field is like the first, and what departs from the cadence costs. Where nothing moves, the
cadence goes on as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.film.movies.field_differences import FieldDifferences
from filmrecovery.film.movies.movie_record import FilmFrame
from filmrecovery.film.movies.unpack_settings import BOTTOM, TOP
from filmrecovery.picture.arrays import Values

PROGRESSIVE, TWO_TWO, TWO_THREE, INTERLACED = "progressive", "2:2", "2:3", "interlaced"

_BREAK, _ODD_BREAK = 2.5, 3.0
"""What a group that departs from the cadence costs, and one of a length that no cadence has."""
_CLEAR = 4.0
"""What a comb costs that is there without a doubt: more than a break, and less than two."""
_COMBED = 1.0
"""What one costs of which that may be said."""
_MOST_COMBED = 0.05
"""Share of groups, of those in which something moves, that have a comb before the video is taken for interlaced."""
_NOISE = 0.002
"""Difference of luma that may be noise."""
_CLEARLY = 0.1
"""Share of a comb by which one differs that is larger for a reason."""
_EVEN = 0.15
"""Share of the comb of fields that are three times as far apart, by which two that are to be alike may differ."""
_UNSURE = 0.03
"""Share of a comb by which it may differ where nothing moves."""
_BURNT_IN = 0.25
"""Share of what motion around it does, below which no difference counts: a burnt-in time code counts the pictures, not
the frames of the film, so that doubled fields have different ones."""
_FRESH = 70
"""Percentile of the fields around that stands for motion: two fifths of those of 2:3 have a comb, and a cut is one."""
_UNLIKELY, _UNLIKELY_EACH = 0.5, 0.01
"""What it costs, and costs more for each picture, that a movie begins or ends within a frame, or is of a less usual
kind: where noise alone tells, it is not taken for one."""
_LONGEST = 4


@dataclass(frozen=True)
class Cadence:
    """What was found: its kind, the field that comes first (empty where nothing tells), and the frames of the film.

    `breaks` are the frames, by their index, before which the cadence is broken. `combed` are those whose fields do not
    fit together.
    """

    kind: str
    first_field: str
    frames: tuple[FilmFrame, ...]
    breaks: tuple[int, ...] = ()
    combed: tuple[int, ...] = ()


def find_cadence(differences: Sequence[FieldDifferences], first_field: str | None = None) -> Cadence:
    """The frames of the film among the pictures of a movie, where `first_field` is known or is found.

    Of interlaced video, which has no frames, every picture is returned as one.
    """
    best: tuple[float, str, str, list[int], _Evidence] | None = None
    # Where all cost about the same, as where nothing moves, the first is taken.
    for kind in (TWO_TWO, TWO_THREE):
        for first in (first_field,) if first_field else (TOP, BOTTOM):
            evidence = _evidence(differences, first)
            cost, lengths = _groups(evidence, kind)
            if best is None or cost < best[0] - _unlikely(len(differences)):
                best = cost, kind, first, lengths, evidence
    assert best is not None
    _, kind, first, lengths, evidence = best
    return _cadence(kind, first, lengths, evidence, differences, first_field)


@dataclass(frozen=True)
class _Evidence:
    """Of each field in the order of time, 0..`_CLEAR`: how surely it does not fit the field before, and is not the same
    as the one before that; and whether something moves around it."""

    comb: Values
    change: Values
    moves: Values


def _evidence(differences: Sequence[FieldDifferences], first: str) -> _Evidence:
    top_first = first == TOP
    count = 2 * len(differences)
    comb, change = np.zeros(count), np.zeros(count)
    after = [item.top_after if top_first else item.bottom_after for item in differences]
    comb[0::2], comb[1::2] = after, [item.inside for item in differences]
    tops, bottoms = [item.top_change for item in differences], [item.bottom_change for item in differences]
    change[0::2], change[1::2] = (tops, bottoms) if top_first else (bottoms, tops)
    still = np.repeat([item.still for item in differences], 2)
    # The first picture has none before it.
    change[:2] = change[2:4].min(initial=np.inf) if count > 2 else 0
    # Detail of one line is in every comb; interlaced video has a comb everywhere.
    least_comb = [min(item.inside, item.top_after, item.bottom_after) for item in differences]
    detail = np.minimum(_lowest_around(np.repeat(least_comb, 2), 2), still)
    least = _lowest_around(change, 5)
    combs, changes = _doubt_of(comb, detail), _doubt_of(change, least)
    moves = np.maximum(_highest_around(combs), _highest_around(changes))
    return _Evidence(combs, changes, moves)


def _doubt_of(found: Values, floor: Values) -> Values:
    excess = np.maximum(found - (1 + _UNSURE) * floor, 0)
    motion = np.percentile(_around(excess, 5), _FRESH, axis=0)
    excess = np.maximum(excess - _BURNT_IN * motion, 0)
    return np.minimum(excess / (0.4 * floor + _NOISE), _CLEAR)


def _lowest_around(values: Values, reach: int) -> Values:
    """Of each field, the lowest of those up to so many before and after; a doubled field comes every five."""
    return _around(values, reach).min(axis=0)


def _around(values: Values, reach: int) -> Values:
    """Of each field those up to so many before and after, (2 reach + 1, fields)."""
    padded = np.pad(values, reach, mode="edge")
    return np.stack([padded[shift : shift + len(values)] for shift in range(2 * reach + 1)])


def _highest_around(values: Values) -> Values:
    return -_lowest_around(-values, 2)


def _groups(evidence: _Evidence, kind: str) -> tuple[float, list[int]]:
    """The least cost of parting the fields into groups by a cadence, and the number of fields in each group.

    The first and the last group may be short, as the movie begins and ends anywhere.
    """
    comb, change = evidence.comb.tolist(), evidence.change.tolist()
    count = len(comb)
    unlikely = _unlikely(count // 2)
    # By the length of the group that ends at a field, 0 where that was a break and any may follow.
    states = (0, 2, 3)
    cost = [dict.fromkeys(states, np.inf) for _ in range(count + 1)]
    way: list[dict[int, tuple[int, int]]] = [{} for _ in range(count + 1)]
    cost[0][0] = 0.0
    for start in range(count):
        inner = 0.0
        for length in range(1, min(_LONGEST, count - start) + 1):
            field = start + length - 1
            if length > 1:
                inner += comb[field]
            if length > 2:
                inner += change[field]
            end = start + length
            edge = (start == 0 or end == count) and length <= 3
            for state in states:
                before = cost[start][state]
                if before == np.inf:
                    continue
                follows = _follows(kind, state, length)
                price = (
                    before
                    + inner
                    + (0.0 if follows else unlikely if edge else _BREAK if length in (2, 3) else _ODD_BREAK)
                )
                after = length if follows and length in (2, 3) else 0
                if price < cost[end][after]:
                    cost[end][after] = price
                    way[end][after] = start, state
    state = min(states, key=lambda each: cost[count][each])
    least = cost[count][state]
    lengths: list[int] = []
    end = count
    while end:
        start, before = way[end][state]
        lengths.append(end - start)
        end, state = start, before
    return least, lengths[::-1]


def _unlikely(pictures: int) -> float:
    return _UNLIKELY + _UNLIKELY_EACH * pictures


def _follows(kind: str, before: int, length: int) -> bool:
    """Whether a group of this length may follow, by the cadence, one of the length before (0: any)."""
    if kind == TWO_TWO:
        return length == 2
    return length in (2, 3) and length != before


def _cadence(
    kind: str,
    first: str,
    lengths: list[int],
    evidence: _Evidence,
    differences: Sequence[FieldDifferences],
    given: str | None,
) -> Cadence:
    """What the groups of fields say."""
    frames, breaks, combed = [], [], []
    moving = 0
    start = before = 0
    for index, length in enumerate(lengths):
        fields = range(start, start + length)
        at_end = index in (0, len(lengths) - 1)
        if not _follows(kind, before, length) and not (at_end and length <= 3):
            breaks.append(index)
        before = length if length in (2, 3) and index not in breaks else 0
        if evidence.moves[start : start + length].max() > _COMBED:
            moving += 1
            if evidence.comb[start + 1 : start + length].max(initial=0) > _COMBED:
                combed.append(index)
        frames.append(_frame(fields, first))
        start += length
    whole = tuple(FilmFrame(index, index) for index in range(len(differences)))
    if len(combed) > _MOST_COMBED * moving or (kind == TWO_TWO and _is_even_in_time(differences)):
        return Cadence(INTERLACED, given or _order_in_time(differences), whole)
    if kind == TWO_TWO and not breaks and tuple(frames) == whole:
        return Cadence(PROGRESSIVE, given or "", whole, combed=tuple(combed))
    return Cadence(kind, first, tuple(frames), tuple(breaks), tuple(combed))


def _is_even_in_time(differences: Sequence[FieldDifferences]) -> bool:
    """Whether fields of a picture are as far apart in time as those of two pictures that follow each other.

    So it is in interlaced video alone: of a field, the other one before and the other one after are equally near, and
    those of the next pictures are farther. Grain, which makes combs as well, does not know of time.
    """
    if len(differences) < 2:
        return False
    inside, *ways = np.mean([(item.inside, item.top_after, item.bottom_after) for item in differences[1:]], axis=0)
    near, far = min(ways), max(ways)
    return far - near > _CLEARLY * far + _NOISE and abs(inside - near) < _EVEN * (far - near)


def _order_in_time(differences: Sequence[FieldDifferences]) -> str:
    """The field that comes first: that which fits the other field of the picture before better. Empty if neither."""
    top, bottom = (sum(getattr(item, name) for item in differences[1:]) for name in ("top_after", "bottom_after"))
    if abs(top - bottom) <= _UNSURE * max(top, bottom):
        return ""
    return TOP if top < bottom else BOTTOM


def _frame(fields: range, first: str) -> FilmFrame:
    """The frame that a group of fields shows; of three fields, two that are in one picture."""
    parities = (TOP, BOTTOM) if first == TOP else (BOTTOM, TOP)
    start = fields.start + (len(fields) > 2 and fields.start % 2)
    chosen = {parities[field % 2]: field // 2 for field in range(start, min(start + 2, fields.stop))}
    return FilmFrame(chosen.get(TOP), chosen.get(BOTTOM))
