"""Versions that a work holds on to: the reference as somebody wrote it, and that of the version it led to at first.

Imports the standard library alone.
"""

import dataclasses
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.errors import OutputError
from filmrecovery.base.records import parse_records, read_record, write_record

_VERSION = 1
_WHAT, _REMEDY = "a record of versions of assets", "correct it, or remove it to take the newest versions"


@dataclass(frozen=True)
class HeldVersion:
    """A reference, and the version of it that the work is made of."""

    reference: str = setting(dataclasses.MISSING, "the reference as it was written")
    pinned: str = setting(dataclasses.MISSING, "the reference with its version")


def read_held(path: Path) -> tuple[HeldVersion, ...]:
    """The versions that a record holds; none where there is none. Raises FileError where it cannot be read."""
    if not path.exists():
        return ()
    content = read_record(path, _WHAT, _VERSION, _REMEDY)
    return parse_records(HeldVersion, content.get("held"), str(path), "version", _REMEDY)


def write_held(path: Path, held: Sequence[HeldVersion]) -> None:
    """Writes the versions that a work is made of. Raises OutputError."""
    write_record(path, _VERSION, {"held": [to_mapping(version) for version in held]})


def held_in(folder: Path, reference: str) -> str | None:
    """The version that a work of many processes holds, by its folder. Raises FileError for a record that is damaged."""
    pinned = {version.reference: version.pinned for version in read_held(_path(folder, reference))}
    return pinned.get(reference)


def hold_in(folder: Path, held: HeldVersion) -> str:
    """Has all processes of a work hold a version, and returns the one that they do: the first who comes decides.

    Raises OutputError, and FileError for a record that is damaged.
    """
    path = _path(folder, held.reference)
    own = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.json")
    write_held(own, [held])
    try:
        # Unlike a renaming it does not replace what is there.
        os.link(own, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder for jobs") from error
    finally:
        own.unlink()
    return held_in(folder, held.reference) or held.pinned


def _path(folder: Path, reference: str) -> Path:
    return folder / f"{hashlib.sha256(reference.encode()).hexdigest()[:16]}.json"
