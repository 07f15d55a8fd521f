"""Trains a network: pairs in, a model out, in a run folder that a later call goes on in."""

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from filmrecovery.base.atomic import copy_file
from filmrecovery.base.errors import ModelError, SettingsError
from filmrecovery.model.device import find_device, find_precision
from filmrecovery.model.model_file import hash_tensors, load_model
from filmrecovery.training.learning.steps_within import steps_within
from filmrecovery.training.learning.trainer import Trainer
from filmrecovery.training.pairs.pair_manifest import Recipe
from filmrecovery.training.pairs.training_data import TrainingData, load_training_data
from filmrecovery.training.runs.run_folder import open_run
from filmrecovery.training.runs.run_identity import length_of
from filmrecovery.training.runs.run_progress import RUN_PREFIX
from filmrecovery.training.runs.train_settings import TrainSettings

_SUFFIX = ".safetensors"


def train(settings: TrainSettings, pair_folders: Sequence[Path], run_path: Path) -> Path:
    """Trains a network on the pairs of the folders and returns the path of its model.

    The run folder gets the journal `metrics.jsonl`, contact sheets, previews, the checkpoint and the models. The same
    call again goes on at the last checkpoint, exactly: on a processor the weights come out bit for bit as without the
    interruption. A finished run is not trained again.

    Raises SettingsError, ElementError for bad pairs, ModelError for bad weights to start from, and RunError where the
    folder is in use, holds another training, or the training was interrupted by a signal.
    """
    return _train(settings, pair_folders, lambda identity: run_path)


def train_for(settings: TrainSettings, pair_folders: Sequence[Path], model: Path) -> Path:
    """Trains as `train` does, in a run folder beside `model`, and puts the trained model at that path.

    The name of the run folder follows from the settings and the content of the pairs: other pairs get another folder,
    and the folder of an earlier call is found again, finished or to be resumed. The model's path stays the same, so
    that graphs can refer to it. The file there is replaced by the next model in one step.

    Raises as `train` does, SettingsError for a path of another suffix, and OutputError where the model cannot be
    written.
    """

    if model.suffix.lower() != _SUFFIX:
        raise SettingsError(f"{model}: expected a name that ends in {_SUFFIX}, as model{_SUFFIX} does")

    def run_path(identity: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return model.parent / f"{RUN_PREFIX}{digest[:8]}"

    trained = _train(settings, pair_folders, run_path)
    if not _is_same_model(trained, model):
        copy_file(trained, model)
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


def _train(settings: TrainSettings, pair_folders: Sequence[Path], run_path: Callable[[dict[str, Any]], Path]) -> Path:
    """Trains in the folder that `run_path` gives for what is trained, and returns the path of the model there."""
    started = time.monotonic()
    data = load_training_data(pair_folders)
    device = find_device(settings.device)
    start_weights = _start_weights(settings, data.recipe, settings.start_from) if settings.start_from else None
    identity = _identity(settings, data, start_weights)
    with open_run(run_path(identity)) as run:
        # In minutes the number of steps, and anywhere the precision, is found once and then belongs to the run.
        identity = run.claim_identity(identity) if run.identity.exists() else identity
        precision = find_precision(identity["precision"] or settings.precision, device)
        trainer = Trainer(settings, data, device, precision, run)
        if start_weights:
            for network in (trainer.network, trainer.average):
                network.members.load_state_dict(start_weights)
        if settings.minutes is not None and not identity["steps"]:
            steps = steps_within(trainer, settings.minutes * 60 - (time.monotonic() - started))
            identity = identity | {"steps": steps}
        identity = run.claim_identity(identity | {"precision": str(precision).removeprefix("torch.")})
        trainer.run_schedule(length_of(identity) or settings.steps)
        return run.model


def _start_weights(settings: TrainSettings, recipe: Recipe, start_from: str) -> dict[str, Tensor]:
    network, description = load_model(Path(start_from))
    wanted = {
        "mode": recipe.mode,
        "size": settings.size,
        "members": settings.members_for(recipe.mode),
        "working_space": recipe.working_space,
    }
    for key, value in wanted.items():
        if getattr(description, key) != value:
            raise ModelError(
                f"{start_from}: its {key} is '{getattr(description, key)}', but this training's is '{value}'; "
                "start from another model or from none"
            )
    # The grades are fitted anew, to the pairs as they are now.
    return network.members.state_dict()


def _identity(settings: TrainSettings, data: TrainingData, start_weights: dict[str, Tensor] | None) -> dict[str, Any]:
    """What makes two trainings the same one; None where the run itself decides."""
    start = hash_tensors(start_weights) if start_weights else "nothing"
    return settings.deciding() | {"pairs_hash": data.hash, "start_from": start}
