"""The record of a validation, `report.json`: what was measured, and the verdict on it.

Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import FileError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.validation.validation_figures import LIKENESS, PICTURES, Validation, summarise
from filmrecovery.validation.verdict import Verdict

VERSION = 3
"""The version of the format."""

_WHAT = "a validation"
_REMEDY = "remove it and validate the recovery again"


@dataclass(frozen=True)
class Outcome:
    """A verdict in short: the criteria that failed, and how near the hold-outs are to their ground truth.

    `texts` are what these criteria found, in the words of the report.
    `model` is the hash of the weights, `frames` the number of frames that were measured. `likeness` holds, by picture,
    the mean of the figure that `LIKENESS` names for the mode; it is empty where there are no hold-outs.
    """

    passed: bool
    failed: tuple[str, ...]
    texts: tuple[str, ...]
    model: str
    frames: int
    figure: str
    likeness: dict[str, float]


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
    content = read_record(path, _WHAT, VERSION, _REMEDY)
    validation = parse_record(Validation, content.get("validation"), str(path), _REMEDY)
    return validation, parse_record(Verdict, content.get("verdict"), str(path), _REMEDY)


def read_outcome(path: Path) -> Outcome:
    """Reads what came out of a validation from its record, in a third of the time that all of it takes.

    Raises FileError as `read_validation`.
    """
    content = read_record(path, _WHAT, VERSION, _REMEDY)
    try:
        verdict, validation, held_out = content["verdict"], content["validation"], content["summary"]["hold_outs"]
        figure = LIKENESS[validation["mode"]]
        failed = [finding for finding in verdict["findings"] if finding["passed"] is False]
        return Outcome(
            bool(verdict["passed"]),
            tuple(str(finding["name"]) for finding in failed),
            tuple(str(finding["text"]) for finding in failed),
            str(validation["model"]),
            len(validation["frames"]),
            figure,
            {picture: float(held_out[picture][figure]["mean"]) for picture in PICTURES if held_out.get(picture)},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(f"{path}: is not {_WHAT} of version {VERSION}; {_REMEDY}") from error
