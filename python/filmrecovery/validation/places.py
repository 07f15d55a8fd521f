"""Places of a frame where a picture's texture can be measured: its flattest fields, and its strongest edges.

They are found in the luma of the source, (height, width) in display-referred 0..1, and every other picture of that
frame is measured at the same places.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channel, Indices, Mask, Points, Values
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.resize import area_averaged

FIELD = 32
"""Side of the flat fields in pixels."""

CELL = 4
"""Side of the cells that coarse detail is looked at in, in pixels."""

PROFILE = 16
"""How far the profiles of edges reach to either side, in pixels."""

_FLATTEST, _FEWEST_FIELDS, _MOST_FIELDS = 0.1, 8, 200
# A field that touches black or white shows no grain of its own.
_DARKEST, _LIGHTEST = 0.03, 0.97
_CONTOURS, _LEAST_CONTRAST = 0.9, 0.004
_SOFTNESS = 1.5
_MOST_EDGES, _FEWEST_EDGES = 4000, 40
_LEAST_STEP = 0.06
# An edge stands by itself where what lies on either side of it varies by no more than this part of the step.
_LARGEST_UNREST = 0.15
_PLATEAU = 6


@dataclass(frozen=True)
class Places:
    """Where to measure.

    `fields` (n, 2) are row and column of the upper left corners of flat fields. `edges` (m, 2) are points (x, y) on
    edges that stand by themselves, and `directions` (m, 2) the unit vectors there from dark to light. `contours`, of
    cells as `reduced` makes them, is true in the tenth of the frame with the most coarse detail.
    """

    fields: Indices
    edges: Points
    directions: Points
    contours: Mask


def find_places(luma: Channel) -> Places:
    """The places of a frame. A frame may have no fields or no edges to speak of: then there are none."""
    luma = luma.astype(np.float32)
    return Places(_flat_fields(luma), *_lone_edges(luma), _contours(luma))


def reduced(luma: Channel) -> Channel:
    """The means of cells of 4 x 4 pixels of (height, width) float32."""
    height, width = luma.shape
    return area_averaged(luma, max(width // CELL, 1), max(height // CELL, 1))


def coarse_detail(luma: Channel) -> Channel:
    """What lies between Gaussians of 4 and 16 pixels, by cells."""
    cells = reduced(luma)
    return blurred(cells, 1.0) - blurred(cells, 4.0)


def cut_fields(luma: Channel, fields: Indices) -> Values:
    """The luma of the fields, (n, FIELD, FIELD)."""
    return np.stack([luma[row : row + FIELD, column : column + FIELD] for row, column in fields])


def profiles(luma: Channel, edges: Points, directions: Points) -> Values:
    """Luma across the edges, (m, 2 PROFILE + 1), one value a pixel from the dark side to the light one."""
    steps = np.arange(-PROFILE, PROFILE + 1, dtype=np.float32)
    x, y = (edges[:, axis, None] + steps * directions[:, axis, None] for axis in (0, 1))
    across = cv2.remap(luma.astype(np.float32), x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(across, np.float32)


def normalised_profiles(across: Values) -> Values:
    """Profiles with their dark side, away from the edge, at 0, and their light side at 1."""
    dark, light = across[:, :_PLATEAU].mean(axis=1), across[:, -_PLATEAU:].mean(axis=1)
    return (across - dark[:, None]) / np.maximum(light - dark, 1e-3)[:, None]


def _flat_fields(luma: Channel) -> Indices:
    rows, columns = (size // FIELD for size in luma.shape)
    blocks = luma[: rows * FIELD, : columns * FIELD]
    blocks = blocks.reshape(rows, FIELD, columns, FIELD).swapaxes(1, 2).reshape(-1, FIELD, FIELD)
    means = blocks.mean(axis=(1, 2))
    inside = np.flatnonzero((means > _DARKEST) & (means < _LIGHTEST))
    # Means of squares of four pixels: structure, with little of the grain.
    coarse = blocks[inside].reshape(-1, FIELD // 4, 4, FIELD // 4, 4).mean(axis=(2, 4))
    count = min(max(round(len(blocks) * _FLATTEST), _FEWEST_FIELDS), _MOST_FIELDS)
    chosen = inside[np.argsort(coarse.var(axis=(1, 2)), kind="stable")[:count]]
    return np.stack([chosen // max(columns, 1), chosen % max(columns, 1)], axis=1) * FIELD


def _contours(luma: Channel) -> Mask:
    contrast = np.abs(coarse_detail(luma))
    return contrast >= max(float(np.quantile(contrast, _CONTOURS)), _LEAST_CONTRAST)


def _lone_edges(luma: Channel) -> tuple[Points, Points]:
    soft = blurred(luma, _SOFTNESS)
    across, down = (cv2.Scharr(soft, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
    slope = np.hypot(across, down)
    inside = np.zeros(luma.shape, bool)
    inside[PROFILE:-PROFILE, PROFILE:-PROFILE] = True
    # One point of each small square: the steepest.
    steepest = (slope == cv2.dilate(slope, np.ones((5, 5)))) & (slope > _LEAST_STEP / 8) & inside
    rows, columns = np.nonzero(steepest)
    order = np.argsort(-slope[rows, columns], kind="stable")[:_MOST_EDGES]
    rows, columns = rows[order], columns[order]
    directions = np.stack([across[rows, columns], down[rows, columns]], axis=1)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    edges = np.stack([columns, rows], axis=1).astype(np.float32)
    if len(edges) == 0:
        return edges, directions
    across_edges = profiles(soft, edges, directions)
    dark, light = across_edges[:, :_PLATEAU], across_edges[:, -_PLATEAU:]
    step = light.mean(axis=1) - dark.mean(axis=1)
    unrest = np.maximum(dark.std(axis=1), light.std(axis=1))
    lone = (step > _LEAST_STEP) & (unrest < _LARGEST_UNREST * step)
    if np.count_nonzero(lone) < _FEWEST_EDGES:
        lone[:] = False
    return edges[lone], directions[lone]
