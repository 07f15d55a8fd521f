"""The optimiser: Muon for the convolutions of the trunk, AdamW for the first and last layer and the biases.

Muon replaces the momentum of each weight matrix by the nearest orthogonal matrix, found by a Newton-Schulz iteration
(K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024). On a handful of frames it needs a
fraction of AdamW's steps; AdamW as in Loshchilov & Hutter, ICLR 2019.
"""

from collections.abc import Iterable

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
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # no closure is ever given
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:  # of a member whose turn it is not
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                # Inputs last, as the network lies in memory: the order of the columns does not matter, a copy would.
                nesterov = weight.grad.lerp(momentum, MOMENTUM).permute(0, 2, 3, 1)
                update = orthogonalise(nesterov.flatten(1))
                rows, columns = update.shape
                scale = max(1.0, rows / columns) ** 0.5
                weight.add_(update.view_as(nesterov).permute(0, 3, 1, 2), alpha=-group["lr"] * scale)


def orthogonalise(matrix: Tensor, iterations: int = 4) -> Tensor:
    """A matrix with the singular vectors of `matrix` and singular values near 1 (about 0.7 to 1.2).

    Quintic Newton-Schulz iteration with Jordan's coefficients, which trade exactness for speed. It is carried out on
    the Gram matrix, which is far smaller than the matrix of a convolution.
    """
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / (wide.norm() + 1e-7)
    gram = wide @ wide.T
    product = polynomial = _polynomial(gram)
    for _ in range(iterations - 1):
        gram = polynomial @ gram @ polynomial
        polynomial = _polynomial(gram)
        product = polynomial @ product
    orthogonal = product @ wide
    return orthogonal.T if matrix.shape[0] > matrix.shape[1] else orthogonal


def _polynomial(gram: Tensor) -> Tensor:
    """3.4445 - 4.7750 gram + 2.0315 gram^2."""
    polynomial = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
    polynomial.diagonal().add_(3.4445)
    return polynomial


class Optimiser:
    """Both methods over one network, with one learning rate and a state that a checkpoint can hold."""

    def __init__(self, network: nn.Module, rate: float) -> None:
        ends = (".stem.", ".head.")
        inner = {
            name: p for name, p in network.named_parameters() if p.ndim == 4 and not any(end in name for end in ends)
        }
        outer = {name: p for name, p in network.named_parameters() if name not in inner}
        self._parameters = inner | outer
        self._muon = Muon(list(inner.values()), rate)
        self._adam = AdamW(list(outer.values()), rate * ADAM_RATE, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
        self._rates = ((self._muon, rate), (self._adam, rate * ADAM_RATE))

    def step(self, schedule: float) -> None:
        """One step at `schedule` (0..1) of the learning rate."""
        for method, rate in self._rates:
            for group in method.param_groups:
                group["lr"] = rate * schedule
            method.step()

    def zero_grad(self) -> None:
        """Drops the gradients, before those of the next step are found."""
        for method, _ in self._rates:
            method.zero_grad(set_to_none=True)

    def state_tensors(self) -> dict[str, Tensor]:
        """The whole state, by the parameter's name and the name of the quantity."""
        return {
            f"{name}/{quantity}": tensor
            for name, parameter in self._parameters.items()
            for method, _ in self._rates
            for quantity, tensor in method.state.get(parameter, {}).items()
        }

    def state_like(self, keys: Iterable[str]) -> dict[str, Tensor]:
        """What `load_state_tensors` takes, of the right shapes and types but without values.

        A parameter that was never changed has no state: of those that have one of the keys all quantities are given.
        """
        begun = {key.rpartition("/")[0] for key in keys}
        moments = {name: p for name, p in self._parameters.items() if name in begun}
        inner = {id(p) for p in self._muon.param_groups[0]["params"]}
        wanted = {}
        for name, parameter in moments.items():
            names = ("momentum",) if id(parameter) in inner else ("exp_avg", "exp_avg_sq")
            wanted |= {f"{name}/{quantity}": parameter.detach() for quantity in names}
            if id(parameter) not in inner:
                wanted[f"{name}/step"] = torch.zeros(())
        return wanted

    def load_state_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores what `state_tensors` gave, as `state_like` describes it."""
        for key, tensor in tensors.items():
            name, quantity = key.rsplit("/", 1)
            parameter = self._parameters[name]
            method = self._muon if any(parameter is p for p in self._muon.param_groups[0]["params"]) else self._adam
            # On the device and in the memory layout of the parameter, which the fused kernel takes for granted.
            like = parameter if tensor.shape == parameter.shape else tensor
            restored = torch.empty_like(like, dtype=tensor.dtype, device=parameter.device)
            method.state[parameter][quantity] = restored.copy_(tensor)
