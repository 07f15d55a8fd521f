"""The report that lies beside a training, where it is of this training's model."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.model.model_header import WEIGHTS_KEY, read_model_header
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validation_record import read_outcome


@dataclass(frozen=True)
class RunReport:
    """A report's page, and its verdict."""

    page: Path
    passed: bool


class ReportFinder:
    """Finds the report of a training again and again; it reads only files that have changed."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[tuple[int, int], tuple[str, bool]]] = {}

    def find(self, run: RunFolder) -> RunReport | None:
        """The report in the folder `report` of the run folder or of one of the two above it; None where there is none.

        Raises FileError and ModelError where report or model are damaged.
        """
        for parent in (run.path, *list(run.path.parents)[:2]):
            folder = ReportFolder(parent / "report")
            if folder.record.is_file() and folder.page.is_file():
                of_model, passed = self._once(folder.record)
                if of_model in self._hashes(run):
                    return RunReport(folder.page, passed)
        return None

    def _hashes(self, run: RunFolder) -> Iterator[str]:
        for model in (run.model, run.best_model):
            if model.is_file():
                yield self._once(model)[0]

    def _once(self, path: Path) -> tuple[str, bool]:
        """The hash of the weights that a record or a model tells, and the verdict of a record."""
        state = path.stat()
        stamp = state.st_mtime_ns, state.st_size
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = stamp, _hash_and_verdict(path)
        return known[1]


def _hash_and_verdict(path: Path) -> tuple[str, bool]:
    if path.suffix == ".json":
        outcome = read_outcome(path)
        return outcome.model, outcome.passed
    return read_model_header(path)[WEIGHTS_KEY], False
