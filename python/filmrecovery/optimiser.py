"""The optimiser: Muon for the convolutions of the trunk, AdamW for the first and last layer and the biases.

Muon replaces the momentum of each weight matrix by the nearest orthogonal matrix, found by a Newton-Schulz iteration
(K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024). On a handful of frames it needs a
fraction of AdamW's steps; AdamW as in Loshchilov & Hutter, ICLR 2019.
"""

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

MOMENTUM = 0.95
ADAM_RATE = 0.1
"""Learning rate of AdamW as a fraction of Muon's."""


class Muon(Optimizer):
    """Orthogonalised Nesterov momentum for convolution weights (outputs, inputs, height, width)."""

    def __init__(self, weights: list[nn.Parameter], rate: float) -> None:
        super().__init__(weights, {"lr": rate})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                update = orthogonalise(weight.grad.lerp(momentum, MOMENTUM).flatten(1))
                rows, columns = update.shape
                scale = max(1.0, rows / columns) ** 0.5
                weight.add_(update.view_as(weight), alpha=-group["lr"] * scale)


def orthogonalise(matrix: Tensor, iterations: int = 4) -> Tensor:
    """A matrix with the singular vectors of `matrix` and singular values near 1 (about 0.7 to 1.2).

    Quintic Newton-Schulz iteration with Jordan's coefficients, which trade exactness for speed.
    """
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(iterations):
        gram = wide @ wide.T
        wide = 3.4445 * wide + (2.0315 * gram @ gram - 4.7750 * gram) @ wide
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide
