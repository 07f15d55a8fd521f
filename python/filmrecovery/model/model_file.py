"""Model files: safetensors with the whole description in the header. Nothing is ever unpickled.

The header's `filmrecovery` entry is a JSON object with the fields of `ModelDescription`, among them the hash of the
weights, and the hash of all these fields. So one changed bit of any file is noticed. Imports torch, numpy, safetensors
and the standard library alone, so that Gaffer's own interpreter can read a model.
"""

import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.declared_settings import from_mapping, setting
from filmrecovery.base.errors import ModelError, OutputError, SettingsError
from filmrecovery.base.limits import HIGHEST_SEED
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.model.model_header import HEADER_KEY, WEIGHTS_KEY, header_text, parse_header
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.model.trunk import SIZES

FORMAT = 3
MOST_MEMBERS = 8


@dataclass(frozen=True)
class ModelDescription:
    """What a model is, what it was trained on and how: everything needed to use it and to say where it came from."""

    mode: str = setting(dataclasses.MISSING, "recovery mode", choices=MODES)
    size: str = setting(dataclasses.MISSING, "size of its members", choices=tuple(SIZES))
    working_space: str = setting(
        dataclasses.MISSING, "OCIO name of the display-referred space of the pairs, and so of what it takes and gives"
    )
    pairs_hash: str = setting(dataclasses.MISSING, "SHA-256 of the content of the training pairs")
    steps: int = setting(dataclasses.MISSING, "steps of the training", minimum=0, maximum=HIGHEST_SEED)
    seed: int = setting(dataclasses.MISSING, "seed of the training", minimum=0, maximum=HIGHEST_SEED)
    preparation: SourcePreparation = setting(
        dataclasses.MISSING, "what was done to the source before training, and is done to it in every inference"
    )
    settings: dict[str, Any] = setting(dataclasses.MISSING, "every setting of the training")
    versions: dict[str, str] = setting(dataclasses.MISSING, "versions of what trained it")
    members: int = setting(
        1, "how many networks of this size it has, of which the mean is taken", minimum=1, maximum=MOST_MEMBERS
    )
    shots: tuple[str, ...] = setting(
        (), "names of the shots that it has grades for, beside that of the film; none where it knows one shot alone"
    )
    training_date: str = setting("", 'the day on which the weights were written, as in "2026-11-24"; empty: not known')
    weights_hash: str = setting("", "SHA-256 of the weights; filled in when it is written")
    format: int = setting(FORMAT, "version of the format", minimum=FORMAT, maximum=FORMAT)

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
        digest.update(tensor.view(torch.uint8).numpy().data if tensor.ndim else str(tensor.item()).encode())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Writes a safetensors file with a JSON header and the hashes of both, atomically.

    Raises OutputError, also for values that are not finite, which no use of a model expects.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    if damaged := _not_finite(plain):
        raise OutputError(f"{path}: is not written, because '{damaged}' holds NaN or Inf; train with a lower rate")
    text = header_text(header | {WEIGHTS_KEY: hash_tensors(plain)})
    # Not `save_file`, whose file its owner alone may read.
    write_bytes(path, save(plain, {HEADER_KEY: text}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and JSON header of a file that `write_tensors` wrote.

    Raises ModelError for any other file, and for one of which a bit has changed since.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file. Train first, or name another model.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if HEADER_KEY not in metadata:
                raise ModelError(f"{path}: a safetensors file, but not one of Film Recovery. Name another model.")
            header = parse_header(path, metadata)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not a whole safetensors file ({error}). Copy it again or train again; pickled models (.pt, .cat) "
            "are never read."
        ) from error
    if hash_tensors(tensors) != header.get(WEIGHTS_KEY):
        raise ModelError(
            f"{path}: the weights do not match the hash in the header; the file was edited or damaged. Copy it "
            "again or train again."
        )
    if damaged := _not_finite(tensors):
        raise ModelError(f"{path}: '{damaged}' holds NaN or Inf. Copy it again or train again.")
    return tensors, header


def check_fits(path: Path, tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str) -> None:
    """Raises ModelError, naming the first, where names, shapes or types of tensors are not those of `what`."""
    for name in (*wanted, *tensors):
        found, expected = (_kind(group.get(name)) for group in (tensors, wanted))
        if found != expected:
            raise ModelError(
                f"{path}: does not fit {what}: '{name}' is {found}, expected {expected}. Copy it again or train again."
            )


def _kind(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first tensor with a value that is no number."""
    for name, tensor in tensors.items():
        # A sum is far faster than a question for each value, which only a sum that is no number calls for.
        if not math.isfinite(tensor.sum()) and not torch.isfinite(tensor).all():
            return name
    return None


def save_model(path: Path, weights: dict[str, Tensor], description: ModelDescription) -> None:
    """Writes the model atomically. Raises OutputError."""
    write_tensors(path, weights, dataclasses.asdict(description))


def load_model(path: Path) -> tuple[RecoveryNetwork, ModelDescription]:
    """The network, ready for inference on the CPU, and its description.

    Raises ModelError when the file is missing, foreign, truncated, edited, or made by another format.
    """
    weights, header = read_tensors(path)
    description = _description(path, header)
    # Without memory, until it is known that the file has the weights.
    with torch.device("meta"):
        network = RecoveryNetwork(description.mode, description.size, description.members, len(description.shots))
    check_fits(path, weights, network.state_dict(), f"the network '{description.size}'")
    # They are taken as they are: to make empty ones and fill them loads a third of a second of torch. Copies, because
    # memory of the file that is not aligned gives other last digits.
    own = {name: tensor.clone() for name, tensor in weights.items()}
    network.load_state_dict(own, assign=True)
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
        return from_mapping(ModelDescription, header, "description")
    except SettingsError as error:
        raise ModelError(
            f"{path}: the description in the header is not a model's ({error}). Train again, or use the version that "
            "made it."
        ) from error
