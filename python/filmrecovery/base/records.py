"""Records: JSON files of one version that stages write for each other, read back with errors that tell what to do."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import DataclassInstance, from_mapping
from filmrecovery.base.errors import FileError, OutputError, SettingsError
from filmrecovery.base.read_file import read_json

T = TypeVar("T", bound=DataclassInstance)

MADE_FROM = "made_from"
"""The key under which a record says what it was made from (see `freshness`)."""


def write_record(path: str | Path, version: int, content: Mapping[str, Any], made_from: str | None = None) -> None:
    """Writes a record; `made_from` says what it was made from (see `freshness`). Raises OutputError."""
    origin = {} if made_from is None else {MADE_FROM: made_from}
    write_text(path, json.dumps({"version": version, **origin, **content}, indent=1, allow_nan=False) + "\n")


def write_table(path: Path, table: str) -> None:
    """Writes a table that lies beside a record. Raises OutputError, too, where another file has its name."""
    heading = table.splitlines()[0].encode()
    if path.exists():
        with open(path, "rb") as file:
            begin = file.read(len(heading))
        if begin != heading:
            raise OutputError(
                f"{path}: is no table that was written here, and would be replaced by that of {path.stem}.json; move "
                "it away, or choose another name"
            )
    write_text(path, table)


def read_record(path: str | Path, what: str, version: int, remedy: str) -> dict[str, Any]:
    """The content of a record, without its version and what it was made from.

    Raises FileError, with `what` it should be and the remedy, for a file that is missing, damaged or something else.
    """
    content = read_json(path, what, remedy)
    if not isinstance(content, dict) or content.pop("version", None) != version:
        raise FileError(f"{path}: is not {what} of version {version}; {remedy}")
    content.pop(MADE_FROM, None)
    return content


def made_from_of(path: str | Path) -> str | None:
    """What a record says it was made from; None where there is no file, or one that does not say so.

    Raises FileError for a file that is no JSON: records are written whole, so that somebody edited this one.
    """
    if not Path(path).exists():
        return None
    content = read_json(path, "a record", "correct it, or remove it to have it made again")
    line = content.get(MADE_FROM) if isinstance(content, dict) else None
    return line if isinstance(line, str) else None


def parse_record(cls: type[T], content: object, where: str, remedy: str) -> T:
    """The content as a dataclass of settings (see `from_mapping`). Raises FileError with the remedy."""
    try:
        return from_mapping(cls, content, where)
    except SettingsError as error:
        raise FileError(f"{error}; {remedy}") from error


def parse_records(cls: type[T], content: object, where: str, what: str, remedy: str) -> tuple[T, ...]:
    """The items of a list as dataclasses of settings, each as by `parse_record`.

    In an error `what` an item is stands before its number. Raises FileError with the remedy.
    """
    if not isinstance(content, list):
        raise FileError(f"{where}: has no list of its {what}s; {remedy}")
    return tuple(parse_record(cls, item, f"{where}, {what} {number}", remedy) for number, item in enumerate(content))
