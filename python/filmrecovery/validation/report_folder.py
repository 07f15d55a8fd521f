"""The folder of a report. Its record is written last: a folder that has a record is finished."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReportFolder:
    """The files of a report by their names."""

    path: Path

    @property
    def record(self) -> Path:
        """What was measured, and the verdict (see `validation_record`). It is there only if all other files are."""
        return self.path / "report.json"

    @property
    def page(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def outliers(self) -> Path:
        """The failing frames to train on."""
        return self.path / "outliers.txt"
