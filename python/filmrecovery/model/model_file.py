"""Model files: safetensors with the whole description in the header. Nothing is ever unpickled.

The header's `filmrecovery` entry is a JSON object with the fields of `ModelDescription`. Imports torch, numpy,
safetensors and the standard library alone, so that Gaffer's own interpreter can read a model.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import ModelError, SettingsError
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.model_header import HEADER_KEY
from filmrecovery.model.network import SIZES, RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation

FORMAT = 2


@dataclass(frozen=True)
class ModelDescription:
    """What a model is, what it was trained on and how: everything needed to use it and to say where it came from."""

    mode: str
    size: str
    working_space: str
    """OpenColorIO name of the display-referred space of the pairs, and so of what the model takes and gives."""
    pairs_hash: str
    """SHA-256 of the content of the training pairs."""
    steps: int
    seed: int
    preparation: SourcePreparation
    """What was done to the source before training, and is done to it in every inference."""
    settings: dict[str, Any]
    """Every setting of the training."""
    versions: dict[str, str]
    members: int = 1
    """How many networks of this size the model has, of which the mean is taken."""
    shots: tuple[str, ...] = ()
    """Names of the shots that it has grades for, beside that of the film; none where it knows one shot alone."""
    training_date: str = ""
    """The day on which the weights were written, as in "2026-11-24"; left empty where it is not known."""
    weights_hash: str = ""
    """SHA-256 of the weights; filled in by `save_model`."""
    format: int = FORMAT

    def shot_number(self, name: str | None) -> int:
        """The number by which the network knows a shot: 0, the film as a whole, for one that it does not know."""
        return shot_number(self.shots, name)


def shot_number(shots: Sequence[str], name: str | None) -> int:
    """The number of a shot by which a network of these shots knows it; 0 for one that is not among them."""
    return shots.index(name) + 1 if name is not None and name in shots else 0


def hash_tensors(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, shapes and values, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.view(torch.uint8).numpy().tobytes() if tensor.ndim else str(tensor.item()).encode())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Writes a safetensors file with a JSON header, atomically. Raises OutputError."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # Not `save_file`, whose file its owner alone may read.
    write_bytes(path, save(plain, {HEADER_KEY: json.dumps(header)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and JSON header of a file that `write_tensors` wrote. Raises ModelError for any other file."""
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file. Train first, or name another model.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if HEADER_KEY not in metadata:
                raise ModelError(f"{path}: a safetensors file, but not one of Film Recovery. Name another model.")
            header = json.loads(metadata[HEADER_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not a whole safetensors file ({error}). Copy it again or train again; pickled models (.pt, .cat) "
            "are never read."
        ) from error
    return tensors, header


def save_model(path: Path, weights: dict[str, Tensor], description: ModelDescription) -> None:
    """Writes the model atomically. Raises OutputError."""
    description = dataclasses.replace(description, weights_hash=hash_tensors(weights))
    write_tensors(path, weights, dataclasses.asdict(description))


def load_model(path: Path) -> tuple[RecoveryNetwork, ModelDescription]:
    """The network, ready for inference on the CPU, and its description.

    Raises ModelError when the file is missing, foreign, truncated, edited, or made by a later format.
    """
    weights, header = read_tensors(path)
    description = _description(path, header)
    if hash_tensors(weights) != description.weights_hash:
        raise ModelError(
            f"{path}: the weights do not match the hash in the header; the file was edited or damaged. Copy it "
            "again or train again."
        )
    network = RecoveryNetwork(description.mode, description.size, description.members, len(description.shots))
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(
            f"{path}: the weights do not fit the network '{description.size}' ({error}). Copy it again or train again."
        ) from error
    return network.eval().requires_grad_(False), description


def check_knows_doubt(network: RecoveryNetwork, path: Path) -> None:
    """Raises ModelError for a model, of that file, whose training kept no pictures out to tell how far it errs."""
    if not network.knows_doubt:
        raise ModelError(
            f"{path}: does not know how far it is to be doubted, because its training kept no pictures out; train it "
            "again, or recover without doubt"
        )


def _description(path: Path, header: dict[str, Any]) -> ModelDescription:
    if header.get("format") != FORMAT:
        raise ModelError(
            f"{path}: format {header.get('format')}, but this version reads format {FORMAT}. Train again, or use the "
            "version that made it."
        )
    try:
        preparation = from_mapping(SourcePreparation, header.get("preparation"), "preparation")
        fields: dict[str, Any] = header | {"preparation": preparation, "shots": tuple(header.get("shots", ()))}
        description = ModelDescription(**fields)
    except (TypeError, SettingsError) as error:
        raise ModelError(
            f"{path}: the description in the header is not a model's ({error}). Copy it again or train again."
        ) from error
    if description.mode not in MODES or description.size not in SIZES:
        raise ModelError(
            f"{path}: unknown mode '{description.mode}' or size '{description.size}'. Train again, or use the version "
            "that made it."
        )
    return description
