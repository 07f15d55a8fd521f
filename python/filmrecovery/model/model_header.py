"""The header of a model file, read without loading the model. Standard library alone."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filmrecovery.base.errors import ModelError
from filmrecovery.base.read_file import parse_json, shown

HEADER_KEY = "filmrecovery"
HASH_KEY = "description_hash"
"""The key of the hash of all other fields. It lies inside the description: the library writes two entries in any order,
so that the same model would not always be the same file."""
WEIGHTS_KEY = "weights_hash"
"""The key of the hash of the tensors."""

_LARGEST_HEADER = 100_000_000
"""The limit of the safetensors format, in bytes."""
_MARK = f'"{HEADER_KEY}":"{{\\"mode\\": '.encode()
"""How the description of a model begins, within so many bytes of its file."""
_MARK_WITHIN = 4096
_KINDS: dict[str, type] = {
    "mode": str,
    "size": str,
    "working_space": str,
    "pairs_hash": str,
    "steps": int,
    "seed": int,
    "preparation": dict,
    "settings": dict,
    "versions": dict,
    WEIGHTS_KEY: str,
}
"""The types of the fields that are used without loading the model. `load_model` checks all fields and their values."""


def is_model(path: Path) -> bool:
    """Whether a file is a model of any version, whole or damaged; a checkpoint, which begins alike, is none."""
    with open(path, "rb") as file:
        return _MARK in file.read(_MARK_WITHIN)


def read_model_header(path: Path) -> dict[str, Any]:
    """The description in a model file: the fields of `ModelDescription`.

    A safetensors file begins with the length of its header, 8 bytes, low byte first, and the header, a JSON object
    whose `__metadata__` is ours. Raises ModelError where there is no such file, it is not one of Film Recovery, or its
    header was edited or damaged.
    """
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _LARGEST_HEADER:
                raise ValueError("its header has no plausible length")
            header = parse_header(path, parse_json(file.read(length).decode("utf-8"))["__metadata__"])
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such file. Train first, or name another model.") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}). Check the path and the disk.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: not a model of Film Recovery. Name the model.safetensors of a training; if this was one, copy it "
            "again."
        ) from error
    for key, kind in _KINDS.items():
        if not isinstance(header.get(key), kind):
            raise ModelError(
                f"{path}: its description says {shown(header.get(key))} for '{key}', which is no model's. Copy it "
                "again or train again."
            )
    return header


def header_text(header: Mapping[str, Any]) -> str:
    """A description with the hash of it, as it stands in the metadata of a safetensors file."""
    return json.dumps({**header, HASH_KEY: _hash(header)})


def parse_header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The description in the metadata of a safetensors file. Raises ModelError where its hash does not match it."""
    header = parse_json(metadata[HEADER_KEY])
    if not isinstance(header, dict) or header.pop(HASH_KEY, None) != _hash(header):
        raise ModelError(
            f"{path}: its description does not match its hash; the file was edited or damaged, or an earlier version "
            "made it. Copy it again or train again."
        )
    return header


def _hash(header: Mapping[str, Any]) -> str:
    """SHA-256 of a description without the hash. What JSON gives back is written as it was."""
    return hashlib.sha256(json.dumps(header).encode()).hexdigest()
