"""The folder of one training: settings, journal, checkpoint, models. One process writes it at a time."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from filmrecovery.atomic import write_text
from filmrecovery.errors import OutputError, RunError


@dataclass(frozen=True)
class RunFolder:
    """Paths of a training's files, and its journal."""

    path: Path

    @property
    def identity(self) -> Path:
        """What is trained: settings, and hashes of the pairs and of the weights it starts from."""
        return self.path / "training.json"

    @property
    def metrics(self) -> Path:
        """The journal: one JSON object a line, each with its `step`."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.safetensors"

    @property
    def model(self) -> Path:
        """The model at the end of the schedule."""
        return self.path / "model.safetensors"

    @property
    def best_model(self) -> Path:
        """The model of the step with the best hold-out figure; there where the pairs have hold-out frames."""
        return self.path / "best.safetensors"

    def contact_sheet(self, step: int) -> Path:
        return self.path / "contactSheets" / f"contact.{step:06d}.png"

    def preview(self, step: int, frame: int) -> Path:
        return self.path / "previews" / f"preview.{frame:04d}.{step:06d}.png"

    def log(self, entry: dict[str, Any]) -> None:
        """Adds a line to the journal. Raises OutputError."""
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise OutputError(
                f"{self.metrics}: cannot be written ({error.strerror}); free space, then call again"
            ) from error

    def rewind(self, before: int) -> None:
        """Leaves the lines of the steps before `before` in the journal, without a last line that was cut off."""
        if not self.metrics.exists():
            return
        kept = []
        for line in self.metrics.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                break
            if entry["step"] < before:
                kept.append(line + "\n")
        write_text(self.metrics, "".join(kept))

    def claim_identity(self, identity: dict[str, Any]) -> dict[str, Any]:
        """Writes what is trained into a new folder, or checks that an earlier call was about the same.

        Returns what stands in the folder. Keys of `identity` that are None are not compared: the earlier call decided.
        Raises RunError, naming the first key that differs, for a folder that holds another training.
        """
        if not self.identity.exists():
            write_text(self.identity, json.dumps(identity, indent=2) + "\n")
            return identity
        try:
            earlier = json.loads(self.identity.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{self.identity}: cannot be read ({error}); train in another folder") from error
        for key, value in identity.items():
            if value is not None and earlier.get(key) != value:
                raise RunError(
                    f"{self.path}: holds another training ({key} was {earlier.get(key)!r}, now it is {value!r}); "
                    "train in another folder, or with the settings of this one to continue it"
                )
        return earlier


@contextlib.contextmanager
def open_run(path: str | Path) -> Iterator[RunFolder]:
    """The folder of a training, made where missing, locked against other processes until the body ends.

    Raises RunError where another process trains in it, OutputError where it cannot be made.
    """
    run = RunFolder(Path(path))
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(run.path / ".lock")
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise RunError(f"{run.path}: another process is training in this folder; wait for it or stop it") from error
    except OSError as error:
        raise OutputError(f"{run.path}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        yield run
    finally:
        lock.release()
