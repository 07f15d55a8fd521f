"""The grades of a film, its shots and its places, and those without each fold, for the pictures of it to learn from.

A network that started from a grade which had seen its target would learn to trust the grade more than it may.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import torch
from torch import Tensor

from filmrecovery.model.grade import NODES
from filmrecovery.model.network import Patches
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.lattice import node_colours
from filmrecovery.picture.scattered_fit import ColourCells, fit_grade, fit_shot_grade
from filmrecovery.training.fitting.cell_means import cell_means
from filmrecovery.training.fitting.fit_place_grades import fit_place_grades
from filmrecovery.training.fitting.folds import Block
from filmrecovery.training.fitting.mode_part import mode_part

_CELL = {"chroma": 8, "spatial": 1, "plain": 1}
"""Pixels along the side of the cells whose mean colours the grades are fitted to.

Grain makes colours look alike that are not, and a grade of single pixels takes them to what lies between. Finer chroma
is mostly grain; the other modes recover detail, which cells have not."""


@dataclass(frozen=True)
class Grades:
    """Lattices of changes, float32: by colour of the film, number 0, and of each shot, and by place."""

    whole: Tensor
    """(1 + shots, channels, nodes, nodes, nodes): fitted to all pairs."""
    without: Tensor
    """(folds, 1 + shots, channels, nodes, nodes, nodes): fitted to the pairs of all other folds."""
    place_whole: Tensor
    """(functions, channels, nodes, nodes, nodes): those by place, fitted to all pairs."""
    place_without: Tensor
    """(folds, functions, channels, nodes, nodes, nodes): those fitted to the pairs of all other folds."""

    def kept_from(self, block: Block, shot: int) -> Patches:
        """What the network is told of a block, as a picture of a shot: the grades that never saw it, and its place."""
        of_block = self.without[block.fold, shot], self.place_without[block.fold], torch.tensor(block.edges)
        return Patches(*(tensor[None] for tensor in of_block))


def parts_of_fit(blocks: Sequence[Block], shots: int, folds: int) -> int:
    """How often `fit_grades` calls `done`."""
    return 3 * len(blocks) + (1 + folds) * (1 + shots)


def fit_grades(
    mode: str, blocks: Sequence[Block], shots: int, folds: int, done: Callable[[], object] = lambda: None
) -> Grades:
    """The grades of pairs of so many shots. A shot that has no pair without a fold has the film's grade there.

    `done` is called after each part of the work, of which there are `parts_of_fit`.
    """
    cells = [[ColourCells() for _ in range(folds)] for _ in range(1 + shots)]
    for block in blocks:
        add_colours(cells[block.shot][block.fold], mode, block.input, block.target)
        done()

    def lattices(kept: Sequence[int]) -> Tensor:
        of_shots = [reduce(add, [row[fold] for fold in kept], ColourCells()) for row in cells]
        of_film = reduce(add, of_shots)
        film = _identity() if of_film.empty else fit_grade(of_film, NODES)
        done()
        graded = [film]
        for of_shot in of_shots[1:]:
            graded.append(film if of_shot.empty else fit_shot_grade(of_shot, film))
            done()
        return torch.stack([_changes(mode, lattice) for lattice in graded])

    every = range(folds)
    without = [lattices([fold for fold in every if fold != left_out]) for left_out in every]
    by_colour = lattices(every), torch.stack(without)
    return Grades(*by_colour, *fit_place_grades(mode, blocks, *by_colour, done))


def add_colours(cells: ColourCells, mode: str, source: Picture, target: Picture) -> None:
    """Counts in the colours of a pair, (height, width, 3) float32 in 0..1, that the grades of a mode are fitted to."""
    cells.add(*(cell_means(picture, _CELL[mode]) for picture in (source, target)))


def _identity() -> Values:
    return node_colours(NODES).reshape(NODES, NODES, NODES, 3)


def _changes(mode: str, lattice: Values) -> Tensor:
    """What a lattice of colours changes in what the mode recovers, (channels, nodes, nodes, nodes)."""
    change = mode_part(mode, lattice - _identity())
    return torch.from_numpy(np.moveaxis(change, -1, 0).astype(np.float32))
