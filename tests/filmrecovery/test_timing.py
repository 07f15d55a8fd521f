"""How sure it is which frames go together, by what their pictures say."""

import numpy as np
import pytest

from filmrecovery.reference.matching.timing import find_timing, frame_probabilities

FRAMES = 24
CANDIDATES = np.arange(FRAMES)[:, np.newaxis] + np.arange(5)
ABSENCE = np.full(CANDIDATES.shape, -3.0)
ADVANCE = np.ones(FRAMES, int)


def evidence(sharpness):
    """Every frame belongs to the middle one of its candidates, and says so against each frame on by as much."""
    return -sharpness * np.abs(np.arange(-2, 3)) + np.zeros((FRAMES, 1))


def test_frames_that_their_pictures_tell_are_sure():
    probable, lacking = frame_probabilities(CANDIDATES, evidence(5.0), ABSENCE, ADVANCE)
    assert probable[:, 2].min() > 0.9
    np.testing.assert_allclose(probable.sum(axis=1) + lacking, 1)


def test_frames_that_only_their_order_tells_are_not():
    said = evidence(0.0)
    said[:6], said[-6:] = evidence(5.0)[:6], evidence(5.0)[-6:]
    assert (find_timing(CANDIDATES, said, ABSENCE, ADVANCE).positions == CANDIDATES[:, 2]).all()
    probable, _ = frame_probabilities(CANDIDATES, said, ABSENCE, ADVANCE)
    assert probable[12, 2] < 0.8
    assert probable[[0, 1, 2, -3, -2, -1], 2].min() > 0.9


@pytest.mark.parametrize(("out_of", "least", "most"), [(12.0, 0.9, 1.0), (0.5, 0.0, 0.8)])
def test_a_frame_that_is_lacking_is_as_sure_as_its_neighbours_speak_against_it(out_of, least, most):
    said = evidence(5.0)
    said[12] -= out_of
    _, lacking = frame_probabilities(CANDIDATES, said, ABSENCE, ADVANCE)
    assert least <= lacking[12] <= most
