"""Records: JSON files of one version that stages write for each other, read back with errors that tell what to do."""

import json
from pathlib import Path
from typing import Any, TypeVar

from filmrecovery.errors import ElementError, SettingsError
from filmrecovery.settings import from_mapping

T = TypeVar("T")


def read_record(path: str | Path, what: str, version: int, remedy: str) -> dict[str, Any]:
    """The content of a record, without its version.

    Raises ElementError, with `what` it should be and the remedy, for a file that is missing, damaged or something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ElementError(f"{path}: cannot be read as {what} ({error}); {remedy}") from error
    if not isinstance(content, dict) or content.pop("version", None) != version:
        raise ElementError(f"{path}: is not {what} of version {version}; {remedy}")
    return content


def parse_record(cls: type[T], content: dict[str, Any], where: str, remedy: str) -> T:
    """The content as a dataclass of settings (see `from_mapping`). Raises ElementError with the remedy."""
    try:
        return from_mapping(cls, content, where)
    except SettingsError as error:
        raise ElementError(f"{error}; {remedy}") from error
