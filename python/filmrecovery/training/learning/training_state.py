"""The state of a training: all that a later call needs to go on exactly. A checkpoint holds it."""

import copy
import dataclasses
from typing import Any

import torch
from torch import Tensor

from filmrecovery.base.errors import RunError
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.learning.optimiser import Optimiser
from filmrecovery.training.runs.checkpoint import Checkpoint, Reached, read_checkpoint, write_checkpoint
from filmrecovery.training.runs.run_folder import RunFolder

AVERAGE_DECAY = 0.99


class TrainingState:
    """The network that learns, its average over the steps, the optimiser, and how far the training has come."""

    def __init__(self, network: RecoveryNetwork, learning_rate: float) -> None:
        self.network = network
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.optimiser = Optimiser(network, learning_rate)
        # The first report comes before the first step.
        self.reached = Reached(unfinished=True)
        self.best_average: dict[str, Tensor] | None = None
        """The weights of the averaged network at the end of the best round, where one has ended."""
        self._learning_rate = learning_rate

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self.reached.step

    def note(self, **changes: Any) -> None:
        """Changes fields of `reached`."""
        self.reached = dataclasses.replace(self.reached, **changes)

    @torch.no_grad()
    def update_average(self, member: int) -> None:
        """Moves the average of a member towards its weights, after a step that changed them."""
        # A short memory at first, so that the first steps do not linger.
        turn = self.step // len(self.network.members)
        decay = min(AVERAGE_DECAY, (1 + turn) / (10 + turn))
        averages, weights = self.average.members[member].parameters(), self.network.members[member].parameters()
        for average, weight in zip(averages, weights, strict=True):
            average.lerp_(weight, 1 - decay)

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """All that a step changes, in groups, by name."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_tensors(),
        }

    def save(self, run: RunFolder) -> None:
        """Writes the checkpoint that `resume` reads. Raises OutputError."""
        groups = self.tensors()
        if self.best_average:
            groups["round"] = self.best_average
        write_checkpoint(run, Checkpoint(self.reached, groups))

    def resume(self, run: RunFolder) -> bool:
        """Puts the last whole checkpoint in place; returns whether there is one. Raises as `read_checkpoint`."""
        checkpoint = read_checkpoint(run, self._wanted)
        if not checkpoint:
            return False
        self.network.load_state_dict(checkpoint.groups["network"])
        self.average.load_state_dict(checkpoint.groups["average"])
        self.optimiser.load_state_tensors(checkpoint.groups.get("optimiser", {}))
        self.best_average = checkpoint.groups.get("round")
        self.reached = checkpoint.reached
        return True

    def _wanted(self, checkpoint: Checkpoint) -> dict[str, dict[str, Tensor]]:
        """The tensors that a checkpoint of this training must have."""
        network = self.network.state_dict()
        optimiser = self.optimiser.state_like(checkpoint.groups.get("optimiser", {}))
        rounds = {"round": network} if checkpoint.reached.best_round else {}
        return {"network": network, "average": network, "optimiser": optimiser, **rounds}

    def claim_processes(self, run: RunFolder, count: int) -> None:
        """Notes how many processes train. Raises RunError where the training was begun by another number of them."""
        earlier = self.reached.processes
        if self.step and earlier != count:
            raise RunError(
                f"{run.path}: its {self.step} steps were trained with processes = {earlier}, but now it is {count}"
                f"; set it to {earlier} to go on exactly, or train in another folder"
            )
        self.note(processes=count)

    def check_finite(self, run: RunFolder) -> None:
        """Raises RunError for weights that are NaN or Inf: no step would change them ever again."""
        if not all(torch.isfinite(parameter).all() for parameter in self.network.parameters()):
            raise RunError(
                f"{run.path}: the weights became NaN or Inf by step {self.step}; train in another folder with a "
                "lower learning rate"
            )

    def copy_for_trial(self) -> "TrainingState":
        """A copy whose steps change nothing here. Its optimiser begins anew."""
        trial = copy.copy(self)
        trial.network = copy.deepcopy(self.network)
        trial.average = copy.deepcopy(self.average)
        trial.optimiser = Optimiser(trial.network, self._learning_rate)
        return trial
