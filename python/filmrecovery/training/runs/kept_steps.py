"""What a training keeps of its steps: pictures and models, each in a file that has the step in its name.

Standard library alone, so that Gaffer's own interpreter can look too.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from filmrecovery.base.atomic import copy_file
from filmrecovery.base.errors import FileError
from filmrecovery.model.model_header import WEIGHTS_KEY, read_model_header

CONTACT_SHEETS, PREVIEWS, STEP_MODELS, TAKEN_MODELS = "contactSheets", "previews", "models", "taken"
"""Folders in the folder of a training."""

_SHEET = re.compile(r"contact()\.(\d+)\.png")
_PREVIEW = re.compile(r"preview\.(-?\d+)\.(\d+)\.png")
_DOUBT = re.compile(r"doubt\.(-?\d+)\.(\d+)\.png")
_MODEL = re.compile(r"model()\.(\d+)\.safetensors")


class KeptFile(NamedTuple):
    """A contact sheet, a preview, a map of doubt or a model, and its step."""

    step: int
    path: Path


def contact_sheets(run: Path) -> tuple[KeptFile, ...]:
    """In the order of their steps."""
    return _kept(run / CONTACT_SHEETS, _SHEET).get("", ())


def previews(run: Path) -> Mapping[int, tuple[KeptFile, ...]]:
    """The previews of each preview frame, in the order of their steps."""
    return _by_frame(_kept(run / PREVIEWS, _PREVIEW))


def doubts(run: Path) -> Mapping[int, tuple[KeptFile, ...]]:
    """The maps of doubt of each preview frame, in the order of their steps."""
    return _by_frame(_kept(run / PREVIEWS, _DOUBT))


def step_models(run: Path) -> tuple[KeptFile, ...]:
    """In the order of their steps."""
    return _kept(run / STEP_MODELS, _MODEL).get("", ())


def take_step_model(run: Path, step: int) -> Path:
    """The model of a step under a name where it stays: the training itself may remove it to make room.

    Raises FileError where there is none, OutputError where it cannot be kept.
    """
    kept = next((file.path for file in step_models(run) if file.step == step), None)
    if kept is None:
        raise FileError(
            f"{run}: keeps no model of step {step}; choose a step that has one, or give `step_models` more room"
        )
    taken = run / TAKEN_MODELS / f"model.{step:06d}.{read_model_header(kept)[WEIGHTS_KEY][:8]}.safetensors"
    if not taken.exists():
        try:
            taken.parent.mkdir(exist_ok=True)
            # It takes no room, and no time for a large model.
            os.link(kept, taken)
        except OSError:
            copy_file(kept, taken)
    return taken


def _by_frame(kept: Mapping[str, tuple[KeptFile, ...]]) -> dict[int, tuple[KeptFile, ...]]:
    return {int(frame): files for frame, files in sorted(kept.items(), key=lambda item: int(item[0]))}


def _kept(folder: Path, name: re.Pattern[str]) -> dict[str, tuple[KeptFile, ...]]:
    """The files of a folder by the first group of their names, in the order of their steps."""
    groups: dict[str, list[KeptFile]] = {}
    for path in folder.glob("*"):
        if parts := name.fullmatch(path.name):
            groups.setdefault(parts[1], []).append(KeptFile(int(parts[2]), path))
    return {group: tuple(sorted(files)) for group, files in groups.items()}
