"""Pictures to fit models to, and grades to fit them with."""

import numpy as np
import torch

from filmrecovery.training.fitting.fit_grades import Grades


def scene(seed, height=96, width=128):
    random = np.random.default_rng(seed)
    coarse = random.random((height // 8, width // 8, 3)).astype(np.float32)
    return np.kron(coarse, np.ones((8, 8, 1), np.float32)) * 0.6 + 0.2


def grades_of(network, lattices):
    """Grades by colour that are the same without either of two folds, and none by place."""
    nothing = torch.zeros_like(network.place_grades)
    return Grades(lattices, torch.stack([lattices] * 2), nothing, torch.stack([nothing] * 2))
