"""What learns in a training: networks that begin with what is fitted, and how they take a step."""

import contextlib
import copy
from collections.abc import Callable

import torch
from torch import nn

from filmrecovery.base.overlap import FEW
from filmrecovery.base.progress import counted
from filmrecovery.model.device import move_to
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.fitting.evidence import weigh
from filmrecovery.training.fitting.fit_gains import fit_gains
from filmrecovery.training.fitting.fit_grades import fit_grades, parts_of_fit
from filmrecovery.training.fitting.folds import blocks, shot_names
from filmrecovery.training.fitting.training_loss import training_loss
from filmrecovery.training.learning.patches import (
    NO_AUGMENTATION,
    Batch,
    TrainingPair,
    draw_batch,
    patches_in_step,
)
from filmrecovery.training.learning.processes import Order, Processes
from filmrecovery.training.learning.schedule import SchedulePart, augmentation_for, schedule_parts
from filmrecovery.training.learning.training_state import TrainingState
from filmrecovery.training.pairs.training_data import TrainingData
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.train_settings import TrainSettings

GRADIENT_NORM = 1.0
_FOLDS_FOR_ONE = 8
"""A member that is alone leaves out one of so many folds: the more it sees, the better."""
_MANY_PIXELS = 1 << 22
"""To fit to pairs of more pixels takes so long that it is shown, however few they are."""
_SPREAD_INTERVAL = 100
"""Steps after which all processes get the state of the first: processors of different kinds round differently."""


class Learner:
    """The networks of a training and what they learn from. They learn step by step, here or in several processes."""

    def __init__(
        self,
        settings: TrainSettings,
        data: TrainingData,
        device: torch.device,
        precision: torch.dtype,
        run: RunFolder,
        processes: Processes,
        heed: Callable[[], object] = lambda: None,
    ) -> None:
        """`heed` is called between the parts of the fit, and whatever it raises ends it.

        Raises SettingsError where the processes cannot share the patches of a step equally.
        """
        self.settings, self.data, self.device, self.precision, self.run = settings, data, device, precision, run
        self.processes = processes
        self.heed = heed
        """Called while long work goes on that a later call does again: it may raise an error to end it."""
        self._order = Order.STEP
        torch.manual_seed(settings.seed)
        pairs = data.of_role("train")
        self.shots = shot_names(pairs)
        self.members = settings.members_for(data.recipe.mode)
        folds = self.members if self.members > 1 else _FOLDS_FOR_ONE
        self._blocks = blocks(pairs, self.shots, folds)
        parts = parts_of_fit(self._blocks, len(self.shots), folds) + len(self._blocks)
        takes_time = len(pairs) > FEW or sum(block.input[..., 0].size for block in self._blocks) > _MANY_PIXELS
        with counted(parts, "Fitting grades and gains") if takes_time else contextlib.nullcontext(lambda: None) as show:

            def done() -> None:
                show()
                self.heed()

            self._grades = fit_grades(data.recipe.mode, self._blocks, len(self.shots), folds, done)
            network = self._fitted_network(folds, done)
        self.state = TrainingState(network, settings.learning_rate)
        self.parts = schedule_parts(settings)
        self._augmentation = augmentation_for(settings, data.recipe.mode)
        whole = [TrainingPair.of(block, self._grades) for block in self._blocks]
        self._reduced_pairs = {part.factor: [pair.reduced(part.factor) for pair in whole] for part in self.parts}
        self._check_shares()
        self._weighed: tuple[int, float] | None = None
        """The step for which the parts of the network were weighed last, and the error that was left then."""

    def _fitted_network(self, folds: int, done: Callable[[], object]) -> RecoveryNetwork:
        """The network before the first step: its grades and gains are fitted, its members change nothing yet."""
        network = RecoveryNetwork(self.data.recipe.mode, self.settings.size, self.members, len(self.shots))
        network.grades.copy_(self._grades.whole)
        network.place_grades.copy_(self._grades.place_whole)
        fit_gains(network, self._grades, self._blocks, folds, done)
        move_to(network, self.device)
        return network

    def _check_shares(self) -> None:
        batch_size, patch_size = self.settings.batch_size, self.settings.patch_size
        for member in range(self.members):
            for part in self.parts:
                pairs = self._pairs_of(member, part.factor)
                _, patches = patches_in_step(pairs, batch_size, patch_size, self.state.network.multiple)
                self.processes.place.check_shares(patches, batch_size)

    def train_step(self, part: SchedulePart, rate: float) -> float:
        """One step of a part of the schedule, at a learning rate relative to the highest; returns its loss.

        Tells the other processes first. Raises as `take_step`.
        """
        self.processes.tell(self._order, self.parts.index(part), rate, self.precision == torch.bfloat16)
        return self.take_step(part, rate)

    def take_step(self, part: SchedulePart, rate: float) -> float:
        """One step, which all processes take at once, each with its share of the patches; returns the loss of all.

        The members take turns. Each leaves out the pairs of one fold. A step whose loss or gradient is not finite
        changes nothing. Raises RunError where it is not since the weights are not, or another process has gone.
        """
        state = self.state
        member = state.step % self.members
        batch = self._draw_batch(member, part)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            loss = training_loss(state.network, batch.inputs, batch.targets, batch.patches, member)
        state.optimiser.zero_grad()
        loss.backward()
        loss = self.processes.mean(list(state.network.parameters()), loss)
        norm = nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_NORM)
        if torch.isfinite(norm) and torch.isfinite(loss):
            state.optimiser.step(rate)
            state.update_average(member)
        else:
            state.check_finite(self.run)
            state.note(skipped=state.reached.skipped + 1)
        state.note(step=state.step + 1)
        if state.step % _SPREAD_INTERVAL == 0:
            self.processes.spread([tensor for group in state.tensors().values() for tensor in group.values()])
        return loss.item()

    def _draw_batch(self, member: int, part: SchedulePart) -> Batch:
        return draw_batch(
            self._pairs_of(member, part.factor),
            self.settings.batch_size,
            self.settings.patch_size,
            self.state.network.multiple,
            self._augmentation if part.varied else NO_AUGMENTATION,
            self.settings.seed,
            self.state.step,
            (self.processes.place.number, self.processes.place.count),
        ).to(self.device)

    def _pairs_of(self, member: int, factor: int) -> list[TrainingPair]:
        """What a member learns from. It has all where no other fold has any."""
        pairs = self._reduced_pairs[factor]
        kept = [pair for pair, block in zip(pairs, self._blocks, strict=True) if block.fold != member]
        return kept or pairs

    def weigh(self) -> float:
        """Sets how far the averaged network trusts its parts, by what its members left out.

        Returns the mean squared error that is left of that (see `evidence.weigh`). It takes as long as many steps; at
        the step for which it was called last, nothing is left to do. What `heed` raises ends it.
        """
        if self._weighed is None or self._weighed[0] != self.state.step:
            kept_out = [block for block in self._blocks if block.fold < self.members]
            self._weighed = self.state.step, weigh(self.state.average, self._grades, kept_out, self.heed)
        return self._weighed[1]

    def trial(self) -> "Learner":
        """A copy whose steps leave this one as it is. The other processes take them on copies too."""
        trial = copy.copy(self)
        trial.state = self.state.copy_for_trial()
        trial._weighed = None
        trial._order = Order.TRIAL_STEP
        return trial
