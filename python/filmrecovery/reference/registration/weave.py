"""The motion of a shot's frames: what all share, and the weave of each, steadied only as far as the frames are unsure.

Weave is a shift, a turn and a change of size about none, each a first-order autoregressive process whose strength and
steadiness are estimated from the shot itself by expectation-maximisation (Shumway and Stoffer, J. Time Ser. Anal. 3,
1982, 253) over a Kalman smoother (Rauch, Tung and Striebel, AIAA J. 3, 1965, 1445). Frames that are sure of their
place keep it; a frame that shows nothing takes its place from its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.picture.arrays import Indices, Values
from filmrecovery.reference.registration.registration import PARAMETERS, Evidence

_ROUNDS = 15
_MOST_STEADY = 0.98
# In half widths: a larger tilt is found only where the frames show it clearly.
_USUAL_TILT = 0.02


@dataclass(frozen=True)
class ShotMotion:
    """The motion `shared` (8,) by all frames, of each frame `motions` (n, 8) with `covariances` (n, 8, 8)."""

    shared: Values
    motions: Values
    covariances: Values


def solve_shot(evidence: Sequence[Evidence | None], numbers: Sequence[int], free: int, unit: float) -> ShotMotion:
    """The likeliest motions of the frames with these numbers, in order; None is a frame that shows nothing.

    The first `free` parameters are solved for; weave has as many of the first four. `unit` is half the width of the
    picture in pixels.
    """
    weaving = min(free, 4)
    shown = [np.zeros((PARAMETERS, PARAMETERS)) if item is None else item.information for item in evidence]
    vectors = [np.zeros(PARAMETERS) if item is None else item.vector for item in evidence]
    information, vector = np.array(shown)[:, :free, :free], np.array(vectors)[:, :free]
    steps = np.diff(np.asarray(numbers))

    prior = np.full(free, 1e-12)
    prior[6:] = (_USUAL_TILT * unit) ** -2
    shared_covariance = np.linalg.inv(information.sum(axis=0) + np.diag(prior))
    variance, steadiness = np.full(weaving, (0.01 * unit) ** 2), np.zeros(weaving)
    shared, weave = np.zeros(free), np.zeros((len(numbers), weaving))
    covariances = np.zeros((len(numbers), weaving, weaving))
    for _ in range(_ROUNDS):
        left = vector - np.einsum("tij,tj->ti", information[:, :, :weaving], weave)
        shared = shared_covariance @ left.sum(axis=0)
        left = vector - information @ shared
        weave, covariances, following = _smoothed(
            information[:, :weaving, :weaving], left[:, :weaving], steps, variance, steadiness
        )
        power = np.diagonal(covariances, axis1=1, axis2=2) + weave**2
        variance = np.maximum(power.mean(axis=0), 1e-8)
        neighbours = steps == 1
        if neighbours.any():
            products = (following + weave[1:] * weave[:-1])[neighbours].mean(axis=0)
            powers = np.sqrt(power[1:][neighbours].mean(axis=0) * power[:-1][neighbours].mean(axis=0))
            steadiness = np.clip(products / np.maximum(powers, 1e-12), 0, _MOST_STEADY)

    motions = np.zeros((len(numbers), PARAMETERS))
    motions[:, :free] = shared
    motions[:, :weaving] += weave
    spread = np.zeros((len(numbers), PARAMETERS, PARAMETERS))
    spread[:, :free, :free] = shared_covariance
    spread[:, :weaving, :weaving] += covariances
    whole = np.zeros(PARAMETERS)
    whole[:free] = shared
    return ShotMotion(whole, motions, spread)


def _smoothed(
    information: Values, vector: Values, steps: Indices, variance: Values, steadiness: Values
) -> tuple[Values, Values, Values]:
    """Weave (n, m), its covariances (n, m, m), and the covariance (n - 1, m) of each frame with the next."""
    count, size = vector.shape
    stationary = np.diag(variance)
    mean, covariance = np.zeros(size), stationary
    forward = []
    for index in range(count):
        if index:
            carried = np.diag(steadiness ** steps[index - 1])
            mean, covariance = carried @ mean, carried @ (covariance - stationary) @ carried + stationary
        expected = mean, covariance
        inverse = np.linalg.inv(covariance)
        covariance = np.linalg.inv(inverse + information[index])
        mean = covariance @ (inverse @ mean + vector[index])
        forward.append((expected, (mean, covariance)))

    means, covariances, following = [mean], [covariance], []
    for index in range(count - 2, -1, -1):
        (next_mean, next_covariance), (now, now_covariance) = forward[index + 1][0], forward[index][1]
        carried = np.diag(steadiness ** steps[index])
        gain = now_covariance @ carried @ np.linalg.inv(next_covariance)
        following.append(np.diag(covariance @ gain.T))
        mean = now + gain @ (mean - next_mean)
        covariance = now_covariance + gain @ (covariance - next_covariance) @ gain.T
        means.append(mean)
        covariances.append(covariance)
    return np.array(means[::-1]), np.array(covariances[::-1]), np.array(following[::-1]).reshape(-1, size)
