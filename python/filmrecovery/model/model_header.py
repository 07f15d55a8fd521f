"""The header of a model file, read without loading the model. Standard library alone."""

import json
from pathlib import Path
from typing import Any

from filmrecovery.base.errors import ModelError

HEADER_KEY = "filmrecovery"

_LARGEST_HEADER = 100_000_000
"""Bound of the safetensors format."""


def read_model_header(path: Path) -> dict[str, Any]:
    """The description in a model file: the fields of `ModelDescription`.

    A safetensors file begins with the length of its header, 8 bytes, low byte first, and the header, a JSON object
    whose `__metadata__` is ours. Raises ModelError where there is no such file, or it is not one of Film Recovery.
    """
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _LARGEST_HEADER:
                raise ValueError("its header has no plausible length")
            return json.loads(json.loads(file.read(length))["__metadata__"][HEADER_KEY])
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such file. Train first, or name another model.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not a model of Film Recovery ({error!r}). Copy it again or train again.") from error
