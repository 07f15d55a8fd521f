"""The state of a training, as a checkpoint holds it, and the loop."""

import copy
import dataclasses
import datetime
import logging
import time
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

import filmrecovery
from filmrecovery.base.code_revision import code_revision
from filmrecovery.base.errors import ModelError, RunError, StoppedError
from filmrecovery.base.interruption import Interruption
from filmrecovery.base.progress import progress
from filmrecovery.film.products.freshness import say_current
from filmrecovery.model.device import move_to
from filmrecovery.model.model_file import ModelDescription, load_model, save_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.fitting.evidence import weigh
from filmrecovery.training.fitting.fit_gains import fit_gains
from filmrecovery.training.fitting.fit_grades import fit_grades
from filmrecovery.training.fitting.folds import blocks, shot_names
from filmrecovery.training.fitting.training_loss import training_loss
from filmrecovery.training.learning.optimiser import Optimiser
from filmrecovery.training.learning.patches import NO_AUGMENTATION, TrainingPair, draw_batch, patches_in_step
from filmrecovery.training.learning.processes import Order, Processes
from filmrecovery.training.learning.schedule import (
    SchedulePart,
    augmentation_for,
    learning_rate,
    part_at,
    rounds,
    schedule_parts,
)
from filmrecovery.training.learning.training_reports import hold_out_figures, write_pictures
from filmrecovery.training.pairs.training_data import TrainingData
from filmrecovery.training.runs.checkpoint import (
    Checkpoint,
    Reached,
    RoundResult,
    read_checkpoint,
    write_checkpoint,
)
from filmrecovery.training.runs.deciding_error import deciding_error
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_requests import (
    A_REQUEST,
    RunRequest,
    leave_request,
    read_or_drop_request,
    stop_text,
)
from filmrecovery.training.runs.run_status import LifeSign
from filmrecovery.training.runs.step_models import keep_step_model
from filmrecovery.training.runs.train_settings import TrainSettings

LOG_INTERVAL = 10
AVERAGE_DECAY = 0.99
GRADIENT_NORM = 1.0
_FOLDS_FOR_ONE = 8
"""A member that is alone leaves out one of so many folds: the more it sees, the better."""
LEAST_GAIN = 0.01
"""A round that lowers the error of what was kept out by a smaller share than this has learnt nothing more."""
_SPREAD_INTERVAL = 100
"""Steps after which all processes get the state of the first: processors of different kinds round differently."""

_LOG = logging.getLogger(__name__)


class Trainer:
    """The state of a training, and its loop."""

    def __init__(
        self,
        settings: TrainSettings,
        data: TrainingData,
        device: torch.device,
        precision: torch.dtype,
        run: RunFolder,
        processes: Processes,
    ) -> None:
        """Raises SettingsError where the processes cannot share the patches of a step equally."""
        self.settings, self.data, self.device, self.precision, self.run = settings, data, device, precision, run
        self.processes = processes
        self._order = Order.STEP
        torch.manual_seed(settings.seed)
        pairs = data.of_role("train")
        self.shots = shot_names(pairs)
        self.members = settings.members_for(data.recipe.mode)
        self.folds = self.members if self.members > 1 else _FOLDS_FOR_ONE
        self.blocks = blocks(pairs, self.shots, self.folds)
        self.grades = fit_grades(data.recipe.mode, self.blocks, len(self.shots), self.folds)
        self.network = RecoveryNetwork(data.recipe.mode, settings.size, self.members, len(self.shots))
        self.network.grades.copy_(self.grades.whole)
        self.network.place_grades.copy_(self.grades.place_whole)
        fit_gains(self.network, self.grades, self.blocks, self.folds)
        move_to(self.network, device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = Optimiser(self.network, settings.learning_rate)
        self.reached = Reached()
        self.best_average: dict[str, Tensor] | None = None
        self.parts = schedule_parts(settings)
        self.augmentation = augmentation_for(settings, data.recipe.mode)
        pairs_of_blocks = [TrainingPair.of(block, self.grades) for block in self.blocks]
        self.reduced_pairs = {
            part.factor: [pair.reduced(part.factor) for pair in pairs_of_blocks] for part in self.parts
        }
        for member in range(self.members):
            for part in self.parts:
                pairs = self._pairs_of(member, part.factor)
                _, patches = patches_in_step(pairs, settings.batch_size, settings.patch_size, self.network.multiple)
                processes.place.check_shares(patches, settings.batch_size)

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self.reached.step

    def _note(self, **changes: Any) -> None:
        self.reached = dataclasses.replace(self.reached, **changes)

    def run_schedule(self, steps: int) -> None:
        """Trains from the last checkpoint to the end of the schedule, or until it has learnt, and writes the model.

        What is asked by the run folder meanwhile (see `run_requests`) is done after a step. Raises StoppedError, after
        a checkpoint, when SIGINT, SIGTERM or a request asks to stop.
        """
        self.run.rewind(before=self.step + 1 if self.resume() else 0)
        asked = read_or_drop_request(self.run.path).steps
        # A wish to stop was for the call before.
        leave_request(self.run.path, RunRequest(steps=asked))
        steps = self._length_after(asked, steps)
        if (self.step == steps or self.reached.has_learnt) and self._has_model():
            say_current(self.run.model)
            return
        self._check_processes()
        started = time.monotonic()
        with LifeSign(self.run.path, self.data.recipe.mode):
            self.processes.tell(Order.RESUME)
            with Interruption() as interruption:
                while (asked := self._train_until(steps, started, interruption)) is not None:
                    steps = self._length_after(asked, steps)
            self._write_model(steps)
        self.processes.say_cost(self.run.path, time.monotonic() - started)

    def _check_processes(self) -> None:
        """Raises RunError where another number of processes has begun the training."""
        count, earlier = self.processes.place.count, self.reached.processes
        if self.step and earlier != count:
            raise RunError(
                f"{self.run.path}: its {self.step} steps were trained with processes = {earlier}, but now it is {count}"
                f"; set it to {earlier} to go on exactly, or train in another folder"
            )
        self._note(processes=count)

    def _write_model(self, steps: int) -> None:
        """Writes the model of the best round, or else of the end."""
        best = self.reached.best_round
        if best and self.best_average:
            self.average.load_state_dict(self.best_average)
        else:
            self._weigh()
        step = best.step if best else self.step
        save_model(self.run.model, self.average.state_dict(), self._description(step, steps))

    def _train_until(self, steps: int, started: float, interruption: Interruption) -> int | None:
        """Trains to the end, and returns None; or until another length in steps is asked for, and returns that."""
        schedule = rounds(self.settings, self.members, steps)
        left = range(0) if self.reached.has_learnt else range(self.step, steps)
        for _ in progress(left, steps, f"Training {self.run.path.name}", done=self.step):
            if self.step == 0:
                self.report(steps)
            part = part_at(self.parts, self.step / steps)
            of_round = next(one for one in schedule if self.step in one)
            loss = self.train_step(part, learning_rate(self.step - of_round.start, len(of_round)))
            if self.step % LOG_INTERVAL == 0 or self.step == steps:
                seconds = round(time.monotonic() - started, 3)
                self.run.log({"step": self.step, "loss": loss, "skipped": self.reached.skipped, "seconds": seconds})
            if self.step % self.settings.report_interval == 0 or self.step == steps:
                self.report(steps)
            ends_round = self.step == of_round.stop
            if ends_round and len(schedule) > 1 and self.members > 1:
                self._end_round()
            if self.step % self.settings.checkpoint_interval == 0 or ends_round:
                self.save_checkpoint()
            if self.reached.has_learnt:
                _LOG.info("%s: has learnt by step %d of %d", self.run.path, self.step, steps)
                break
            request = read_or_drop_request(self.run.path)
            stopper = interruption.signal_name or (self.processes.asks_to_stop and "a signal to another process")
            if (stopper or request.stop) and self.step < steps:
                self._stop(stopper or A_REQUEST, steps)
            if request.steps is not None:
                return request.steps
        return None

    def _stop(self, stopper: str, steps: int) -> NoReturn:
        self.save_checkpoint()
        leave_request(self.run.path, RunRequest(steps=read_or_drop_request(self.run.path).steps))
        raise StoppedError(stop_text(self.run.path, stopper, self.step, steps))

    def _length_after(self, asked: int | None, steps: int) -> int:
        """The length of the training after a request for another one, if any; its end is not before what is done.

        A checkpoint comes first, and the request goes last: after a crash between them it is done again, to the same.
        """
        length = steps if asked is None else max(asked, self.step)
        if length != steps or (self.reached.has_learnt and asked is not None and length > self.step):
            if length > self.step:
                self._note(has_learnt=False)
            else:
                self.report(length)
                if self.members > 1:
                    self._end_round()
            self.save_checkpoint()
            self.run.change_length(self.step, length)
            _LOG.info("%s: has %d steps now, no longer %d", self.run.path, length, steps)
        # What was asked meanwhile stays.
        pending = read_or_drop_request(self.run.path)
        if asked is not None and pending.steps == asked:
            leave_request(self.run.path, dataclasses.replace(pending, steps=None))
        return length

    def _end_round(self) -> None:
        """Keeps the averaged network where it recovers what was kept out better than those of the rounds before."""
        error = self._weigh() ** 0.5
        self.run.log({"step": self.step, "keptOut": error})
        best = self.reached.best_round
        self._note(has_learnt=best is not None and error > (1 - LEAST_GAIN) * best.error)
        if best is None or error < best.error:
            self.best_average = {name: tensor.clone() for name, tensor in self.average.state_dict().items()}
            self._note(best_round=RoundResult(self.step, error))

    def _has_model(self) -> bool:
        """Whether the model at the end of the schedule is there, whole; it is said where it is damaged."""
        if not self.run.model.exists():
            return False
        try:
            load_model(self.run.model)
        except ModelError as error:
            _LOG.warning("%s It is written again.", error)
            return False
        return True

    def train_step(self, part: SchedulePart, rate: float) -> float:
        """One step of a part of the schedule, at a learning rate relative to the highest; returns its loss.

        The members take turns. Each leaves out the pairs of one fold. A step whose loss or gradient is not finite
        changes nothing. Raises RunError where it is not since the weights are not, or another process has gone.
        """
        self.processes.tell(self._order, self.parts.index(part), rate, self.precision == torch.bfloat16)
        return self.take_step(part, rate)

    def take_step(self, part: SchedulePart, rate: float) -> float:
        """The same, as each of the processes takes it when it has been told."""
        member = self.step % self.members
        batch = draw_batch(
            self._pairs_of(member, part.factor),
            self.settings.batch_size,
            self.settings.patch_size,
            self.network.multiple,
            self.augmentation if part.varied else NO_AUGMENTATION,
            self.settings.seed,
            self.step,
            (self.processes.place.number, self.processes.place.count),
        ).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            loss = training_loss(self.network, batch.inputs, batch.targets, batch.patches, member)
        self.optimiser.zero_grad()
        loss.backward()
        loss = self.processes.mean(list(self.network.parameters()), loss)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        if torch.isfinite(norm) and torch.isfinite(loss):
            self.optimiser.step(rate)
            self._update_average(member)
        else:
            self._check_finite()
            self._note(skipped=self.reached.skipped + 1)
        self._note(step=self.step + 1)
        if self.step % _SPREAD_INTERVAL == 0:
            state = self._state()
            self.processes.spread([tensor for named in state.values() for tensor in named.values()])
        return loss.item()

    def trial(self) -> "Trainer":
        """A copy whose steps leave this one as it is. The other processes take them on copies too."""
        trial = copy.copy(self)
        trial.network = copy.deepcopy(self.network)
        trial.average = copy.deepcopy(self.average)
        trial.optimiser = Optimiser(trial.network, self.settings.learning_rate)
        trial._order = Order.TRIAL_STEP
        return trial

    def _check_finite(self) -> None:
        """Raises RunError for weights that are NaN or Inf: no step would change them ever again."""
        if not all(torch.isfinite(parameter).all() for parameter in self.network.parameters()):
            raise RunError(
                f"{self.run.path}: the weights became NaN or Inf by step {self.step}; train in another folder with a "
                "lower learning rate"
            )

    def _pairs_of(self, member: int, factor: int) -> list[TrainingPair]:
        """What a member learns from. It has all where no other fold has any."""
        pairs = self.reduced_pairs[factor]
        kept = [pair for pair, block in zip(pairs, self.blocks, strict=True) if block.fold != member]
        return kept or pairs

    @torch.no_grad()
    def _update_average(self, member: int) -> None:
        # A short memory at first, so that the first steps do not linger.
        turn = self.step // self.members
        decay = min(AVERAGE_DECAY, (1 + turn) / (10 + turn))
        members = (self.average.members[member], self.network.members[member])
        for averaged, parameter in zip(*(one.parameters() for one in members), strict=True):
            averaged.lerp_(parameter, 1 - decay)

    def _weigh(self) -> float:
        """Sets what the averaged network trusts its parts with, by what its members left out (see `weigh`)."""
        return weigh(self.average, self.grades, [block for block in self.blocks if block.fold < self.members])

    def report(self, steps: int) -> None:
        """Contact sheet, previews and hold-out figures; the models of the step and of the best figure are kept."""
        self._weigh()
        figures = hold_out_figures(self.average, self.data.of_role("hold-out"), self.shots)
        if figures:
            self.run.log({"step": self.step, **figures})
            error = deciding_error(figures, self.data.recipe.mode)
            if error is not None and (self.reached.best_error is None or error < self.reached.best_error):
                self._note(best_error=error)
                save_model(self.run.best_model, self.average.state_dict(), self._description(self.step, steps))
        keep_step_model(
            self.run, self.average.state_dict(), self._description(self.step, steps), self.settings.step_models
        )
        write_pictures(self.average, self.data, self.shots, self.run, self.step)

    def _description(self, step: int, steps: int) -> ModelDescription:
        return ModelDescription(
            mode=self.data.recipe.mode,
            size=self.settings.size,
            members=self.members,
            shots=self.shots,
            working_space=self.data.recipe.working_space,
            pairs_hash=self.data.hash,
            steps=step,
            seed=self.settings.seed,
            preparation=self.data.recipe.preparation,
            settings=dataclasses.asdict(self.settings) | {"steps": steps},
            versions=_versions(),
            training_date=datetime.date.today().isoformat(),
        )

    def save_checkpoint(self) -> None:
        """Writes what `resume` needs to go on exactly. Raises OutputError."""
        groups = self._state()
        if self.best_average:
            groups["round"] = self.best_average
        write_checkpoint(self.run, Checkpoint(self.reached, groups))

    def _state(self) -> dict[str, dict[str, Tensor]]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_tensors(),
        }

    def resume(self) -> bool:
        """Puts the state of the last whole checkpoint in place. Returns whether there is one."""
        found = read_checkpoint(self.run, self._wanted)
        if not found:
            return False
        self.network.load_state_dict(found.groups["network"])
        self.average.load_state_dict(found.groups["average"])
        self.optimiser.load_state_tensors(found.groups.get("optimiser", {}))
        self.best_average = found.groups.get("round")
        self.reached = found.reached
        return True

    def _wanted(self, checkpoint: Checkpoint) -> dict[str, dict[str, Tensor]]:
        """What a checkpoint of this training must have."""
        network = self.network.state_dict()
        optimiser = self.optimiser.state_like(checkpoint.groups.get("optimiser", {}))
        rounds = {"round": network} if checkpoint.reached.best_round else {}
        return {"network": network, "average": network, "optimiser": optimiser, **rounds}


def _versions() -> dict[str, str]:
    versions = {"filmrecovery": filmrecovery.__version__, "torch": torch.__version__}
    revision = code_revision()
    return versions | ({"revision": revision} if revision else {})
