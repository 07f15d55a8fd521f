"""The record of outliers that were added to the frames to train on: a round for each validation that named some.

Every later training has the frames of all rounds, and starts from the weights of the model in whose report the last
round failed. Imports the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ModelError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.model.model_header import read_model_header

VERSION = 1
_REMEDY = "correct it, or remove it to train without what was added"


@dataclass(frozen=True)
class OutlierRound:
    """Outliers of one validation, which were added to the frames to train on."""

    frames: str = setting(dataclasses.MISSING, "the frames that were added")
    validated: str = setting(dataclasses.MISSING, "hash of the weights of the model that was validated")
    start_from: str = setting(dataclasses.MISSING, "file of that model, seen from the folder of this record")


@dataclass(frozen=True)
class _Rounds:
    rounds: tuple[OutlierRound, ...] = setting(dataclasses.MISSING, "a table for each time that outliers were added")


def read_rounds(path: Path) -> tuple[OutlierRound, ...]:
    """The rounds of a record, none where there is no file. Raises FileError for a file that is something else."""
    if not path.exists():
        return ()
    rows = read_record(path, "a record of outliers", VERSION, _REMEDY).get("rounds")
    return parse_record(_Rounds, {"rounds": rows}, str(path), _REMEDY).rounds


def write_rounds(path: Path, rounds: Iterable[OutlierRound]) -> None:
    """Writes the rounds. Raises OutputError."""
    write_record(path, VERSION, {"rounds": [dataclasses.asdict(outlier_round) for outlier_round in rounds]})


def added_frames(rounds: Iterable[OutlierRound]) -> set[int]:
    """The frames of all rounds."""
    return {frame for outlier_round in rounds for frame in optional_frames(outlier_round.frames)}


def fitting_start(path: Path, wanted: dict[str, object]) -> Path | None:
    """The model that a training with the outliers of a record goes on from: that of its last round.

    None without a round, and where the model is another one than is `wanted`, such as by its size: a setting that was
    changed since comes first. Raises FileError as `read_rounds` does, and ModelError where the model is gone.
    """
    rounds = read_rounds(path)
    if not rounds:
        return None
    start = path.parent / rounds[-1].start_from
    try:
        header = read_model_header(start)
    except ModelError as error:
        raise ModelError(f"{path}: the model to start from is missing: {error} Or remove this record.") from error
    return start if all(header.get(key) == value for key, value in wanted.items()) else None
