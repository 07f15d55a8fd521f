"""The grades by place: what the grades by colour leave over, where it differs over the frame, as uneven fading does.

The sum over some functions of the place of each times a lattice over the colours (`placed_change`), by least squares
with a ridge (Hoerl & Kennard, Technometrics 12, 1970, 55), over cells of all pictures. The pictures that a fit was made
without tell how much of it to keep: nothing where the place tells nothing, as in loose crops.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import cg
from torch import Tensor

from filmrecovery.model.grade import PLACE_FUNCTIONS, PLACE_NODES, place_functions
from filmrecovery.picture.arrays import Indices, Picture, Values
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
    """The cells of a block. The matrices of them are made when they are needed: of hundreds of blocks, they would take
    more memory than the pictures."""

    fold: int
    shot: int
    colours: Picture
    """(cells, 3), and the targets."""
    targets: Picture
    chosen: Indices
    """Which of all cells of the block they are, row by row, of so many rows and columns."""
    shape: tuple[int, int]
    edges: tuple[float, float, float, float]

    def design(self) -> sparse.csr_array:
        """What each node of each function's lattice counts in each cell, (cells, functions * nodes ** 3)."""
        height, width = self.shape
        left, right, top, bottom = self.edges
        across, down = (
            torch.from_numpy(begin + (end - begin) * (np.arange(length) + 0.5) / length)[None]
            for begin, end, length in ((left, right, width), (top, bottom, height))
        )
        places = place_functions(across, down)[0].flatten(1).T.numpy()[self.chosen]
        weights = trilinear_weights(self.colours.astype(np.float64), PLACE_NODES)
        placed = [weights.multiply(places[:, function, None]) for function in range(PLACE_FUNCTIONS)]
        return sparse.csr_array(sparse.hstack(placed))

    def left(self, mode: str, grades: Sequence[Tensor]) -> list[Values]:
        """What each of some sets of grades by colour leaves over, (cells, channels)."""
        colours = self.colours.astype(np.float64)
        wanted = mode_part(mode, self.targets.astype(np.float64) - colours)
        by_colour = trilinear_weights(colours, grades[0].shape[-1])
        return [wanted - by_colour @ grade[self.shot].flatten(1).T.double().numpy() for grade in grades]


class _Equations:
    """The normal equations of some blocks. They are summed up: those of each block take as much as its pixels."""

    def __init__(self, nothing: sparse.csr_array, channels: int) -> None:
        self._gram = nothing
        self._wanted = np.zeros((nothing.shape[0], channels))

    def add(self, gram: sparse.csr_array, wanted: Values) -> None:
        """Counts in those of a block, (unknowns, unknowns) and (unknowns, channels)."""
        self._gram, self._wanted = self._gram + gram, self._wanted + wanted

    def solved(self) -> Values:
        """The ridge's solution, (unknowns, channels)."""
        system = self._gram + _RIDGE * sparse.eye_array(self._gram.shape[0], format="csr")
        scale = sparse.diags_array(1 / system.diagonal())
        columns = self._wanted.T
        return np.stack([cg(system, column, rtol=1e-4, maxiter=500, M=scale)[0] for column in columns], axis=1)


def fit_place_grades(
    mode: str, blocks: Sequence[Block], whole: Tensor, without: Tensor, done: Callable[[], object]
) -> tuple[Tensor, Tensor]:
    """The lattices (functions, channels, nodes, nodes, nodes) fitted to all blocks, and (folds, ...) without each fold.

    `whole` (1 + shots, channels, nodes, nodes, nodes) and `without` (folds, ...) are the grades by colour.
    `done` is called twice for each block.
    """
    grades = [*without, whole]
    cells = [_cells(block) for block in blocks]
    equations: list[_Equations] = []
    for block in cells:
        design = block.design()
        gram = sparse.csr_array(design.T @ design)
        equations = equations or [_Equations(0 * gram, whole.shape[1]) for _ in grades]
        for fold, left in enumerate(block.left(mode, grades)):
            if fold != block.fold:
                equations[fold].add(gram, design.T @ left)
        done()
    fitted = [one.solved() for one in equations]
    products = []
    for block in cells:
        products.append(_products(mode, block, grades[block.fold], fitted[block.fold]))
        done()
    share = _share(products)
    lattices = [
        torch.from_numpy(share * solved).float().T.reshape(-1, PLACE_FUNCTIONS, *[PLACE_NODES] * 3) for solved in fitted
    ]
    every = torch.stack(lattices).transpose(1, 2).contiguous()
    return every[-1], every[:-1]


def _cells(block: Block) -> _Cells:
    colours, targets = (cell_means(picture, _CELL) for picture in (block.input, block.target))
    height, width = colours.shape[:2]
    chosen = np.linspace(0, height * width - 1, min(height * width, _MOST_CELLS)).astype(int)
    colours, targets = (picture.reshape(-1, 3)[chosen] for picture in (colours, targets))
    return _Cells(block.fold, block.shot, colours, targets, chosen, (height, width), block.edges)


def _products(mode: str, cells: _Cells, grade: Tensor, fitted: Values) -> tuple[float, float, float]:
    """Of a block that a fit has not seen the mean products of change and what was left over, and of each by itself."""
    (left,) = cells.left(mode, [grade])
    placed = cells.design() @ fitted
    return float(np.mean(placed * left)), float(np.mean(placed**2)), float(np.mean(left**2))


def _share(kept_out: Sequence[tuple[float, float, float]]) -> float:
    """How much to keep, 0 to 1, by the products of the pictures that were kept out.

    Nothing, unless the errors of most pictures become clearly smaller by it: what is only noise is nearly as often
    in their favour.
    """
    products = np.array(kept_out)
    wanted, product, _ = products.sum(axis=0)
    share = kept_share(wanted, product)
    gains = (2 * share * products[:, 0] - share**2 * products[:, 1]) / np.maximum(products[:, 2], 1e-12)
    deviation = gains.std() / max(len(gains) - 1, 1) ** 0.5
    return share if gains.mean() > _CLEARLY * deviation else 0.0
