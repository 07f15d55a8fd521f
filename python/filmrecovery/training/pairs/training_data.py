"""The pairs of one or more folders, read, checked, and known by a hash of their content."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from filmrecovery.base.errors import SettingsError
from filmrecovery.model.model_file import hash_tensors
from filmrecovery.training.pairs.load_pairs import Pair, load_pairs
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.pairs.pair_records import Recipe


@dataclass(frozen=True)
class TrainingData:
    """The pairs of one or more folders, all made by the same recipe as far as the model is concerned."""

    recipe: Recipe
    hash: str
    pairs: tuple[Pair, ...]

    def of_role(self, role: str) -> list[Pair]:
        """The pairs of a role, one of `ROLES`, in their order."""
        return [pair for pair in self.pairs if pair.role == role]


def load_training_data(folders: Sequence[Path]) -> TrainingData:
    """Reads and checks all pairs.

    Raises SettingsError where the folders do not go together or hold nothing to train on, FileError and ElementError as
    `load_pairs` does.
    """
    manifests = [read_manifest(folder) for folder in folders]
    recipe = manifests[0].recipe
    for folder, manifest in zip(folders, manifests, strict=True):
        for key in ("mode", "working_space", "preparation"):
            if getattr(manifest.recipe, key) != getattr(recipe, key):
                raise SettingsError(
                    f"{folder}: {key} is {getattr(manifest.recipe, key)}, but {getattr(recipe, key)} in {folders[0]}; "
                    "train on pairs that were made in the same way"
                )
    pairs = tuple(pair for folder in folders for pair in load_pairs(folder))
    if not any(pair.role == "train" for pair in pairs):
        raise SettingsError(f"{folders[0]}: holds no pair to train on; name training frames when you make the pairs")
    hashes = [pairs_hash(manifest) for manifest in manifests]
    return TrainingData(recipe, hashes[0] if len(hashes) == 1 else _joint_hash(hashes), pairs)


def _joint_hash(hashes: list[str]) -> str:
    return hash_tensors({str(i): torch.tensor(list(bytes.fromhex(h)), dtype=torch.uint8) for i, h in enumerate(hashes)})
