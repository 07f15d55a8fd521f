"""Matches of a reference that pans: are they all off by as much, and is that told?"""

import numpy as np
import pytest

from filmrecovery.base.errors import UnlikeElementsError
from filmrecovery.reference.matching.frame_match import FrameMatch
from filmrecovery.reference.matching.in_step import in_step

REFERENCE = range(101, 161)


def rough(offset):
    """Matches of frames that belong to 111, 112 and so on, all off by so many."""
    return tuple(FrameMatch(frame, 110 + frame + offset, 1.0) for frame in range(1, 41))


def film(sharpness, noise=0.01):
    """What tells frames apart: right ones correlate best, by so much for a frame; framings cost nothing."""
    random = np.random.default_rng(1).normal(0, noise, (41, 61))

    def correlation(source, reference):
        return 0.7 - sharpness * abs(reference - source - 110) + random[source, reference - 101]

    return lambda matches: correlation


@pytest.mark.parametrize("offset", [-3, -1, 0, 2])
def test_matches_that_are_off_by_as_much_are_put_in_step(offset):
    matches, correlation, told = in_step(rough(offset), REFERENCE, film(0.02), 8)
    assert [match.reference for match in matches] == list(range(111, 151))
    assert told > 0.9
    assert correlation(1, 111) > correlation(1, 113)


def test_where_the_frames_do_not_tell_it_is_said():
    _, _, told = in_step(rough(0), REFERENCE, film(0.0005), 8)
    assert told < 0.5


def test_a_part_that_speaks_for_another_offset_is_counted():
    def correlations(matches):
        return lambda source, reference: 0.7 - 0.03 * abs(reference - source - (110 if source < 31 else 111))

    _, _, told = in_step(rough(0), REFERENCE, correlations, 8)
    assert 0.5 < told < 0.85


def test_beyond_the_end_of_the_reference_there_is_no_match():
    matches, _, _ = in_step(rough(-2), range(101, 150), film(0.02), 8)
    assert [match.reference for match in matches[-3:]] == [148, 149, None]


def test_elements_that_cannot_be_laid_over_each_other_at_any_offset_are_refused():
    def correlations(matches):
        raise UnlikeElementsError("nothing was found again")

    with pytest.raises(UnlikeElementsError, match="nothing was found again"):
        in_step(rough(0), REFERENCE, correlations, 8)
