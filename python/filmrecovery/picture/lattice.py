"""The lattice of a 3D LUT: its nodes, and how the colours between them are interpolated."""

import numpy as np
from scipy import sparse

from filmrecovery.picture.arrays import Colours


def node_colours(nodes: int) -> Colours:
    """The colours (nodes ** 3, 3) of a lattice with so many nodes a side over 0..1; blue varies fastest."""
    side = np.linspace(0.0, 1.0, nodes)
    return np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)


def tetrahedral_weights(colours: Colours, nodes: int) -> sparse.csr_array:
    """The weights (count, nodes ** 3) that interpolate colours (count, 3) between the nodes, each from four of them.

    Tetrahedral interpolation, as OpenColorIO does it: of the six tetrahedra that share a cell's grey diagonal, the one
    that the colour lies in. Colours are clamped to 0..1.
    """
    places = np.clip(colours, 0.0, 1.0) * (nodes - 1)
    corner = np.minimum(places.astype(int), nodes - 2)
    within = places - corner
    # From the corner nearest to black to the one nearest to white, along the channel with the largest rest first.
    order = np.argsort(-within, axis=1, kind="stable")
    rests = np.take_along_axis(within, order, axis=1)
    bounds = np.pad(rests, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    strides = np.array([nodes * nodes, nodes, 1])
    steps = np.concatenate([(corner @ strides)[:, np.newaxis], strides[order]], axis=1)
    starts = np.arange(0, 4 * len(colours) + 1, 4)
    shape = (len(colours), nodes**3)
    return sparse.csr_array((-np.diff(bounds, axis=1).ravel(), np.cumsum(steps, axis=1).ravel(), starts), shape=shape)


def trilinear_weights(colours: Colours, nodes: int) -> sparse.csr_array:
    """The weights (count, nodes ** 3) that interpolate colours (count, 3) between the eight nodes about each.

    Colours are clamped to 0..1.
    """
    places = np.clip(colours, 0.0, 1.0) * (nodes - 1)
    corner = np.minimum(places.astype(int), nodes - 2)
    # (count, channel, lower or upper node)
    shares = np.stack([1 - (places - corner), places - corner], axis=-1)
    weights = np.einsum("ni,nj,nk->nijk", *shares.transpose(1, 0, 2))
    upper = np.array([0, 1])
    steps = (nodes * nodes * upper[:, None, None] + nodes * upper[:, None] + upper).ravel()
    indices = (corner @ (nodes * nodes, nodes, 1))[:, np.newaxis] + steps
    starts = np.arange(0, 8 * len(colours) + 1, 8)
    return sparse.csr_array((weights.ravel(), indices.ravel(), starts), shape=(len(colours), nodes**3))
