"""How much of each band of detail to keep of what the grades make of a picture.

By least squares over the pictures, each graded without its fold. In chroma mode a band has one gain, and what lies
below 1 is taken for grain. In the other modes its gain differs by contrast: dirt and scratches get little, and what
lies above 1 is sharpness that the element has lost. Grain gets little too, but not nothing: the picture that errs least
has none, and no film looks like that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import torch
from scipy.optimize import lsq_linear
from torch import Tensor

from filmrecovery.model.detail import BANDS, CONTRASTS, bands, by_contrast, contrasts, expanded
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.picture.arrays import Values
from filmrecovery.training.fitting.fit_grades import Grades
from filmrecovery.training.fitting.folds import Block
from filmrecovery.training.fitting.share import kept_share
from filmrecovery.training.fitting.training_loss import wanted_coefficients

_MOST_GAIN = {"chroma": 1.0, "spatial": 4.0, "plain": 4.0}
_PULL = 0.01
"""How strongly the gain of a band is pulled to 1, and that of a contrast to its band's, as a share of its squares."""
_PULL_OF_BAND = 0.001
"""A further pull of a contrast to its band, as a share of the band's squares: it decides where a contrast is rare."""
_LEAST_PULL = 1e-12
_GRAIN_CONTRASTS = 3
"""The lowest contrasts are mostly grain: up to 2^-6 of white."""
_LEAST_GRAIN = 0.4
"""For these contrasts, the share of the target's root mean square that is kept at least."""
_MOST_SIDE = 512
_MOST_PIXELS = 1 << 16
"""The side of the middle of each picture that is used, and how many of its pixels."""


@dataclass(frozen=True)
class _NormalEquations:
    """The equations of the gains: mean products of what each counts for, and of that and what is wanted."""

    products: Values
    """(gains, gains)."""
    wanted: Values
    """(gains,)."""
    of_target: Values
    """Mean squares of what each would count for in the target, (gains,)."""

    def __add__(self, other: "_NormalEquations") -> "_NormalEquations":
        return _NormalEquations(
            self.products + other.products, self.wanted + other.wanted, self.of_target + other.of_target
        )

    def of_change(self, gains: Values, change: Values) -> tuple[float, float]:
        """What `kept_share` asks for of a change of gains."""
        return float(change @ (self.wanted - self.products @ gains)), float(change @ self.products @ change)


@torch.inference_mode()
def fit_gains(
    network: RecoveryNetwork,
    grades: Grades,
    blocks: Sequence[Block],
    folds: int,
    done: Callable[[], object] = lambda: None,
) -> None:
    """Sets the gains of a network, in place, by blocks of so many folds and the grades that never saw them.

    `done` is called after each block.

    What differs by contrast is kept as far as folds confirm it that it was not fitted to.
    """
    count = network.gains[0].numel()
    nothing = _NormalEquations(np.zeros((BANDS * count, BANDS * count)), *np.zeros((2, BANDS * count)))
    of_folds = [nothing] * folds
    for number, block in enumerate(blocks):
        equations = _equations_of(network, grades, block.middle(_MOST_SIDE), np.random.default_rng(number))
        of_folds[block.fold] += equations
        done()
    most = _MOST_GAIN[network.mode]
    whole = reduce(add, of_folds)
    gains, change = _fitted(whole, most)
    confirmed = np.zeros(2)
    for fold, equations in enumerate(of_folds):
        others = reduce(add, of_folds[:fold] + of_folds[fold + 1 :], nothing)
        confirmed += equations.of_change(*_fitted(others, most))
    gains = np.maximum(gains + kept_share(*confirmed) * change, _least_of_grain(whole, most))
    network.gains.copy_(torch.from_numpy(gains).view_as(network.gains))


def _fitted(equations: _NormalEquations, most: float) -> tuple[Values, Values]:
    """For each gain that of its band as a whole, and how far it differs from that where it is fitted by contrast."""
    count = len(equations.wanted) // BANDS
    joins = np.kron(np.eye(BANDS), np.ones((count, 1)))
    of_bands = joins.T @ equations.products @ joins
    gains = joins @ _solved(of_bands, joins.T @ equations.wanted, _PULL * np.diag(of_bands), np.ones(BANDS), most)
    if count == 1:
        return gains, np.zeros(BANDS)
    squares = np.diag(equations.products)
    pull = _PULL * squares + _PULL_OF_BAND * joins @ (joins.T @ squares)
    return gains, _solved(equations.products, equations.wanted, pull, gains, most) - gains


def _least_of_grain(equations: _NormalEquations, most: float) -> Values:
    """The gains that leave the lowest contrasts their least grain, and 0 for the others."""
    if len(equations.wanted) == BANDS:
        return np.zeros(BANDS)
    least = _LEAST_GRAIN * np.sqrt(equations.of_target / np.maximum(np.diag(equations.products), _LEAST_PULL))
    least.reshape(BANDS, CONTRASTS, CONTRASTS)[:, _GRAIN_CONTRASTS:] = 0.0
    return np.minimum(least, most)


def _solved(products: Values, wanted: Values, pull: Values, towards: Values, most: float) -> Values:
    """The gains of least squares, from 0 to `most`, each pulled towards a value with a weight of its own."""
    pull = np.maximum(pull, _LEAST_PULL)
    root = np.linalg.cholesky(products + np.diag(pull))
    return lsq_linear(root.T, np.linalg.solve(root, wanted + pull * towards), (0.0, most)).x


def _equations_of(
    network: RecoveryNetwork, grades: Grades, block: Block, random: np.random.Generator
) -> _NormalEquations:
    """The equations of a block alone, by pixels drawn at random."""
    rgb, target = (torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (block.input, block.target))
    *fine, coarsest = bands(network.learnt_graded(rgb, grades.kept_from(block, block.shot)))
    truth = wanted_coefficients(network, network.seen(target))
    height, width = (side // network.head_scale for side in target.shape[2:])
    chosen = torch.from_numpy(random.permutation(height * width)[:_MOST_PIXELS])

    def pixels(part: Tensor, level: int) -> Tensor:
        return _spread(part, level)[:, :, :height, :width].flatten(2)[:, :, chosen].flatten(1).double()

    def by_gain(parts: Sequence[Tensor]) -> Tensor:
        if network.gains.shape[1] > 1:
            parts = [by_contrast(part, contrast) for part, contrast in zip(parts, contrasts(fine), strict=True)]
        return torch.cat([pixels(part, level) for level, part in enumerate(parts)])

    counted = by_gain(fine).numpy()
    rest = (pixels(truth, 0) - pixels(coarsest, BANDS))[0].numpy()
    of_target = by_gain(bands(truth)[:-1]).square().mean(1).numpy()
    return _NormalEquations(counted @ counted.T / len(rest), counted @ rest / len(rest), of_target)


def _spread(band: Tensor, level: int) -> Tensor:
    """A band at the size of the finest."""
    for _ in range(level):
        band = expanded(band)
    return band
