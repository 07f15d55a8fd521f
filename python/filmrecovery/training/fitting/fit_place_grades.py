"""The grades by place: what the grades by colour leave over, where it differs over the frame, as uneven fading does.

The sum over some functions of the place of each times a lattice over the colours (`placed_change`), by least squares
with a ridge (Hoerl & Kennard, Technometrics 12, 1970, 55), over cells of all pictures. The pictures that a fit was made
without tell how much of it to keep: nothing where the place tells nothing, as in loose crops.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import cg
from torch import Tensor

from filmrecovery.model.grade import PLACE_FUNCTIONS, PLACE_NODES, place_functions
from filmrecovery.picture.arrays import Values
from filmrecovery.picture.lattice import trilinear_weights
from filmrecovery.training.fitting.cell_means import cell_means
from filmrecovery.training.fitting.folds import Block
from filmrecovery.training.fitting.mode_part import mode_part
from filmrecovery.training.fitting.share import kept_share

_CELL = 4
"""Pixels along the side of a cell: finer than this, grain and slight misalignment do not average out."""
_MOST_CELLS = 20_000
"""The most cells of a picture that are used; more tell nothing new."""
_RIDGE = 3.0
"""The strength of the ridge, as a number of cells: a node that fewer cells see stays near 0."""
_CLEARLY = 2.0
"""Standard deviations of a mean by which it is above 0 in 39 of 40 cases not by chance."""


@dataclass(frozen=True)
class _Cells:
    """The cells of a block."""

    fold: int
    design: sparse.csr_array
    """What each node of each function's lattice counts in each cell, (cells, functions * nodes ** 3)."""
    left: Sequence[Values]
    """What the grades by colour without each fold, and last those of all, leave over, (cells, channels)."""


def fit_place_grades(mode: str, blocks: Sequence[Block], whole: Tensor, without: Tensor) -> tuple[Tensor, Tensor]:
    """The lattices (functions, channels, nodes, nodes, nodes) fitted to all blocks, and (folds, ...) without each fold.

    `whole` (1 + shots, channels, nodes, nodes, nodes) and `without` (folds, ...) are the grades by colour.
    """
    grades = [*without, whole]
    cells = [_cells(mode, block, [of_fold[block.shot] for of_fold in grades]) for block in blocks]
    grams = [sparse.csr_array(block.design.T @ block.design) for block in cells]
    fitted = []
    for fold in range(len(grades)):
        kept = [(gram, block) for gram, block in zip(grams, cells, strict=True) if block.fold != fold]
        nothing = np.zeros((grams[0].shape[0], whole.shape[1]))
        wanted = sum((block.design.T @ block.left[fold] for _, block in kept), nothing)
        fitted.append(_solved(sum((gram for gram, _ in kept), 0 * grams[0]), wanted))
    share = _share([(block.design @ fitted[block.fold], block.left[block.fold]) for block in cells])
    lattices = [
        torch.from_numpy(share * solved).float().T.reshape(-1, PLACE_FUNCTIONS, *[PLACE_NODES] * 3) for solved in fitted
    ]
    every = torch.stack(lattices).transpose(1, 2).contiguous()
    return every[-1], every[:-1]


def _cells(mode: str, block: Block, grades: Sequence[Tensor]) -> _Cells:
    colours, targets = (cell_means(picture, _CELL).astype(np.float64) for picture in (block.input, block.target))
    height, width = colours.shape[:2]
    left, right, top, bottom = block.edges
    across, down = (
        torch.from_numpy(begin + (end - begin) * (np.arange(length) + 0.5) / length)[None]
        for begin, end, length in ((left, right, width), (top, bottom, height))
    )
    places = place_functions(across, down)[0].flatten(1).T.numpy()
    chosen = np.linspace(0, height * width - 1, min(height * width, _MOST_CELLS)).astype(int)
    colours, targets = (picture.reshape(-1, 3)[chosen] for picture in (colours, targets))
    weights = trilinear_weights(colours, PLACE_NODES)
    design = sparse.csr_array(
        sparse.hstack([weights.multiply(places[chosen, function, None]) for function in range(PLACE_FUNCTIONS)])
    )
    wanted = mode_part(mode, targets - colours)
    by_colour = trilinear_weights(colours, grades[0].shape[-1])
    return _Cells(block.fold, design, [wanted - by_colour @ grade.flatten(1).T.double().numpy() for grade in grades])


def _solved(gram: sparse.csr_array, wanted: Values) -> Values:
    """The ridge's solution, (unknowns, channels)."""
    system = gram + _RIDGE * sparse.eye_array(gram.shape[0], format="csr")
    scale = sparse.diags_array(1 / system.diagonal())
    return np.stack([cg(system, column, rtol=1e-4, maxiter=500, M=scale)[0] for column in wanted.T], axis=1)


def _share(kept_out: Sequence[tuple[Values, Values]]) -> float:
    """How much to keep, 0 to 1, by the pictures that were kept out: the changes of each, and what was left over.

    Nothing, unless the errors of most pictures become clearly smaller by it: what is only noise is nearly as often
    in their favour.
    """
    products = np.array([[np.mean(placed * left), np.mean(placed**2), np.mean(left**2)] for placed, left in kept_out])
    wanted, product, _ = products.sum(axis=0)
    share = kept_share(wanted, product)
    gains = (2 * share * products[:, 0] - share**2 * products[:, 1]) / np.maximum(products[:, 2], 1e-12)
    deviation = gains.std() / max(len(gains) - 1, 1) ** 0.5
    return share if gains.mean() > _CLEARLY * deviation else 0.0
