"""The trainings that the page shows: found in the given folders, and read again for every look."""

import dataclasses
import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import RecoveryError
from filmrecovery.training.runs.kept_steps import CONTACT_SHEETS, PREVIEWS
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_identity import IDENTITY_NAME
from filmrecovery.training.runs.run_overview import RunOverview, RunReader, find_runs
from filmrecovery.training.runs.run_progress import JOURNAL_NAME, MODEL_NAME
from filmrecovery.training.runs.run_status import STATUS_NAME, RunState
from filmrecovery.watching.report_of_run import ReportFinder, RunReport

_READ = (IDENTITY_NAME, JOURNAL_NAME, STATUS_NAME, MODEL_NAME, CONTACT_SHEETS, PREVIEWS)
_FileStates = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class ShownRun:
    """A training as it was read last.

    `key` stands for its folder in addresses. `overview` is None where it cannot be read; `reason` then says why, as it
    does of a training that failed.
    """

    key: str
    name: str
    path: Path
    overview: RunOverview | None
    reason: str
    report: RunReport | None = None

    @property
    def is_running(self) -> bool:
        return self.overview is not None and self.overview.state is RunState.RUNNING


class ShownRuns:
    """The trainings in folders, for several threads; a look reads only what is new."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._paths: dict[str, Path] = {}
        self._readers: dict[str, RunReader] = {}
        self._kept: dict[str, tuple[_FileStates, ShownRun]] = {}
        self._reports = ReportFinder()
        self._lock = threading.Lock()

    def all(self) -> list[ShownRun]:
        """All trainings, the one that changed last comes first."""
        with self._lock:
            self._look_for_runs()
            return [self._shown(key) for key in self._readers]

    def find(self, key: str) -> ShownRun | None:
        """The training of a key; None where none of the folders holds it."""
        with self._lock:
            if key not in self._readers:
                self._look_for_runs()
            return self._shown(key) if key in self._readers else None

    def _look_for_runs(self) -> None:
        paths = self._paths = {_key(path): path for path in find_runs(self._folders)}
        self._readers = {key: self._readers.get(key) or RunReader(path) for key, path in paths.items()}
        self._kept = {key: kept for key, kept in self._kept.items() if key in paths}

    def _shown(self, key: str) -> ShownRun:
        state = _state_of_files(self._paths[key])
        kept = self._kept.get(key)
        if kept is None or kept[0] != state or kept[1].is_running:
            kept = self._kept[key] = state, self._read(key)
        run = kept[1]
        if run.overview is None:
            return run
        try:
            return dataclasses.replace(run, report=self._reports.find(RunFolder(run.path)))
        except (RecoveryError, OSError) as error:
            return dataclasses.replace(run, reason=run.reason or str(error))

    def _read(self, key: str) -> ShownRun:
        path = self._paths[key]
        name = self._name(path)
        try:
            overview = self._readers[key].read()
        except (RecoveryError, OSError) as error:
            # A reader that met a damaged file begins again, so that a file that was repaired is read whole.
            self._readers[key] = RunReader(path)
            return ShownRun(key, name, path, None, str(error))
        return ShownRun(key, name, path, overview, overview.said)

    def _name(self, path: Path) -> str:
        """The path as a reader knows it: from the folder that was given."""
        for folder in self._folders:
            if path != folder and path.is_relative_to(folder):
                inside = path.relative_to(folder)
                return str(inside if len(self._folders) == 1 else folder.name / inside)
        return path.name


def _state_of_files(run: Path) -> _FileStates:
    """Changes where the files of a training do: those of one that does not run need not be read again."""
    return tuple(_state_of(run / name) for name in _READ)


def _state_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _key(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:16]
