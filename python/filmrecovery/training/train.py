"""Training: pairs in, model out. `train` prepares; `_Trainer` holds what a checkpoint holds, and the loop."""

import copy
import dataclasses
import datetime
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import filmrecovery
from filmrecovery.base.atomic import atomic_path
from filmrecovery.base.code_revision import code_revision
from filmrecovery.base.errors import ModelError, RunError, SettingsError
from filmrecovery.base.interruption import Interruption
from filmrecovery.base.progress import progress
from filmrecovery.model.device import find_device, find_precision
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import (
    ModelDescription,
    hash_tensors,
    load_model,
    read_tensors,
    save_model,
    write_tensors,
)
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.picture.contact_sheet import ERROR_GAIN, error_picture, write_contact_sheet, write_picture
from filmrecovery.picture.measures import chroma_rms, luma_rms, psnr
from filmrecovery.training.load_pairs import Pair, load_pairs
from filmrecovery.training.optimiser import Optimiser
from filmrecovery.training.pair_manifest import Recipe, pairs_hash, read_manifest
from filmrecovery.training.patches import LEVELS, NO_AUGMENTATION, Augmentation, TrainingPair, draw_batch
from filmrecovery.training.run_folder import RUN_PREFIX, RunFolder, open_run
from filmrecovery.training.train_settings import TrainSettings

LOG_INTERVAL = 10
WARM_UP_STEPS = 30
AVERAGE_DECAY = 0.99
GRADIENT_NORM = 1.0
CHARBONNIER = 1e-3
"""Errors well below this count by their square, errors above it by their amount (Charbonnier et al., 1994)."""

_SHEET_ROWS = 4
_CALIBRATION_SECONDS = 4.0


@dataclass(frozen=True)
class TrainingData:
    """The pairs of one or more folders, all made by the same recipe as far as the model is concerned."""

    recipe: Recipe
    hash: str
    pairs: tuple[Pair, ...]

    def of_role(self, role: str) -> list[Pair]:
        return [pair for pair in self.pairs if pair.role == role]


def train(settings: TrainSettings, pair_folders: Sequence[Path], run_path: Path) -> Path:
    """Trains a network on the pairs of the folders and returns the path of its model.

    The run folder gets the journal `metrics.jsonl`, contact sheets, previews, the checkpoint and the models. The same
    call again goes on at the last checkpoint, exactly: on a processor the weights come out bit for bit as without the
    interruption. A finished run is not trained again.

    Raises SettingsError, ElementError for bad pairs, ModelError for bad weights to start from, and RunError where the
    folder is in use, holds another training, or the training was interrupted by a signal.
    """
    return _train(settings, load_training_data(pair_folders), lambda identity: run_path)


def train_for(settings: TrainSettings, pair_folders: Sequence[Path], model: Path) -> Path:
    """Trains as `train` does, in a run folder beside `model`, and puts the trained model at that path.

    The run folder is named by what is trained, settings and content of the pairs: other pairs get another folder, and
    those of an earlier call are found again, finished or to be resumed. The model's path stays the same, so that graphs
    can refer to it; it changes from one whole model to the next.

    Raises as `train` does, and OutputError where the model cannot be written.
    """

    def run_path(identity: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return model.parent / f"{RUN_PREFIX}{digest[:8]}"

    trained = _train(settings, load_training_data(pair_folders), run_path)
    if not _is_same_model(trained, model):
        with atomic_path(model) as temporary:
            shutil.copyfile(trained, temporary)
    return model


def _is_same_model(trained: Path, present: Path) -> bool:
    """Whether the file that is there is the trained model, wherever and whenever it was trained."""
    try:
        descriptions = [load_model(path)[1] for path in (trained, present)]
    except ModelError:
        # Whatever lies there is no whole model; the trained one replaces it.
        return False
    same = [dataclasses.replace(description, training_date="", versions={}) for description in descriptions]
    return same[0] == same[1]


def _train(settings: TrainSettings, data: TrainingData, run_path: Callable[[dict[str, Any]], Path]) -> Path:
    """Trains in the folder that `run_path` gives for what is trained, and returns the path of the model there."""
    device = find_device(settings.device)
    start_weights = _start_weights(settings, data.recipe) if settings.start_from else None
    identity = _identity(settings, data, start_weights)
    with open_run(run_path(identity)) as run:
        # In minutes the number of steps, and anywhere the precision, is found once and then belongs to the run.
        identity = run.claim_identity(identity) if run.identity.exists() else identity
        precision = find_precision(identity["precision"] or settings.precision, device)
        trainer = _Trainer(settings, data, device, precision, run)
        if start_weights:
            trainer.network.load_state_dict(start_weights)
            trainer.average.load_state_dict(start_weights)
        steps = identity["steps"] or trainer.steps_within(settings.minutes * 60)
        run.claim_identity(identity | {"steps": steps, "precision": str(precision).removeprefix("torch.")})
        trainer.run_schedule(steps)
        return run.model


def load_training_data(folders: Sequence[Path]) -> TrainingData:
    """Reads and checks all pairs. Raises SettingsError where folders do not go together or hold nothing to train on."""
    manifests = [read_manifest(folder) for folder in folders]
    recipe = manifests[0].recipe
    for folder, manifest in zip(folders, manifests, strict=True):
        for key in ("mode", "working_space", "preparation"):
            if getattr(manifest.recipe, key) != getattr(recipe, key):
                raise SettingsError(
                    f"{folder}: {key} is {getattr(manifest.recipe, key)}, but {getattr(recipe, key)} in {folders[0]}; "
                    "train on pairs that were made alike"
                )
    pairs = tuple(pair for folder in folders for pair in load_pairs(folder))
    if not any(pair.role == "train" for pair in pairs):
        raise SettingsError(f"{folders[0]}: holds no pair to train on; give training frames when making the pairs")
    hashes = [pairs_hash(manifest) for manifest in manifests]
    return TrainingData(recipe, hashes[0] if len(hashes) == 1 else _joint_hash(hashes), pairs)


def _joint_hash(hashes: list[str]) -> str:
    return hash_tensors({str(i): torch.tensor(list(bytes.fromhex(h)), dtype=torch.uint8) for i, h in enumerate(hashes)})


def _start_weights(settings: TrainSettings, recipe: Recipe) -> dict[str, Tensor]:
    network, description = load_model(Path(settings.start_from))
    wanted = {"mode": recipe.mode, "size": settings.size, "working_space": recipe.working_space}
    for key, value in wanted.items():
        if getattr(description, key) != value:
            raise ModelError(
                f"{settings.start_from}: its {key} is '{getattr(description, key)}', but this training's is '{value}'; "
                "start from another model or from none"
            )
    return network.state_dict()


def _identity(settings: TrainSettings, data: TrainingData, start_weights: dict[str, Tensor] | None) -> dict[str, Any]:
    """What makes two trainings the same one; None where the run itself decides."""
    start = hash_tensors(start_weights) if start_weights else "nothing"
    return settings.deciding() | {"pairs_hash": data.hash, "start_from": start}


def _versions() -> dict[str, str]:
    versions = {"filmrecovery": filmrecovery.__version__, "torch": torch.__version__}
    revision = code_revision()
    return versions | ({"revision": revision} if revision else {})


def _schedule(step: int, steps: int) -> float:
    """Learning rate at `step` of `steps`, relative to the highest: a short linear rise, then a parabola to 0.

    The parabola spends less of a long schedule than a cosine at rates too high to settle, and serves short ones too.
    """
    rise = min(1.0, (step + 1) / min(WARM_UP_STEPS, max(steps // 10, 1)))
    return rise * (1 - step / steps) ** 2


def training_loss(network: RecoveryNetwork, inputs: Tensor, targets: Tensor) -> Tensor:
    """Mean Charbonnier error of what the mode recovers: chroma, luma, or R'G'B' (at the resolution of the head).

    What the mode holds is left out: the input cannot be changed there, and targets may differ from it by clamping.
    """
    if network.mode == "chroma":
        wanted = network.chroma(targets) - network.chroma(inputs)
    elif network.mode == "spatial":
        wanted = network.luma(targets) - network.luma(inputs)
    else:
        wanted = targets - inputs
    wanted = F.avg_pool2d(wanted, network.head_scale)
    height, width = wanted.shape[2:]
    error = network.coefficients(inputs)[:, :, :height, :width].float() - wanted
    return (torch.sqrt(error.square() + CHARBONNIER**2) - CHARBONNIER).mean()


class _Trainer:
    """The state of a training, and its loop."""

    def __init__(
        self, settings: TrainSettings, data: TrainingData, device: torch.device, precision: torch.dtype, run: RunFolder
    ) -> None:
        self.settings, self.data, self.device, self.precision, self.run = settings, data, device, precision, run
        torch.manual_seed(settings.seed)
        self.network = RecoveryNetwork(data.recipe.mode, settings.size)
        self.network.to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = Optimiser(self.network, settings.learning_rate)
        self.step = 0
        self.skipped = 0
        self.best_error: float | None = None
        self.pairs = [
            TrainingPair(*(torch.from_numpy(picture).permute(2, 0, 1) for picture in (pair.input, pair.target)))
            for pair in data.of_role("train")
        ]
        levels = LEVELS if settings.multi_resolution else 1
        self.reduced_pairs = {2**level: [pair.reduced(2**level) for pair in self.pairs] for level in range(levels)}

    def run_schedule(self, steps: int) -> None:
        """Trains from the last checkpoint to the end of the schedule and writes the model.

        Raises RunError, after a checkpoint, when SIGINT or SIGTERM asks to stop.
        """
        self._resume()
        if self.step == steps and self.run.model.exists():
            return
        started = time.monotonic()
        with Interruption() as interruption:
            for _ in progress(range(self.step, steps), steps, f"Training {self.run.path.name}", done=self.step):
                if self.step == 0:
                    self._report(steps)
                loss = self.train_step(steps)
                if self.step % LOG_INTERVAL == 0 or self.step == steps:
                    seconds = round(time.monotonic() - started, 3)
                    self.run.log({"step": self.step, "loss": loss, "skipped": self.skipped, "seconds": seconds})
                if self.step % self.settings.report_interval == 0 or self.step == steps:
                    self._report(steps)
                if self.step % self.settings.checkpoint_interval == 0 or self.step == steps:
                    self._save_checkpoint()
                if interruption.signal_name and self.step < steps:
                    self._save_checkpoint()
                    raise RunError(
                        f"{self.run.path}: stopped by {interruption.signal_name} at step {self.step} of {steps}; "
                        "the same call goes on from there"
                    )
        save_model(self.run.model, self.average.state_dict(), self._description(steps))

    def train_step(self, steps: int) -> float:
        """One step of the schedule; returns its loss. A step whose loss or gradient is not finite changes nothing."""
        inputs, targets = (batch.to(self.device) for batch in self._batch(steps))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16):
            loss = training_loss(self.network, inputs, targets)
        self.optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        if torch.isfinite(norm) and torch.isfinite(loss):
            self.optimiser.step(_schedule(self.step, steps))
            self._update_average()
        else:
            self.skipped += 1
        self.step += 1
        return loss.item()

    def _batch(self, steps: int) -> tuple[Tensor, Tensor]:
        settings, done = self.settings, self.step / steps
        augmentation = Augmentation(settings.flips, settings.exposure_jitter, settings.scale_jitter)
        if done >= 1 - settings.unvaried_end:
            augmentation = NO_AUGMENTATION
        # Quarter and half resolution have an eighth of the schedule each.
        factor = max(2 ** (LEVELS - 1 - int(8 * done)), 1) if settings.multi_resolution else 1
        return draw_batch(
            self.reduced_pairs[factor],
            settings.batch_size,
            settings.patch_size,
            self.network.multiple,
            augmentation,
            settings.seed,
            self.step,
        )

    @torch.no_grad()
    def _update_average(self) -> None:
        # A short memory at first, so that the first steps do not linger.
        decay = min(AVERAGE_DECAY, (1 + self.step) / (10 + self.step))
        for averaged, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
            averaged.lerp_(parameter, 1 - decay)

    def steps_within(self, seconds: float) -> int:
        """How many steps fill so many seconds on this machine, reports counted in; measured on a copy."""
        started = time.monotonic()
        trial = copy.copy(self)
        trial.network = copy.deepcopy(self.network)
        trial.average = copy.deepcopy(self.average)
        trial.optimiser = Optimiser(trial.network, self.settings.learning_rate)
        trial.train_step(1000)
        times = []
        while sum(times) < min(_CALIBRATION_SECONDS, seconds / 20) or len(times) < 3:
            start = time.monotonic()
            trial.train_step(1000)
            times.append(time.monotonic() - start)
        start = time.monotonic()
        trial._evaluate()
        overhead = (time.monotonic() - start) / self.settings.report_interval
        remaining = seconds - (time.monotonic() - started)
        return max(int(remaining / (float(np.median(times)) + overhead)), 1)

    def _evaluate(self) -> dict[str, float]:
        """Mean figures of the averaged network over the hold-out pairs; empty where there are none."""
        pairs = self.data.of_role("hold-out")
        figures = {"holdOutPsnr": psnr, "holdOutChroma": chroma_rms, "holdOutLuma": luma_rms}
        outputs = [np.clip(recover(self.average, pair.input), 0.0, 1.0) for pair in pairs]
        return {
            name: float(np.mean([figure(output, pair.target) for output, pair in zip(outputs, pairs, strict=True)]))
            for name, figure in figures.items()
            if pairs
        }

    def _report(self, steps: int) -> None:
        """Contact sheet, previews and hold-out figures; the model of the best hold-out figure is kept."""
        figures = self._evaluate()
        if figures:
            self.run.log({"step": self.step, **figures})
            held = {"chroma": "holdOutChroma", "spatial": "holdOutLuma"}.get(self.data.recipe.mode)
            error = figures[held] if held else -figures["holdOutPsnr"]
            if self.best_error is None or error < self.best_error:
                self.best_error = error
                save_model(self.run.best_model, self.average.state_dict(), self._description(steps))
        shown = (self.data.of_role("hold-out") + self.data.of_role("train"))[:_SHEET_ROWS]
        rows = []
        for pair in shown:
            output = recover(self.average, pair.input)
            label = f"{pair.label or 'frame'} {pair.frame} ({pair.role})"
            rows.append((label, [pair.input, pair.target, output, error_picture(output, pair.target)]))
        headings = [f"input, step {self.step}", "target", "output", f"error x{ERROR_GAIN}"]
        write_contact_sheet(self.run.contact_sheet(self.step), rows, headings)
        for pair in self.data.of_role("preview"):
            write_picture(self.run.preview(self.step, pair.frame), recover(self.average, pair.input))

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

    def _save_checkpoint(self) -> None:
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
