"""The state of a training, as a checkpoint holds it, and the loop."""

import copy
import dataclasses
import datetime
import time

import torch
from torch import Tensor, nn

import filmrecovery
from filmrecovery.base.code_revision import code_revision
from filmrecovery.base.errors import RunError
from filmrecovery.base.interruption import Interruption
from filmrecovery.base.progress import progress
from filmrecovery.film.freshness import say_current
from filmrecovery.model.device import move_to
from filmrecovery.model.model_file import ModelDescription, read_tensors, save_model, write_tensors
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.optimiser import Optimiser
from filmrecovery.training.patches import TrainingPair, draw_batch
from filmrecovery.training.run_folder import RunFolder
from filmrecovery.training.schedule import SchedulePart, learning_rate, part_at, schedule_parts
from filmrecovery.training.train_settings import TrainSettings
from filmrecovery.training.training_data import TrainingData
from filmrecovery.training.training_loss import training_loss
from filmrecovery.training.training_reports import deciding_error, hold_out_figures, write_pictures

LOG_INTERVAL = 10
AVERAGE_DECAY = 0.99
GRADIENT_NORM = 1.0


class Trainer:
    """The state of a training, and its loop."""

    def __init__(
        self, settings: TrainSettings, data: TrainingData, device: torch.device, precision: torch.dtype, run: RunFolder
    ) -> None:
        self.settings, self.data, self.device, self.precision, self.run = settings, data, device, precision, run
        torch.manual_seed(settings.seed)
        self.network = RecoveryNetwork(data.recipe.mode, settings.size)
        move_to(self.network, device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = Optimiser(self.network, settings.learning_rate)
        self.step = 0
        self.skipped = 0
        self.best_error: float | None = None
        pairs = [
            TrainingPair(*(torch.from_numpy(picture).permute(2, 0, 1) for picture in (pair.input, pair.target)))
            for pair in data.of_role("train")
        ]
        self.parts = schedule_parts(settings)
        self.reduced_pairs = {part.factor: [pair.reduced(part.factor) for pair in pairs] for part in self.parts}

    def run_schedule(self, steps: int) -> None:
        """Trains from the last checkpoint to the end of the schedule and writes the model.

        Raises RunError, after a checkpoint, when SIGINT or SIGTERM asks to stop.
        """
        self._resume()
        if self.step == steps and self.run.model.exists():
            say_current(self.run.model)
            return
        started = time.monotonic()
        with Interruption() as interruption:
            for _ in progress(range(self.step, steps), steps, f"Training {self.run.path.name}", done=self.step):
                if self.step == 0:
                    self.report(steps)
                part = part_at(self.parts, self.step / steps)
                loss = self.train_step(part, learning_rate(self.step, steps))
                if self.step % LOG_INTERVAL == 0 or self.step == steps:
                    seconds = round(time.monotonic() - started, 3)
                    self.run.log({"step": self.step, "loss": loss, "skipped": self.skipped, "seconds": seconds})
                if self.step % self.settings.report_interval == 0 or self.step == steps:
                    self.report(steps)
                if self.step % self.settings.checkpoint_interval == 0 or self.step == steps:
                    self.save_checkpoint()
                if interruption.signal_name and self.step < steps:
                    self.save_checkpoint()
                    raise RunError(
                        f"{self.run.path}: stopped by {interruption.signal_name} at step {self.step} of {steps}; "
                        "call again to continue from there"
                    )
        save_model(self.run.model, self.average.state_dict(), self._description(steps))

    def train_step(self, part: SchedulePart, rate: float) -> float:
        """One step of a part of the schedule, at a learning rate relative to the highest; returns its loss.

        A step whose loss or gradient is not finite changes nothing.
        """
        batch = draw_batch(
            self.reduced_pairs[part.factor],
            self.settings.batch_size,
            self.settings.patch_size,
            self.network.multiple,
            part.augmentation,
            self.settings.seed,
            self.step,
        )
        inputs, targets = (pictures.to(self.device) for pictures in batch)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            loss = training_loss(self.network, inputs, targets)
        self.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        if torch.isfinite(norm) and torch.isfinite(loss):
            self.optimiser.step(rate)
            self._update_average()
        else:
            self.skipped += 1
        self.step += 1
        return loss.item()

    @torch.no_grad()
    def _update_average(self) -> None:
        # A short memory at first, so that the first steps do not linger.
        decay = min(AVERAGE_DECAY, (1 + self.step) / (10 + self.step))
        for averaged, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
            averaged.lerp_(parameter, 1 - decay)

    def report(self, steps: int) -> None:
        """Contact sheet, previews and hold-out figures; the model of the best hold-out figure is kept."""
        figures = hold_out_figures(self.average, self.data.of_role("hold-out"))
        if figures:
            self.run.log({"step": self.step, **figures})
            error = deciding_error(figures, self.data.recipe.mode)
            if self.best_error is None or error < self.best_error:
                self.best_error = error
                save_model(self.run.best_model, self.average.state_dict(), self._description(steps))
        write_pictures(self.average, self.data, self.run, self.step)

    def _description(self, steps: int) -> ModelDescription:
        return ModelDescription(
            mode=self.data.recipe.mode,
            size=self.settings.size,
            working_space=self.data.recipe.working_space,
            pairs_hash=self.data.hash,
            steps=self.step,
            seed=self.settings.seed,
            preparation=self.data.recipe.preparation,
            settings=dataclasses.asdict(self.settings) | {"steps": steps},
            versions=_versions(),
            training_date=datetime.date.today().isoformat(),
        )

    def save_checkpoint(self) -> None:
        """Writes what `_resume` needs to go on exactly. Raises OutputError."""
        groups = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_tensors(),
        }
        tensors = {f"{group}:{name}": tensor for group, named in groups.items() for name, tensor in named.items()}
        header = {"step": self.step, "skipped": self.skipped, "bestError": self.best_error}
        write_tensors(self.run.checkpoint, tensors, header)

    def _resume(self) -> None:
        """Puts the state of the last checkpoint in place, if there is one, and rewinds the journal to it."""
        if not self.run.checkpoint.exists():
            self.run.rewind(before=0)
            return
        tensors, header = read_tensors(self.run.checkpoint)
        groups: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
        for key, tensor in tensors.items():
            group, name = key.split(":", 1)
            groups[group][name] = tensor
        self.network.load_state_dict(groups["network"])
        self.average.load_state_dict(groups["average"])
        self.optimiser.load_state_tensors(groups["optimiser"])
        self.step, self.skipped = header["step"], header["skipped"]
        self.best_error = header["bestError"]
        self.run.rewind(before=self.step + 1)


def _versions() -> dict[str, str]:
    versions = {"filmrecovery": filmrecovery.__version__, "torch": torch.__version__}
    revision = code_revision()
    return versions | ({"revision": revision} if revision else {})
