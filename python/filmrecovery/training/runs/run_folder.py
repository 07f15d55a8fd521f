"""The folder of one training: settings, journal, checkpoint, models. One process writes it at a time."""

import contextlib
import itertools
import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import FileError, OutputError, RunError
from filmrecovery.base.read_file import shown
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.runs.kept_steps import (
    CONTACT_SHEETS,
    PREVIEWS,
    STEP_MODELS,
    contact_sheets,
    doubts,
    previews,
    step_models,
)
from filmrecovery.training.runs.run_identity import FOUND_LATER, IDENTITY_NAME, LENGTHS, read_identity
from filmrecovery.training.runs.run_journal import is_figure, journal
from filmrecovery.training.runs.run_progress import BEST_NAME, JOURNAL_NAME, MODEL_NAME, RUN_PREFIX
from filmrecovery.training.runs.run_requests import REQUEST_NAME
from filmrecovery.training.runs.run_status import STATUS_NAME


@dataclass(frozen=True)
class RunFolder:
    """Paths of a training's files, and its journal."""

    path: Path

    @property
    def identity(self) -> Path:
        """What is trained: settings, and hashes of the pairs and of the weights it starts from."""
        return self.path / IDENTITY_NAME

    @property
    def metrics(self) -> Path:
        """The journal: one JSON object a line, each with its `step`."""
        return self.path / JOURNAL_NAME

    @property
    def checkpoint(self) -> Path:
        """The state of the training, from which it goes on."""
        return self.path / "checkpoint.safetensors"

    @property
    def earlier_checkpoint(self) -> Path:
        """The checkpoint before it, which stands in for it where it is damaged."""
        return self.path / "checkpoint.earlier.safetensors"

    @property
    def model(self) -> Path:
        """The model at the end of the schedule."""
        return self.path / MODEL_NAME

    @property
    def best_model(self) -> Path:
        """The model of the step with the best hold-out figure; there where the pairs have hold-out frames."""
        return self.path / BEST_NAME

    def contact_sheet(self, step: int) -> Path:
        """The contact sheet of a step."""
        return self.path / CONTACT_SHEETS / f"contact.{step:06d}.png"

    def latest_contact_sheet(self) -> Path | None:
        """The contact sheet of the highest step; None where there is none yet."""
        sheets = contact_sheets(self.path)
        return sheets[-1].path if sheets else None

    def preview(self, step: int, frame: int) -> Path:
        """A preview frame, as the model of a step recovers it."""
        return self.path / PREVIEWS / f"preview.{frame:04d}.{step:06d}.png"

    def doubt(self, step: int, frame: int) -> Path:
        """The map of how far a preview is to be doubted."""
        return self.path / PREVIEWS / f"doubt.{frame:04d}.{step:06d}.png"

    def step_model(self, step: int) -> Path:
        """The model of a step, which is kept as far as there is room (see `step_models`)."""
        return self.path / STEP_MODELS / f"model.{step:06d}.safetensors"

    def refuse_foreign(self) -> None:
        """Raises OutputError where the folder holds no training, and a file that one would replace or add to."""
        if self.identity.exists():
            return
        frames = (*previews(self.path).values(), *doubts(self.path).values())
        steps = itertools.chain(contact_sheets(self.path), step_models(self.path), *frames)
        files = (self.metrics, self.checkpoint, self.earlier_checkpoint, self.model, self.best_model)
        for path in (*files, self.path / STATUS_NAME, self.path / REQUEST_NAME, *(kept.path for kept in steps)):
            if path.exists():
                raise OutputError(
                    f"{path}: would be replaced by a training, and its folder holds none ({IDENTITY_NAME} is missing); "
                    "train in another folder, or move this file away"
                )

    def log(self, entry: dict[str, Any]) -> None:
        """Adds a line to the journal; what is no number any more becomes null. Raises OutputError."""
        entry = {key: value if is_figure(value) else None for key, value in entry.items()}
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, allow_nan=False) + "\n")
        except OSError as error:
            raise OutputError(
                f"{self.metrics}: cannot be written ({error.strerror}); free space, then call again"
            ) from error

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the journal, without a last line that was cut off; none where there is no journal.

        Each has its `step`, and numbers or null. Raises FileError, naming the line, for one that is anything else.
        """
        return journal(self.path).read() if self.metrics.exists() else []

    def rewind(self, before: int) -> None:
        """Leaves the lines of the steps before `before` in the journal, without a last line that was cut off."""
        if self.metrics.exists():
            kept = [json.dumps(entry) + "\n" for entry in self.entries() if entry["step"] < before]
            write_text(self.metrics, "".join(kept))

    def claim_identity(self, identity: dict[str, Any]) -> dict[str, Any]:
        """Writes what is trained into a new folder, or checks that an earlier call was about the same.

        Returns what stands in the folder. What is None in `identity` is not compared: the earlier call decided. What
        that one did not find out yet, of `FOUND_LATER`, is added.

        Raises RunError, naming the first key that differs, for a folder that holds another training, and FileError for
        one that does not say what it holds.
        """
        if not self.identity.exists():
            write_text(self.identity, json.dumps(identity, indent=2) + "\n")
            return identity
        earlier = read_identity(self.path)
        if not earlier.keys() >= identity.keys():
            raise FileError(f"{self.identity}: does not say what is trained; train in another folder")
        found = {key: identity[key] for key in FOUND_LATER if earlier.get(key) is None and identity.get(key)}
        known = earlier | found
        for key, value in identity.items():
            if value is not None and known[key] != value:
                raise RunError(
                    f"{self.path}: holds another training ({key} was {shown(earlier.get(key))}, now it is {value!r}); "
                    "train in another folder, or with the settings of this one to continue it"
                )
        if found:
            write_text(self.identity, json.dumps(known, indent=2) + "\n")
        return known

    def change_length(self, step: int, steps: int) -> None:
        """Notes that the training, now at `step`, is to have so many steps. Its identity stays. Raises OutputError."""
        identity = read_identity(self.path)
        changed = [*identity.get(LENGTHS, []), {"at_step": step, "steps": steps}]
        write_text(self.identity, json.dumps(identity | {LENGTHS: changed}, indent=2) + "\n")


@contextlib.contextmanager
def open_run(path: str | Path) -> Generator[RunFolder]:
    """The folder of a training, made where missing, locked against other processes until the body ends.

    Raises RunError where another process trains in it, OutputError where it cannot be made, or holds no training but
    files that one would replace.
    """
    run = RunFolder(Path(path))
    with locked(run.path, "training in"):
        run.refuse_foreign()
        yield run


def run_of_model(model: Path) -> Path | None:
    """The folder of the training that made a model: its own, or one beside it (see `train_for`); None where it is gone.

    Raises ModelError for a model that cannot be read.
    """
    if RunFolder(model.parent).metrics.is_file():
        return model.parent
    weights = read_model_header(model)["weights_hash"]
    for path in sorted(model.parent.glob(f"{RUN_PREFIX}*")):
        made = RunFolder(path).model
        if made.is_file() and read_model_header(made)["weights_hash"] == weights:
            return path
    return None
