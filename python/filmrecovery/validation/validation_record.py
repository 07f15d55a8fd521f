"""The record of a validation, `report.json`: what was measured, and the verdict on it.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

from pathlib import Path

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.validation.validation_figures import PICTURES, Validation, summarise
from filmrecovery.validation.verdict import Verdict

VERSION = 2
"""Of the format."""


def write_validation(path: Path, validation: Validation, verdict: Verdict, made_from: str | None = None) -> None:
    """Writes a validation and the verdict on it as JSON, with summaries of all figures. Raises OutputError.

    Keys are the fields of `Validation` and `Verdict`. `summary` holds, for `shot` and `hold_outs`, for each picture
    and figure that was measured, the fields of `Summary`.
    """
    content = {
        "verdict": to_mapping(verdict),
        "summary": {
            part: {
                picture: {name: to_mapping(found) for name, found in summarise(frames, picture).items()}
                for picture in pictures
            }
            for part, frames, pictures in (
                ("shot", validation.frames, PICTURES),
                ("hold_outs", validation.hold_outs, (*PICTURES, "truth")),
            )
        },
        "validation": to_mapping(validation),
    }
    write_record(path, VERSION, content, made_from)


def read_validation(path: Path) -> tuple[Validation, Verdict]:
    """Reads what `write_validation` wrote.

    Raises FileError for a file that is missing, damaged or something else.
    """
    remedy = "remove it and validate the recovery again"
    content = read_record(path, "a validation", VERSION, remedy)
    validation = parse_record(Validation, content.get("validation"), str(path), remedy)
    return validation, parse_record(Verdict, content.get("verdict"), str(path), remedy)
