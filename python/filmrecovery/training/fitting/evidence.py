"""How far to trust each part of a model: from the pictures that each of its members was trained without.

The weights are those of stacked generalisation (Wolpert, Neural Networks 5, 1992, 241; Breiman, Machine Learning 24,
1996, 49), held between 0 and 1: by construction the weighted recovery of the pictures that were kept out is not worse
than their grade. A shot has few pictures, so its own weights are drawn towards those of the film. What error is left
then tells how far a recovery is to be doubted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from filmrecovery.model.doubt import BLOCK, CELL, blocks_of, doubt_signs
from filmrecovery.model.grade import NODES
from filmrecovery.model.network import DOUBT_SIGNS, RecoveryNetwork
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.lattice import trilinear_weights
from filmrecovery.training.fitting.fit_grades import Grades
from filmrecovery.training.fitting.folds import Block
from filmrecovery.training.fitting.share import kept_share
from filmrecovery.training.fitting.training_loss import wanted_coefficients

_MOST_SIDE = 1024
_MOST_PIXELS = 1 << 26
"""The middle of each picture tells enough: its side, and the pixels of all together, which bound the time."""
_LEAST_SIDE = 128
_PRIOR_PICTURES = 1.0
"""The film's weights count for a shot as much as so many pictures of its own."""
_PRIOR_SHARE = 0.5
"""Where the pictures ask for more of the members than this, it counts as if one more picture asked for it."""
_FEWEST_OF_SHOT = 4
"""A shot of which fewer pictures or quarters were kept out has the film's weights, and its own grade as it is.

One or two quarters tell too little: where a member that is alone left out no more, they denied the shot's grade by
chance, which unseen pictures of the shot need.
"""
_PRIOR_CELLS = 30.0
"""The film's mean error counts for a colour as much as so many cells of it."""
_UNSEEN_ERROR = 3.0
"""A colour that no picture has is expected to have so many times the mean squared error."""
_LEAST_SQUARE = 0.3
"""Smaller squared errors than this share of the mean count alike."""


@dataclass(frozen=True)
class _Kept:
    """What a kept-out picture tells, by cells of pixels."""

    block: Block
    """The picture, of which the middle is used. Its pixels would take most of the memory if each had its own here."""
    colours: Values
    """The mean colours of its cells, (cells, 3)."""
    products: Tensor
    """Means over the cells of the products, (3, 3, rows, columns), of what the film's grade leaves over, what the
    shot's grade adds to it, and what the member that never saw the picture adds."""

    @property
    def mean(self) -> Values:
        """The means over the picture, (3, 3)."""
        return self.products.mean((2, 3)).numpy()

    def squares(self, of_grade: float, of_members: float) -> Tensor:
        """The mean squared error of each cell, (rows, columns), with these weights."""
        weights = torch.tensor([1.0, -of_grade, -of_members], dtype=torch.float64)
        return torch.einsum("i,j,ijhw->hw", weights, weights, self.products).clamp(min=0.0)


@torch.inference_mode()
def weigh(
    network: RecoveryNetwork, grades: Grades, blocks: Sequence[Block], heed: Callable[[], object] = lambda: None
) -> float:
    """Sets the grades, weights and doubt of a network, in place, whose members each left out the fold of their number.

    Returns the mean squared error that is left of the pictures that were kept out. `heed` is called before each
    picture; where it raises, the network is to be weighed again.
    """
    side = int(np.clip((_MOST_PIXELS / len(blocks)) ** 0.5, _LEAST_SIDE, _MOST_SIDE))
    kept = []
    for block in blocks:
        heed()
        kept.append(_kept(network, grades, block, side))
    products = np.mean([picture.mean for picture in kept], axis=0)
    asked_for = kept_share(products[0, 2] - products[1, 2], products[2, 2])
    # Quarters of a picture tell much the same, so that four of them count as one picture.
    of_members = _of_film(asked_for, sum(picture.block.share for picture in kept))
    weights = [(1.0, of_members)]
    for shot in range(1, len(network.weights)):
        of_pictures = [picture.mean for picture in kept if picture.block.shot == shot]
        tells = len(of_pictures) >= _FEWEST_OF_SHOT
        weights.append(_of_shot(of_pictures, of_members) if tells else (1.0, of_members))
    network.grades.copy_(grades.whole)
    for shot, (of_grade, of_shot) in enumerate(weights):
        network.weights[shot] = of_shot
        network.grades[shot] = torch.lerp(grades.whole[0], grades.whole[shot], of_grade).to(network.grades)
    squares = [picture.squares(*weights[picture.block.shot]) for picture in kept]
    _set_doubt(network, kept, squares, side, heed)
    return float(np.mean([of_picture.mean().item() for of_picture in squares]))


def _kept(network: RecoveryNetwork, grades: Grades, whole: Block, side: int) -> _Kept:
    block, device = whole.middle(side), network.grades.device
    rgb, target = (_on_device(network, picture) for picture in (block.input, block.target))
    film = network.start(network.learnt_graded(rgb, grades.kept_from(block, 0).to(device)))
    own, added = network.learnt_coefficients(rgb, grades.kept_from(block, block.shot).to(device), block.fold)
    wanted = wanted_coefficients(network, target)
    height, width = wanted.shape[2:]
    film, own, added = (part[:, :, :height, :width].double() for part in (film, own, added))
    changes = torch.stack([wanted - film, own - film, added])
    products = torch.stack([blocks_of((changes * other).mean(2), CELL // network.head_scale) for other in changes])
    colours = blocks_of(_with_chroma(network, rgb), CELL)[0].flatten(1).T.cpu().numpy()
    return _Kept(whole, colours, products[:, :, 0].cpu())


def _on_device(network: RecoveryNetwork, picture: Picture) -> Tensor:
    """A picture as the network takes it, (1, 3, height, width)."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None].to(network.grades.device)


def _with_chroma(network: RecoveryNetwork, rgb: Tensor) -> Tensor:
    """The picture without a last odd row or column, which has no chroma of its own."""
    height, width = (length - length % network.head_scale for length in rgb.shape[2:])
    return rgb[:, :, :height, :width]


def _of_film(asked_for: float, pictures: float) -> float:
    """The weight of the members, where so many pictures ask for a share.

    Any share between 0 and the one asked for leaves less error of them than the grade alone. One or two pictures ask
    for too much: on five films of six, unseen pictures are recovered better with less.
    """
    return min(asked_for, (pictures * asked_for + _PRIOR_SHARE) / (pictures + 1))


def _of_shot(of_pictures: Sequence[Values], of_members: float) -> tuple[float, float]:
    """The weight of a shot's own grade over the film's, and of the members."""
    products = np.mean(of_pictures, axis=0)
    changes, wanted = products[1:, 1:], products[0, 1:]
    pull = np.diag(np.maximum(np.diag(changes), 1e-12)) * _PRIOR_PICTURES / len(of_pictures)
    weights = np.linalg.solve(changes + pull, wanted + pull @ (1.0, of_members))
    of_grade, of_shot = np.clip(weights, 0.0, 1.0).tolist()
    return of_grade, of_shot


def _set_doubt(
    network: RecoveryNetwork,
    kept: Sequence[_Kept],
    squares: Sequence[Tensor],
    side: int,
    heed: Callable[[], object],
) -> None:
    """Fits what tells the errors. The errors of colours that tell a picture's are those of the other folds."""

    folds = {picture.block.fold for picture in kept}
    others = {fold: folds - {fold} or folds for fold in folds}
    *of_others, of_all = _errors_by_colour(kept, squares, [*others.values(), folds])
    errors = dict(zip(others, (lattice.to(network.errors) for lattice in of_others), strict=True))
    signs = []
    for picture in kept:
        heed()
        signs.append(_signs(network, errors[picture.block.fold], picture.block, side))
    wanted = [blocks_of(of_picture[None, None], BLOCK // CELL).flatten() for of_picture in squares]
    factors = _fitted(torch.cat(signs, 1).T.double().cpu().numpy(), torch.cat(wanted).numpy())
    network.doubt_factors.copy_(torch.from_numpy(factors))
    network.errors.copy_(of_all)


def _signs(network: RecoveryNetwork, errors: Tensor, block: Block, side: int) -> Tensor:
    """What tells the errors of a block, (signs, blocks of pixels)."""
    rgb = _with_chroma(network, _on_device(network, block.middle(side).input))
    return doubt_signs(network, errors, rgb, block.shot)[0].flatten(1)


def _errors_by_colour(kept: Sequence[_Kept], squares: Sequence[Tensor], sets: Sequence[set[int]]) -> list[Tensor]:
    """For the pictures of each of some sets of folds the mean squared error by colour, as a lattice
    (1, nodes, nodes, nodes) float32."""
    # Picture by picture: what interpolates the colours of all at once would take as much memory as the pairs.
    sums = np.zeros((len(sets), 2, NODES**3))
    for picture, of_picture in zip(kept, squares, strict=True):
        weights = trilinear_weights(picture.colours, NODES)
        weighted = weights.data * np.repeat(of_picture.flatten().numpy(), np.diff(weights.indptr))
        for (errors, counts), folds in zip(sums, sets, strict=True):
            if picture.block.fold in folds:
                np.add.at(errors, weights.indices, weighted)
                np.add.at(counts, weights.indices, weights.data)
    lattices = []
    for (errors, counts), folds in zip(sums, sets, strict=True):
        of_set = [one for picture, one in zip(kept, squares, strict=True) if picture.block.fold in folds]
        mean = np.concatenate([one.flatten().numpy() for one in of_set]).mean()
        lattice = (errors + _PRIOR_CELLS * _UNSEEN_ERROR * mean) / (counts + _PRIOR_CELLS)
        lattices.append(torch.from_numpy(lattice.reshape(1, NODES, NODES, NODES).astype(np.float32)))
    return lattices


def _fitted(signs: Values, squares: Values) -> Values:
    """The factors, (signs,), none below 0, that give the squared errors of the blocks, and the mean of all exactly.

    Squared errors scatter in proportion to their size, so that each counts by its relative error.
    """
    if not squares.any():
        return np.zeros(DOUBT_SIGNS, np.float32)
    # Of one size, since the method judges by absolute limits.
    sizes = np.maximum(signs.mean(0), 1e-12)
    relative = 1 / (squares + _LEAST_SQUARE * squares.mean())
    factors, _ = nnls(signs / sizes * relative[:, np.newaxis], squares * relative)
    return (factors / sizes * squares.mean() / (signs / sizes @ factors).mean()).astype(np.float32)
