import numpy as np
import pytest

from filmrecovery.reference.registration.registration import Evidence
from filmrecovery.reference.registration.weave import solve_shot

UNIT = 320.0


def shot(weave, noise, seed=0):
    """Evidence of frames that weave by (n, 2) pixels about a shared motion, each off by so much noise."""
    random = np.random.default_rng(seed)
    shared = np.array([2.0, -1.0, 0.5, 0.3, 0.0, 0.2, 0.1, -0.4])
    items = []
    for shift in weave:
        truth = shared.copy()
        truth[:2] += shift
        information = np.eye(8) / noise**2
        items.append(Evidence(information, information @ (truth + noise * random.standard_normal(8)), 0.9))
    return shared, items


def test_sure_frames_keep_their_place():
    weave = np.random.default_rng(1).normal(0, 1, (30, 2))
    shared, items = shot(weave, 0.01)
    found = solve_shot(items, range(30), 8, UNIT)
    assert found.shared == pytest.approx(shared + np.append(weave.mean(axis=0), np.zeros(6)), abs=0.05)
    assert found.motions[:, :2] == pytest.approx(shared[:2] + weave, abs=0.05)


def test_unsure_frames_are_steadied_by_their_neighbours():
    time = np.arange(80)[:, None]
    weave = 2 * np.sin(time / np.array([9.0, 13.0]))
    shared, items = shot(weave, 0.8)
    found = solve_shot(items, range(80), 8, UNIT)
    off = found.motions[:, :2] - (shared[:2] + weave)
    assert np.sqrt(np.mean(off**2)) < 0.65
    # What does not weave is the same for all of them, nearly.
    assert found.motions[:, 2:4].std(axis=0).max() < 0.25
    # And it is known how far they are off.
    expected = np.sqrt(np.diagonal(found.covariances, axis1=1, axis2=2)[:, :2].mean())
    assert np.sqrt(np.mean(off**2)) == pytest.approx(expected, rel=0.35)


def test_a_frame_that_shows_nothing_lies_between_its_neighbours_and_is_unsure():
    time = np.arange(40)[:, None]
    weave = 2 * np.sin(time / np.array([9.0, 13.0]))
    shared, items = shot(weave, 0.05)
    items[20] = None
    found = solve_shot(items, range(40), 8, UNIT)
    assert found.motions[20, :2] == pytest.approx(shared[:2] + weave[20], abs=0.4)
    assert found.covariances[20, 0, 0] > 10 * found.covariances[19, 0, 0]


def test_a_model_of_few_parameters_leaves_the_others_alone():
    _, items = shot(np.zeros((5, 2)), 0.05)
    found = solve_shot(items, range(5), 2, UNIT)
    assert np.all(found.motions[:, 2:] == 0)
    assert np.all(found.covariances[:, 2:] == 0)
