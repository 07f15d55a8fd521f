"""Trains a network: pairs in, a model out, in a run folder that a later call goes on in."""

import dataclasses
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from filmrecovery.base.atomic import copy_file
from filmrecovery.base.declared_settings import to_options
from filmrecovery.base.errors import ModelError, OutputError, SettingsError, StoppedError
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.film.products.freshness import say_current
from filmrecovery.model.device import find_precision
from filmrecovery.model.model_file import hash_tensors, load_model
from filmrecovery.model.model_header import is_model
from filmrecovery.training.learning.best_round import is_done
from filmrecovery.training.learning.follow import follow
from filmrecovery.training.learning.learner import Learner
from filmrecovery.training.learning.processes import Place, Processes, find_place
from filmrecovery.training.learning.steps_within import steps_within
from filmrecovery.training.learning.training_loop import train_to_end
from filmrecovery.training.pairs.pair_records import Recipe
from filmrecovery.training.pairs.training_data import TrainingData, load_training_data
from filmrecovery.training.runs.checkpoint import read_reached
from filmrecovery.training.runs.run_folder import RunFolder, open_run
from filmrecovery.training.runs.run_identity import length_of, read_identity
from filmrecovery.training.runs.run_progress import RUN_PREFIX
from filmrecovery.training.runs.run_requests import A_REQUEST, drop_stop, read_or_drop_request, stop_text
from filmrecovery.training.runs.run_status import LifeSign
from filmrecovery.training.runs.train_settings import TrainSettings

_SUFFIX = ".safetensors"


def train(settings: TrainSettings, pair_folders: Sequence[Path], run_path: Path) -> Path:
    """Trains a network on the pairs of the folders and returns the path of its model.

    The run folder gets the journal `metrics.jsonl`, contact sheets, previews, the checkpoint and the models. The same
    call again goes on at the last checkpoint, exactly: on a processor the weights come out bit for bit as without the
    interruption. A finished run is not trained again.

    Of several processes (see `processes`) the first writes; in the others the function returns when that has ended.

    Raises SettingsError, FileError and ElementError for bad pairs, ModelError for bad weights to start from,
    OutputError for a folder that holds no training but files that one would replace, and RunError where the folder is
    in use, or holds another training or one of another number of processes. Of the kinds of RunError, StoppedError
    where a signal or a request stopped the training, LostProcessError where one of several processes has gone.
    """
    return _train(settings, pair_folders, lambda identity: run_path)


def train_for(settings: TrainSettings, pair_folders: Sequence[Path], model: Path) -> Path:
    """Trains as `train` does, in a run folder beside `model`, and puts the trained model at that path.

    The name of the run folder follows from the settings and the content of the pairs: other pairs get another folder,
    and the folder of an earlier call is found again, finished or to be resumed. The model's path stays the same, so
    that graphs can refer to it. The file there is replaced by the next model in one step.

    Raises as `train` does, SettingsError for a path of another suffix, and OutputError where the model cannot be
    written, or would replace a file that is no model of ours, or the one to start from.
    """

    if model.suffix.lower() != _SUFFIX:
        raise SettingsError(f"{model}: expected a name that ends in {_SUFFIX}, as model{_SUFFIX} does")
    refuse_foreign(model, "model", is_model)
    if settings.start_from and model.resolve() == Path(settings.start_from).resolve():
        # Replaced by what is trained from it, it would be lost, and the next call would train again, from that.
        raise OutputError(
            f"{model}: would be replaced by the model that starts from it; give the new model another name, or copy "
            "this one and start from the copy"
        )

    def run_path(identity: dict[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        return model.parent / f"{RUN_PREFIX}{digest[:8]}"

    trained = _train(settings, pair_folders, run_path)
    if find_place(settings.processes).writes and not _is_same_model(trained, model):
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
    place = find_place(settings.processes)
    settings = dataclasses.replace(settings, processes=place.count)
    data = load_training_data(pair_folders)
    device = place.device(settings.device)
    start_weights = _start_weights(settings, data.recipe, settings.start_from) if settings.start_from else None
    identity = _identity(settings, data, start_weights)
    if not place.writes:
        return _take_part(settings, data, place, RunFolder(run_path(identity)), start_weights)
    with open_run(run_path(identity)) as run:
        # In minutes the number of steps, and anywhere the precision, is found once and then belongs to the run.
        identity = run.claim_identity(identity)
        precision = find_precision(identity["precision"] or settings.precision, device)
        command = () if place.is_launched else _command(settings, pair_folders, run.path)
        with Processes(place, device, command) as processes:
            if _is_done(run):
                # Nothing is fitted for it.
                say_current(run.model)
                return run.model
            with LifeSign(run.path, data.recipe.mode):
                drop_stop(run.path)
                learner = Learner(settings, data, device, precision, run, processes, lambda: _heed(run))
                _start_from(start_weights, learner)
                if settings.minutes is not None and not identity["steps"]:
                    steps = steps_within(learner, settings.minutes * 60 - (time.monotonic() - started))
                    identity = identity | {"steps": steps}
                identity = run.claim_identity(identity | {"precision": str(precision).removeprefix("torch.")})
                train_to_end(learner, length_of(identity) or settings.steps)
        return run.model


def _heed(run: RunFolder) -> None:
    """Raises StoppedError where a training that is being prepared is asked to stop."""
    if read_or_drop_request(run.path).stop:
        drop_stop(run.path)
        step, steps = read_reached(run).step, length_of(read_identity(run.path))
        if steps is None:
            raise StoppedError(f"{run.path}: stopped by {A_REQUEST} before its first step; call again to begin anew")
        raise StoppedError(stop_text(run.path, A_REQUEST, step, steps))


def _is_done(run: RunFolder) -> bool:
    """Whether nothing is left to do of the training of a folder, which may be a new one."""
    steps = length_of(read_identity(run.path)) if run.identity.exists() else None
    if steps is None or read_or_drop_request(run.path).steps is not None:
        return False
    return is_done(run, read_reached(run), steps)


def _take_part(
    settings: TrainSettings,
    data: TrainingData,
    place: Place,
    run: RunFolder,
    start_weights: dict[str, Tensor] | None,
) -> Path:
    """Trains as the first process of the training tells, which writes the run folder. Returns the path of its model."""
    device = place.device(settings.device)
    with Processes(place, device) as processes:
        learner = Learner(settings, data, device, torch.float32, run, processes)
        _start_from(start_weights, learner)
        follow(learner)
    return run.model


def _command(settings: TrainSettings, pair_folders: Sequence[Path], run: Path) -> list[str]:
    """The command line of another process of the training in a run folder."""
    folders = [str(folder) for folder in pair_folders]
    return [sys.executable, "-m", "filmrecovery", "train", *folders, "--run", str(run), *to_options(settings)]


def _start_from(weights: dict[str, Tensor] | None, learner: Learner) -> None:
    if weights:
        for network in (learner.state.network, learner.state.average):
            network.members.load_state_dict(weights)


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
    # The grades are fitted again, to the pairs as they are now.
    return network.members.state_dict()


def _identity(settings: TrainSettings, data: TrainingData, start_weights: dict[str, Tensor] | None) -> dict[str, Any]:
    """What makes two trainings the same one; None where the run itself decides."""
    start = hash_tensors(start_weights) if start_weights else "nothing"
    return settings.deciding() | {"pairs_hash": data.hash, "start_from": start}
