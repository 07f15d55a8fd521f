"""How far a training is, by the files beside its model.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import os
from pathlib import Path

from filmrecovery.base.read_file import parse_json

RUN_PREFIX = "run-"
"""The start of the names of run folders that lie beside a model (see `train_for`)."""
JOURNAL_NAME = "metrics.jsonl"
MODEL_NAME = "model.safetensors"
BEST_NAME = "best.safetensors"
"""The model of the step with the best hold-out figure."""

_TAIL = 4096
"""Bytes at the end of a journal that hold its last line."""


def latest_run(model: Path) -> Path | None:
    """The folder beside a model of the training that wrote its journal last; None where none has begun."""
    runs = [(_changed(run / JOURNAL_NAME), run) for run in model.parent.glob(f"{RUN_PREFIX}*")]
    return max(runs)[1] if runs else None


def last_step(run: Path) -> int | None:
    """The step of the last whole line of a training's journal, read from its end; None where there is none."""
    try:
        with (run / JOURNAL_NAME).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            lines = file.read().split(b"\n")[:-1]
        step = parse_json(lines[-1].decode("utf-8"))["step"] if lines else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return step if type(step) is int else None


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
