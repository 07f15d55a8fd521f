"""The record of a match grade, a JSON file beside the LUT: what it was fitted to, how, and how well.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.limits import HIGHEST_ERROR, HIGHEST_FRAME
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.elements.element import Element
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings

VERSION = 1


@dataclass(frozen=True)
class Residual:
    """How far a pair's input is from its target, before and after the grade."""

    frame: int = setting(dataclasses.MISSING, "frame number of the pair", minimum=0, maximum=HIGHEST_FRAME)
    label: str = setting(dataclasses.MISSING, "name of its shot")
    before: float = setting(
        dataclasses.MISSING, "root mean square of R'G'B', as a fraction of white", minimum=0, maximum=HIGHEST_ERROR
    )
    after: float = setting(dataclasses.MISSING, "the same of the graded input", minimum=0, maximum=HIGHEST_ERROR)


@dataclass(frozen=True)
class GradeRecord:
    """What a LUT is. The pairs of one that was fitted without any are not known, nor its residuals."""

    working_space: str = setting(dataclasses.MISSING, "OCIO colour space that the LUT takes and gives")
    config: str = setting(dataclasses.MISSING, "name of the OCIO config that has this space")
    settings: MatchGradeSettings = setting(dataclasses.MISSING, "the settings of the fit")
    coverage: float = setting(dataclasses.MISSING, "share of the nodes whose colours were seen", minimum=0, maximum=1)
    mode: str | None = setting(None, "recovery mode of the pairs")
    pairs_hash: str | None = setting(None, "sha256 of the content of the training pairs, as in the model")
    preparation: str | None = setting(None, "what was done to the source of the pairs first, where it was anything")
    residuals: tuple[Residual, ...] = setting((), "one for each pair that it was fitted to")
    source: Element | None = setting(None, "frames of the source that were looked at, where there are no pairs")
    reference: Element | None = setting(None, "frames of the reference that were looked at, where there are no pairs")
    clf_sha256: str | None = setting(None, "hash of the CLF")
    cube_sha256: str | None = setting(None, "hash of the .cube file")
    filmrecovery: str = setting("", "version of this software")
    scipy: str = setting("", "version of the library that solved the fit")

    def __str__(self) -> str:
        if not self.residuals:
            return f"colours seen at {self.coverage:.0%} of the nodes"
        before, after = (
            (sum(getattr(residual, when) ** 2 for residual in self.residuals) / len(self.residuals)) ** 0.5
            for when in ("before", "after")
        )
        return f"residual rms {before:.4f} before, {after:.4f} after; colours seen at {self.coverage:.0%} of the nodes"


def record_path(lut: Path) -> Path:
    """Where the record of a LUT lies."""
    return lut.with_suffix(".json")


def write_grade_record(path: Path, record: GradeRecord, made_from: str) -> None:
    """Writes a record as JSON. Raises OutputError."""
    write_record(path, VERSION, to_mapping(record), made_from)


def read_grade_record(path: Path) -> GradeRecord:
    """Reads what `write_grade_record` wrote. Raises FileError for a file that is missing, damaged or foreign."""
    remedy = "fit the match grade again"
    content = read_record(path, "the record of a match grade", VERSION, remedy)
    return parse_record(GradeRecord, content, str(path), remedy)
