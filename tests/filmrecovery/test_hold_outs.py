"""Hold-outs of a shot over time, on recoveries whose error is known: a steady one, and one that flickers or drifts."""

import numpy as np
import pytest

from filmrecovery.film.elements.element import Element
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.measure_hold_outs import measure_hold_outs
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import judge

FRAMES = (8, 9, 10, 14, 15, 16)
FADING = np.array([[0.8, 0.1, 0.0], [0.1, 0.6, 0.1], [0.0, 0.1, 0.5]], np.float32)
BLUE = np.array([0.0, -0.1, 1.0], np.float32)


def pair(frame, label="shot"):
    """Blocks of colour that move, and what they faded to."""
    plane = np.kron(np.random.default_rng(0).random((12, 30, 3)), np.ones((8, 8, 1))).astype(np.float32)
    truth = 0.2 + 0.6 * plane[:, 2 * frame : 2 * frame + 128]
    return Pair(frame, "hold-out", label, truth @ FADING.T + 0.05, truth)


def graded(one):
    """What a match grade makes of it: nearly the truth."""
    return np.clip((one.input - 0.05) @ np.linalg.inv(FADING).T.astype(np.float32) * 0.98, 0, 1)


def error(of_frame):
    """A recovery that is off the truth by so much of blue."""
    return lambda one: one.target + np.float32(of_frame(one.frame)) * BLUE


def measured(recovery, pairs=None, baseline=graded):
    results = {"recovery": recovery} | ({"baseline": baseline} if baseline else {})
    return measure_hold_outs(pairs or [pair(frame) for frame in FRAMES], results, lambda one: None, "plain")


def verdict(recovery, **others):
    """How the two criteria of steadiness judge it: passed by name."""
    hold_outs, steadiness = measured(recovery, **others)
    element = Element("print.####.exr", FRAMES, "srgb_tx")
    found = Validation(
        "plain", "srgb_tx", "hash", True, "1", element, element, None, None, (), (), hold_outs, steadiness, ()
    )
    findings = {finding.name: finding.passed for finding in judge(Criteria(), found).findings}
    return findings["flicker against the truth"], findings["drift against the truth"]


def test_a_steady_recovery_passes_though_its_colour_is_off():
    assert verdict(error(lambda frame: 0.02)) == (True, True)
    assert verdict(graded) == (True, True)


def test_a_recovery_that_flickers_fails():
    assert verdict(error(lambda frame: 0.01 * (-1) ** frame)) == (False, True)
    assert verdict(error(lambda frame: 0.02 if frame == 15 else 0.0))[0] is False
    # Without a baseline it is compared with the source, whose error comes and goes with what moves.
    assert verdict(error(lambda frame: 0.05 * (-1) ** frame), baseline=None)[0] is False
    assert verdict(graded, baseline=None)[0] is True


def test_a_recovery_that_drifts_fails():
    assert verdict(error(lambda frame: 0.004 * frame)) == (True, False)


def test_two_hold_outs_of_a_shot_are_too_few():
    recovery = error(lambda frame: 0.01 * (-1) ** frame)
    pairs = [pair(8, "A"), pair(9, "A"), pair(14, "B"), pair(15, "B")]
    hold_outs, steadiness = measured(recovery, pairs)
    assert (len(hold_outs), steadiness) == (4, ())
    assert verdict(recovery, pairs=pairs) == (None, None)
    # One number twice: these are not one shot.
    assert measured(recovery, [pair(8), pair(9), pair(10), pair(8)])[1] == ()


def test_each_shot_is_measured_by_itself():
    pairs = [pair(frame, label) for label, frames in (("A", (8, 9, 10)), ("B", (8, 9, 10))) for frame in frames]
    _, (first, second) = measured(lambda one: one.target + BLUE * (0.1 if one.label == "A" else 0.0), pairs)
    assert (first.label, first.frames, second.label) == ("A", "8-10", "B")
    for one in (first, second):
        assert one.recovery.flicker + one.recovery.drift == pytest.approx(0.0, abs=1e-5)
        # What moves evenly drifts.
        assert one.source.drift > one.baseline.drift > 1e-4
