"""How much of each band of detail to keep of what the grades make of a picture.

By least squares over the pictures, each graded without its fold: the best filter, of few parts, that is the same
everywhere. In chroma mode what lies below 1 is taken for grain; in the other modes what lies above 1 is sharpness that
the element has lost.
"""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import lsq_linear
from torch import Tensor

from filmrecovery.model.detail import BANDS, bands, expanded
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.fit_grades import Grades
from filmrecovery.training.folds import Block
from filmrecovery.training.training_loss import wanted_coefficients

_MOST_GAIN = {"chroma": 1.0, "spatial": 4.0, "plain": 4.0}
_PULL = 0.01
"""Towards 1, in shares of the squares of a band: decides for a band that has nothing."""


@torch.inference_mode()
def fit_gains(network: RecoveryNetwork, grades: Grades, blocks: Sequence[Block]) -> None:
    """Sets the gains of a network, in place, by the blocks and the grades that never saw them."""
    products, wanted = np.zeros((BANDS, BANDS)), np.zeros(BANDS)
    for block in (one.middle() for one in blocks):
        rgb, target = (torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (block.input, block.target))
        *fine, coarsest = bands(network.learnt_graded(rgb, grades.kept_from(block, block.shot)))
        truth = wanted_coefficients(network, target)
        spread = [_spread(one, level)[:, :, : truth.shape[2], : truth.shape[3]] for level, one in enumerate(fine)]
        rest = truth - _spread(coarsest, BANDS)[:, :, : truth.shape[2], : truth.shape[3]]
        told = torch.stack([one.flatten() for one in spread]).double().numpy()
        products += told @ told.T / told.shape[1]
        wanted += told @ rest.double().flatten().numpy() / told.shape[1]
    pull = np.diag(_PULL * np.diag(products) + 1e-12)
    root = np.linalg.cholesky(products + pull)
    gains = lsq_linear(root.T, np.linalg.solve(root, wanted + pull @ np.ones(BANDS)), (0.0, _MOST_GAIN[network.mode])).x
    network.gains.copy_(torch.from_numpy(gains))


def _spread(band: Tensor, level: int) -> Tensor:
    """A band at the size of the finest."""
    for _ in range(level):
        band = expanded(band)
    return band
