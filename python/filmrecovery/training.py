"""Training: pairs in, model out. Reads from top to bottom: `train` prepares, `_Trainer` holds what a checkpoint holds."""

import copy
import dataclasses
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from filmrecovery.contact_sheet import ERROR_GAIN, error_picture, write_contact_sheet, write_picture
from filmrecovery.device import find_device, find_precision
from filmrecovery.errors import ModelError, RunError, SettingsError
from filmrecovery.inference import recover
from filmrecovery.interruption import Interruption
from filmrecovery.measures import chroma_rms, luma_rms, psnr
from filmrecovery.model_file import (
    ModelDescription,
    hash_tensors,
    load_model,
    read_tensors,
    save_model,
    write_tensors,
)
from filmrecovery.network import RecoveryNetwork
from filmrecovery.optimiser import Optimiser
from filmrecovery.pairs import Pair, Recipe, load_pairs, pairs_hash, read_manifest
from filmrecovery.patches import LEVELS, NO_AUGMENTATION, Augmentation, TrainingPair, draw_batch
from filmrecovery.progress import progress
from filmrecovery.run_folder import RunFolder, open_run
from filmrecovery.train_settings import TrainSettings

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
    data = load_training_data(pair_folders)
    device = find_device(settings.device)
    start_weights = _start_weights(settings, data.recipe) if settings.start_from else None
    with open_run(run_path) as run:
        identity = _identity(settings, data, start_weights)
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
        for key in ("mode", "working_space", "source_filter"):
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
