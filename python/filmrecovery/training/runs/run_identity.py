"""What a run folder trains, as its file `training.json` says.

Standard library alone, so that Gaffer's own interpreter can read it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_json
from filmrecovery.training.runs.train_settings import MOST_STEPS, PRECISIONS

IDENTITY_NAME = "training.json"
LENGTHS = "lengths"
"""Key for the lengths in steps that were asked for since, and at which step."""
FOUND_LATER = ("steps", "precision")
"""The keys that may be None until the first call of a training has found them out."""


def read_identity(run: Path) -> dict[str, Any]:
    """What the training of a run folder is of. Raises FileError for a file that is missing or does not say it."""
    path = run / IDENTITY_NAME
    identity = read_json(path, "what a training is of", "train in another folder")
    if not (isinstance(identity, dict) and _says_how(identity)):
        raise FileError(f"{path}: does not say what is trained; train in another folder")
    return identity


def length_of(identity: Mapping[str, Any]) -> int | None:
    """How many steps the training is to have, as was asked last; None where it is still to find out."""
    changed = identity.get(LENGTHS)
    steps: int | None = changed[-1]["steps"] if changed else identity.get("steps")
    return steps


def _says_how(identity: Mapping[str, Any]) -> bool:
    """Whether steps and precision are such as a training can have; None where the first call is to find them out."""
    changed, steps = identity.get(LENGTHS, []), identity.get("steps")
    return (
        isinstance(changed, list)
        and all(isinstance(length, dict) and _is_length(length.get("steps")) for length in changed)
        and (steps is None or _is_length(steps))
        and identity.get("precision") in (None, *PRECISIONS)
    )


def _is_length(steps: object) -> bool:
    return type(steps) is int and 1 <= steps <= MOST_STEPS
