"""A 3D LUT fitted to scattered colours: smooth, complete where no colour was seen, and without reversals."""

import functools
from collections.abc import Callable

import numpy as np
from scipy import linalg, sparse
from scipy.interpolate import CubicSpline

from filmrecovery.picture.arrays import Colours, Indices, Picture, Values
from filmrecovery.picture.lattice import node_colours, tetrahedral_weights, trilinear_weights
from filmrecovery.picture.luma import chroma, luma, rgb_of

_CELLS = 64
_INTERVALS = 32
"""Energies and rises are given for a lattice with so many intervals a side, whatever its number of nodes."""

# Relative to the smoothness: the lattice goes over to the affine fit some six nodes, of 33, beyond the colours seen.
_PULL = 1e-3
# A shot's grade goes over to the film's much sooner: it was fitted to few pictures.
_SHOT_PULL = 1.0
# How stiff the chroma of a grade is beside its luma: colours that look nearly alike may have faded from different ones.
_CHROMA_STIFFNESS = 0.3
# What is coloured lies in light and in shadow: along grey, chroma changes in proportion.
_CHROMA_ALONG_GREY = 10.0
# All colours are counted in once more at these shares of their values, black among them, by so little that they tell
# only where no colour is: what was darkened after it had faded, as by a fade or a matte, has kept its hue.
_DARKER = (0.0, 0.125, 0.25, 0.4)
_WEIGHT_OF_DARKER = 0.01
# Towards the identity, so that pairs without colour, or of one colour, still have an affine fit.
_RIDGE = 1e-4
# A twentieth of the contrast that the input has.
_LEAST_RISE = 0.05 / _INTERVALS
_RISE_WEIGHT = 100.0
_ROUNDS = 8
_TOLERANCE = 1e-4
# The first rounds only find out which rises lack something.
_ROUGH_ROUNDS = 3
_ROUGH_TOLERANCE = 1e-3


class ColourCells:
    """Input colours, averaged in the cells of a fine lattice, with what they became, averaged over the same pixels.

    What differs from pixel to pixel and not with the colour, grain and slight misalignment, averages out. Memory goes
    with the colours that there are, and not with the pixels.
    """

    def __init__(self) -> None:
        # Only the cells that hold any pixel, in ascending order: a shot fills a few per cent of all.
        self._cells = np.empty(0, int)
        self._counts = np.empty(0)
        self._sums = np.empty((6, 0))

    def add(self, colours: Picture, targets: Picture) -> None:
        """Counts in the pixels of two pictures, (..., 3) in 0..1, of one shape."""
        colours, targets = (array.reshape(-1, 3).astype(np.float64) for array in (colours, targets))
        cells = np.minimum((colours * _CELLS).astype(int), _CELLS - 1) @ (_CELLS * _CELLS, _CELLS, 1)
        counts = np.bincount(cells, minlength=_CELLS**3)
        seen = np.flatnonzero(counts)
        sums = [np.bincount(cells, values, _CELLS**3)[seen] for values in (*colours.T, *targets.T)]
        self._count_in(seen, counts[seen].astype(np.float64), np.array(sums, np.float64))

    def __add__(self, other: "ColourCells") -> "ColourCells":
        """The cells of all pixels that were counted in either."""
        joint = ColourCells()
        for cells in (self, other):
            joint._count_in(cells._cells, cells._counts, cells._sums)
        return joint

    def _count_in(self, cells: Indices, counts: Values, sums: Values) -> None:
        if not len(cells):
            return
        if self.empty:
            self._cells, self._counts, self._sums = cells, counts, sums
            return
        every = np.union1d(self._cells, cells)
        joint = np.zeros((7, len(every)))
        for some, values in ((self._cells, [self._counts, *self._sums]), (cells, [counts, *sums])):
            joint[:, np.searchsorted(every, some)] += values
        self._cells, self._counts, self._sums = every, joint[0], joint[1:]

    @property
    def empty(self) -> bool:
        """Whether no pixel was counted in."""
        return not len(self._cells)

    def means(self) -> tuple[Colours, Colours, Values]:
        """Mean colour (count, 3), mean target (count, 3) and share of the pixels (count,) of each cell with any."""
        colours, targets = (self._sums / self._counts).reshape(2, 3, -1).transpose(0, 2, 1)
        return colours, targets, self._counts / self._counts.sum()


def fit_lut(cells: ColourCells, nodes: int, smoothness: float) -> Values:
    """The lattice (nodes, nodes, nodes, 3), indexed by red, green and blue, that best takes colours to their targets.

    Least squares over the pixels, with tetrahedral interpolation; plus the thin-plate energy of the lattice (the sum of
    squares of its second differences) times the smoothness; plus a weak pull to the affine map that suits all pixels,
    which decides where no colour was seen. Where a channel would fall while the same channel of the input, or grey,
    rises, it is made to rise a little, at the least cost to the rest. Nothing is clamped.

    Coarse lattices are solved first, by preconditioned conjugate gradients, and each is the start of the next (cascadic
    multigrid; Bornemann and Deuflhard, 1996).
    """
    colours, targets, shares = cells.means()
    affine = _affine_fit(colours, targets, shares)
    rest = targets - affine(colours)
    lattice, base = np.zeros((2, 2, 2, 3)), affine(node_colours(2))
    for level in sorted({max(5, (nodes - 1) // 4 + 1), max(5, (nodes - 1) // 2 + 1), nodes}):
        start = _resampled(lattice, level)
        base = affine(node_colours(level))
        weights = tetrahedral_weights(colours, level)
        bending, rises = _bending(level), _rises(level)
        regular = smoothness * (bending + _PULL * sparse.eye_array(level**3)) / level**3
        normal = (weights.T @ (shares[:, np.newaxis] * weights) + regular).tocsr()
        wanted = weights.T @ (shares[:, np.newaxis] * rest)
        solved = [
            _rising(normal, wanted[:, channel], rises[channel], base[:, channel], start[..., channel], channel)
            for channel in range(3)
        ]
        lattice = np.stack(solved, axis=-1).reshape(level, level, level, 3)
    return lattice + base.reshape(lattice.shape)


def fit_grade(cells: ColourCells, nodes: int) -> Values:
    """The lattice (nodes, nodes, nodes, 3) that best takes colours to their targets, for trilinear interpolation.

    As `fit_lut`, but without regard to reversals, which makes it many times as fast. Chroma and luma are fitted apart.
    """
    affine = _affine_fit(*cells.means())
    return _fit_change(cells, affine(node_colours(nodes)).reshape(nodes, nodes, nodes, 3), _PULL)


def fit_shot_grade(cells: ColourCells, film: Values) -> Values:
    """The lattice of a shot: the film's, with what that leaves over of the shot's pixels where it has such colours.

    On unseen crops of seven shots of a film, the means of squares of 8 pixels of two crops of each to fit, chroma rms
    was 0.0213 so, 0.0269 with the film's grade and 0.0227 with the shot's alone.
    """
    return _fit_change(cells, film, _SHOT_PULL)


def _fit_change(cells: ColourCells, before: Values, pull: float) -> Values:
    """A lattice and what it leaves over, by least squares with the thin-plate energy and a pull to no change.

    Luma bends along grey as contrast does. Chroma, which fades in proportion, has a further energy there. Below the
    darkest colours both are held in proportion (`_with_darker`).
    """
    colours, targets, shares = _with_darker(*cells.means())
    nodes = len(before)
    weights = trilinear_weights(colours, nodes)
    rest = targets - weights @ before.reshape(-1, 3)
    products = weights.T @ (shares[:, np.newaxis] * weights)
    stiffness = _bending(nodes) + pull * sparse.eye_array(nodes**3)
    of_chroma = _CHROMA_STIFFNESS * (stiffness + _CHROMA_ALONG_GREY * _bending_along_grey(nodes))

    def solved(wanted: Values, stiffness: sparse.csr_array) -> Values:
        """The nodes, (nodes ** 3, parts), for what is wanted at the colours, (colours, parts)."""
        normal = (products + stiffness / nodes**3).tocsr()
        diagonal = normal.diagonal()
        right = weights.T @ (shares[:, np.newaxis] * wanted)
        start = np.zeros(nodes**3)
        parts = [
            _conjugate_gradients(normal, part, start, lambda r: r / diagonal, _ROUGH_TOLERANCE) for part in right.T
        ]
        return np.stack(parts, axis=-1)

    change = rgb_of(solved(luma(rest)[:, np.newaxis], stiffness)[:, 0], solved(chroma(rest), of_chroma))
    return before + change.reshape(before.shape)


def _with_darker(colours: Colours, targets: Colours, shares: Values) -> tuple[Colours, Colours, Values]:
    """Mean colours, targets and shares, and those of `_DARKER` of them, which R'G'B' is in proportion to."""
    scales = (1.0, *_DARKER)
    weights = (1.0, *[_WEIGHT_OF_DARKER] * len(_DARKER))
    return (
        np.concatenate([scale * colours for scale in scales]),
        np.concatenate([scale * targets for scale in scales]),
        np.concatenate([weight * shares for weight in weights]),
    )


def _affine_fit(colours: Colours, targets: Colours, shares: Values) -> Callable[[Colours], Colours]:
    """The affine map of colours, by weighted least squares of what it changes."""
    terms = np.pad(colours, ((0, 0), (1, 0)), constant_values=1.0)
    weighted = terms.T * shares
    ridge = _RIDGE * np.diag((0.0, 1.0, 1.0, 1.0))
    change = np.linalg.solve(weighted @ terms + ridge, weighted @ (targets - colours))
    return lambda some: some + change[0] + some @ change[1:]


def _rising(
    normal: sparse.csr_array, wanted: Values, rises: sparse.csr_array, base: Values, start: Picture, channel: int
) -> Values:
    """One channel of the lattice, less the affine fit: the solution of the normal equations that hardly ever falls.

    The square of what a rise lacks is a penalty, and the rises that lack something are found round by round (a
    semismooth Newton method; Hintermueller, Ito and Kunisch, 2002).
    """
    field = start.ravel()
    lacking, tolerance = None, _ROUGH_TOLERANCE
    # In proportion to what the pixels count there, so that it holds against any number of them.
    penalties = _RISE_WEIGHT * (abs(rises) @ normal.diagonal())
    for count in range(_ROUNDS):
        lack_now = rises @ (base + field) < _LEAST_RISE
        settled = lacking is not None and (lack_now == lacking).all()
        if settled and tolerance == _TOLERANCE:
            break
        lacking = lack_now
        tolerance = _TOLERANCE if settled or count >= _ROUGH_ROUNDS else _ROUGH_TOLERANCE
        active, weights = rises[lacking], penalties[lacking]
        matrix = normal + active.T @ (weights[:, np.newaxis] * active)
        right = wanted + active.T @ (weights * (_LEAST_RISE - active @ base))
        # Where it does not end within the tolerance it ends near it, and so does the next round.
        field = _conjugate_gradients(matrix, right, field, _solver_along_lines(matrix, len(start), channel), tolerance)
    return field


def _conjugate_gradients(
    matrix: sparse.csr_array,
    right: Values,
    start: Values,
    precondition: Callable[[Values], Values],
    tolerance: float,
) -> Values:
    """The solution to a residual of `tolerance` of the right side (Hestenes and Stiefel, 1952).

    Not scipy's: its thousands of short dot products are split over threads, of which each took 20 ms on a busy machine
    and takes 0.02 ms here; and sums in another order would give another LUT on another machine.
    """
    solution, residual = start.copy(), right - matrix @ start
    enough = tolerance**2 * _dot(right, right)
    direction, along = np.zeros_like(right), 1.0
    for _ in range(10 * len(right)):
        if _dot(residual, residual) <= enough:
            break
        preconditioned = precondition(residual)
        before, along = along, _dot(residual, preconditioned)
        direction = preconditioned + (along / before) * direction
        changed = matrix @ direction
        step = along / _dot(direction, changed)
        solution += step * direction
        residual -= step * changed
    return solution


def _dot(one: Values, other: Values) -> float:
    return float(np.einsum("i,i", one, other))


def _solver_along_lines(matrix: sparse.csr_array, nodes: int, axis: int) -> Callable[[Values], Values]:
    """A preconditioner: the solution on each line of nodes along an axis of the lattice, as if it were alone.

    The penalties, which weigh far more than anything else, couple nodes along the channel's own lines, except for grey.
    """
    shape = (nodes, nodes, nodes)
    stride = nodes ** (2 - axis)
    bands = np.zeros((3, nodes**3))
    for offset in range(3):
        beside = np.zeros(nodes**3)
        values = matrix.diagonal(offset * stride)
        beside[: len(values)] = values
        lines = np.moveaxis(beside.reshape(shape), axis, -1).copy()
        # Beyond the end of a line the next one begins.
        lines[..., nodes - offset :] = 0.0
        bands[offset] = lines.ravel()
    factor = linalg.cholesky_banded(bands, overwrite_ab=True, lower=True, check_finite=False)

    def solved(values: Values) -> Values:
        lines = np.moveaxis(values.reshape(shape), axis, -1)
        solution = linalg.cho_solve_banded((factor, True), lines.ravel(), check_finite=False)
        return np.moveaxis(solution.reshape(shape), -1, axis).ravel()

    return solved


@functools.cache
def _bending(nodes: int) -> sparse.csr_array:
    """The quadratic form of the thin-plate energy: the mean over the lattice, times the number of nodes."""
    unit = sparse.eye_array(nodes)
    scale = (nodes - 1) / _INTERVALS
    slope = scale * sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(nodes - 1, nodes))
    bend = scale**2 * sparse.diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(nodes - 2, nodes))
    first, second = slope.T @ slope, bend.T @ bend
    alone = _kronecker(second, unit, unit) + _kronecker(unit, second, unit) + _kronecker(unit, unit, second)
    mixed = _kronecker(first, first, unit) + _kronecker(first, unit, first) + _kronecker(unit, first, first)
    return (alone + 2.0 * mixed).tocsr()


@functools.cache
def _bending_along_grey(nodes: int) -> sparse.csr_array:
    """The squares of second differences along all lines of nodes that run as grey does, on the scale of `_bending`."""
    every = np.arange(nodes**3).reshape(nodes, nodes, nodes)
    middle = every[1:-1, 1:-1, 1:-1].ravel()
    stride = nodes * nodes + nodes + 1
    lines = np.repeat(np.arange(len(middle)), 3)
    columns = (middle[:, np.newaxis] + (-stride, 0, stride)).ravel()
    scale = (nodes - 1) / _INTERVALS
    values = np.tile(np.array([1.0, -2.0, 1.0]) * scale**2, len(middle))
    bend = sparse.csr_array((values, (lines, columns)), shape=(len(middle), nodes**3))
    return (bend.T @ bend).tocsr()


@functools.cache
def _rises(nodes: int) -> tuple[sparse.csr_array, ...]:
    """What each channel rises by from node to node: along the same channel of the input, and along grey.

    A rise of 1 / 32 keeps contrast as it is, whatever the number of nodes.
    """
    unit = sparse.eye_array(nodes)
    scale = (nodes - 1) / _INTERVALS
    step = scale * sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(nodes - 1, nodes))
    stride = nodes * nodes + nodes + 1
    greys = sparse.csr_array((np.ones(nodes), (np.arange(nodes), stride * np.arange(nodes))), shape=(nodes, nodes**3))
    grey = step @ greys
    sides = (_kronecker(step, unit, unit), _kronecker(unit, step, unit), _kronecker(unit, unit, step))
    return tuple(sparse.vstack([side, grey]).tocsr() for side in sides)


def _kronecker(red: sparse.sparray, green: sparse.sparray, blue: sparse.sparray) -> sparse.sparray:
    return sparse.kron(sparse.kron(red, green), blue)


def _resampled(lattice: Values, nodes: int) -> Values:
    """The lattice with another number of nodes a side, by cubic splines."""
    there = np.linspace(0.0, 1.0, nodes)
    for axis in range(3):
        lattice = CubicSpline(np.linspace(0.0, 1.0, lattice.shape[axis]), lattice, axis=axis)(there)
    return lattice
