"""How the colours of one element would have to move to be distributed as another's are."""

import numpy as np

from filmrecovery.picture.arrays import Colours, Matrix

# Four times as many bring a hardly better grade, and take four times as long.
_ITERATIONS = 10
_QUANTILES = np.linspace(0.0, 1.0, 1025)


def transported(colours: Colours, references: Colours) -> Colours:
    """What becomes of colours (count, 3) where they get the distribution of the references (any count, 3).

    First the linear Monge-Kantorovich map of means and covariances (Pitié and Kokaram, 2007), which is the nearest map
    of its kind; then what is not linear, by histogram matching along one set of random axes after the other (iterative
    distribution transfer; Pitié, Kokaram and Dahyot, 2005). The axes are the same in every call.
    """
    moved = _linear_map(colours, references)
    random = np.random.default_rng(0)
    for _ in range(_ITERATIONS):
        axes, _ = np.linalg.qr(random.standard_normal((3, 3)))
        ours, theirs = moved @ axes, references @ axes
        for axis in range(3):
            levels, wanted = (np.quantile(values[:, axis], _QUANTILES) for values in (ours, theirs))
            ours[:, axis] = np.interp(ours[:, axis], levels, wanted)
        moved = ours @ axes.T
    return moved


def _linear_map(colours: Colours, references: Colours) -> Colours:
    root, inverse_root = (_power(np.cov(colours.T), exponent) for exponent in (0.5, -0.5))
    matrix = inverse_root @ _power(root @ np.cov(references.T) @ root, 0.5) @ inverse_root
    return (colours - colours.mean(axis=0)) @ matrix + references.mean(axis=0)


def _power(covariance: Matrix, exponent: float) -> Matrix:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.maximum(values, 1e-9) ** exponent) @ vectors.T
