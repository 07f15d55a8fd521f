"""Checkpoints: the state of a training on disk, checked whole before anything of it is used.

There are two, the last and the one before it. Where the last is missing or damaged, the one before is taken: a training
is repeatable, so that what comes out is the same, some steps later.
"""

import dataclasses
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from filmrecovery.base.declared_settings import from_mapping, setting, to_mapping
from filmrecovery.base.errors import ModelError, OutputError, SettingsError
from filmrecovery.base.limits import HIGHEST_ERROR
from filmrecovery.model.model_file import check_fits, read_tensors, write_tensors
from filmrecovery.model.model_header import WEIGHTS_KEY
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.train_settings import MOST_PROCESSES, MOST_STEPS

Tensors = dict[str, Tensor]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoundResult:
    """What the best round of the schedule ended with."""

    step: int = setting(dataclasses.MISSING, "its last step", minimum=0, maximum=MOST_STEPS)
    error: float = setting(
        dataclasses.MISSING,
        "root of the mean square of what the averaged network left over of the pictures kept out",
        minimum=0,
        maximum=HIGHEST_ERROR,
    )


@dataclass(frozen=True)
class Reached:
    """How far a training has come."""

    step: int = setting(0, "steps that are done", minimum=0, maximum=MOST_STEPS)
    skipped: int = setting(0, "those of them that changed nothing", minimum=0, maximum=MOST_STEPS)
    best_error: float | None = setting(
        None, "the best hold-out figure, lower is better", minimum=-HIGHEST_ERROR, maximum=HIGHEST_ERROR
    )
    has_learnt: bool = setting(False, "whether more steps would bring nothing")
    best_round: RoundResult | None = setting(None, "the best round of the schedule")
    unfinished: bool = setting(False, "whether a report on the last step or the end of its round is still to come")
    processes: int = setting(1, "processes that trained it", minimum=1, maximum=MOST_PROCESSES)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training: how far it has come, and the tensors of each of its groups by their names."""

    reached: Reached
    groups: dict[str, Tensors]


def write_checkpoint(run: RunFolder, checkpoint: Checkpoint) -> None:
    """Writes the checkpoint of a training, and keeps the last one as the one before it. Raises OutputError."""
    tensors = {
        f"{group}:{name}": tensor for group, named in checkpoint.groups.items() for name, tensor in named.items()
    }
    written = run.checkpoint.with_stem("checkpoint.next")
    write_tensors(written, tensors, to_mapping(checkpoint.reached))
    try:
        # At every moment one of the two is there, whole.
        if run.checkpoint.exists():
            os.replace(run.checkpoint, run.earlier_checkpoint)
        os.replace(written, run.checkpoint)
    except OSError as error:
        raise OutputError(f"{run.checkpoint}: cannot be written ({error.strerror}); check the disk") from error


def read_checkpoint(run: RunFolder, wanted: Callable[[Checkpoint], dict[str, Tensors]]) -> Checkpoint | None:
    """The last checkpoint of a training that is whole; None where there is none at all.

    `wanted` gives for a checkpoint the tensors that it must have, by their groups: their shapes and types count. Where
    the last one is not whole, the one before takes its place, with a warning. Raises ModelError where neither is whole.
    """
    paths = [path for path in (run.checkpoint, run.earlier_checkpoint) if path.exists()]
    for path in paths:
        try:
            checkpoint = _read(path, wanted)
        except ModelError as error:
            if path == paths[-1]:
                raise ModelError(f"{error} Without a whole checkpoint train in another folder.") from error
            _LOG.warning("%s", error)
            continue
        if path == run.earlier_checkpoint:
            _LOG.warning("%s: is taken, of step %d", path, checkpoint.reached.step)
            # The damaged one is not to become the one before the next.
            os.replace(path, run.checkpoint)
        return checkpoint
    return None


def read_reached(run: RunFolder) -> Reached:
    """How far a training has come by its last checkpoint; nowhere where that is missing, or not whole."""
    if not run.checkpoint.exists():
        return Reached()
    try:
        _, header = read_tensors(run.checkpoint)
        return _reached(run.checkpoint, header)
    except ModelError:
        # Whoever goes on from it says so, and takes the one before.
        return Reached()


def _reached(path: Path, header: dict[str, Any]) -> Reached:
    del header[WEIGHTS_KEY]
    try:
        return from_mapping(Reached, header, str(path))
    except SettingsError as error:
        raise ModelError(f"{error}. This is no checkpoint.") from error


def _read(path: Path, wanted: Callable[[Checkpoint], dict[str, Tensors]]) -> Checkpoint:
    tensors, header = read_tensors(path)
    reached = _reached(path, header)
    groups: dict[str, Tensors] = {}
    for key, tensor in tensors.items():
        group, _, name = key.partition(":")
        groups.setdefault(group, {})[name] = tensor
    checkpoint = Checkpoint(reached, groups)
    expected = wanted(checkpoint)
    for group in {**expected, **groups}:
        check_fits(path, groups.get(group, {}), expected.get(group, {}), f"the {group} of this training")
    return checkpoint
