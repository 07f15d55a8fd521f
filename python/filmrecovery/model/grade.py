"""The grades in a model: how what the mode recovers changes with the colour, everywhere or by the place in the frame.

Imports torch alone, so that Gaffer's own interpreter can apply it, live.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

NODES = 17
"""Nodes along each side of the lattice. Chroma rms of seven shots of a film graded with 17 nodes is that with 33."""
PLACE_NODES = 9
PLACE_FUNCTIONS = 5


def graded_change(lattice: Tensor, rgb: Tensor) -> Tensor:
    """What a lattice (channels, nodes, nodes, nodes), indexed by red, green and blue, says of each colour of a picture.

    Takes (batch, 3, height, width) and gives (batch, channels, height, width), by trilinear interpolation between the
    nodes, which span 0..1. Colours outside are taken for the nearest inside.
    """
    # The sampler counts its axes from the last one, and works on the rows of its batch side by side.
    places = (2 * rgb.clamp(0.0, 1.0) - 1).permute(0, 2, 3, 1).flip(-1)
    batch, height, width = places.shape[:3]
    rows = places.reshape(batch * height, 1, 1, width, 3)
    lattices = lattice[None].expand(batch * height, -1, -1, -1, -1)
    changes = F.grid_sample(lattices, rows, mode="bilinear", padding_mode="border", align_corners=True)
    return changes[:, :, 0, 0].reshape(batch, height, -1, width).permute(0, 2, 1, 3)


def graded_changes(lattices: Tensor, rgb: Tensor) -> Tensor:
    """What lattices say of the colours of pictures, as `graded_change`, where each picture has one of its own.

    `lattices` are (batch, channels, nodes, nodes, nodes).
    """
    return torch.cat([graded_change(lattice, rgb[i : i + 1]) for i, lattice in enumerate(lattices)])


def place_functions(across: Tensor, down: Tensor) -> Tensor:
    """What a change by place is made of, (batch, functions, rows, columns), of x (batch, columns) and y (batch, rows).

    Both go from -1 to 1 over the frame. The functions are x, x^2, x^4, y and y^2, each less its mean over the frame, so
    that the grade by colour alone stays that of the whole. What ages film comes in at its two edges, which lie left and
    right, so that the change is steeper there.
    """
    shape = (len(across), -1, down.shape[1], across.shape[1])
    x = torch.stack([across, across.square() - 1 / 3, across.pow(4) - 1 / 5], 1)[:, :, None].expand(shape)
    y = torch.stack([down, down.square() - 1 / 3], 1)[:, :, :, None].expand(shape)
    return torch.cat([x, y], 1)


def placed_change(lattices: Tensor, rgb: Tensor, places: Tensor) -> Tensor:
    """What lattices (functions, channels, nodes, nodes, nodes) change of a picture's colours at places of the frame.

    Takes (batch, 3, height, width) and (batch or 1, functions, height, width), gives (batch, channels, height, width).
    """
    changes = graded_change(lattices.flatten(0, 1), rgb).unflatten(1, lattices.shape[:2])
    return (changes * places[:, :, None]).sum(1)


def placed_changes(lattices: Tensor, rgb: Tensor, places: Tensor) -> Tensor:
    """What lattices change of pictures at places, as `placed_change`, where each picture has lattices of its own.

    `lattices` are (batch, functions, channels, nodes, nodes, nodes).
    """
    parts = (placed_change(own, rgb[i : i + 1], places[i : i + 1]) for i, own in enumerate(lattices))
    return torch.cat(list(parts))
