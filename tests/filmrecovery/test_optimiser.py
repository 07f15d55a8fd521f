"""The optimiser's one piece of mathematics."""

import pytest
import torch

from filmrecovery.training.learning.optimiser import orthogonalise


@pytest.mark.parametrize("shape", [(24, 90), (90, 24)])
def test_orthogonalise_keeps_singular_vectors_and_evens_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    in_basis = left.mT @ orthogonalise(matrix) @ right.mT
    values = in_basis.diagonal()
    assert (in_basis - torch.diag(values)).abs().max() < 1e-4
    assert values.min() > 0.6
    assert values.max() < 1.3
