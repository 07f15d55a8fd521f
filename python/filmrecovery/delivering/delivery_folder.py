"""The folder of a delivery: the names in it, and whose version it is."""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmrecovery.base.atomic import is_leftover
from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import OutputError, SettingsError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.delivering.bag import PAYLOAD
from filmrecovery.delivering.deliver_settings import DPX_MASTER, DeliverSettings
from filmrecovery.film.elements.element import Element
from filmrecovery.film.movies.write_movie import MOVIE_FORMATS
from filmrecovery.film.products.freshness import is_current

VERSION = 1
"""The version of the record's format."""

_RECORD_NAME = "delivery.json"
_SUFFIXES = {DPX_MASTER: ".dpx"}
_WHAT, _REMEDY = "the record of a delivery", "name the folder of a delivery, or restore it"


@dataclass(frozen=True)
class DeliveryFolder:
    """Paths of what is delivered: `<film>_<shot>_v<NNN>` in all names, and the models in names of pictures."""

    path: Path
    models: str
    is_bag: bool = False

    @property
    def record(self) -> Path:
        """What is delivered, written first."""
        return self.path / _RECORD_NAME

    @property
    def content(self) -> Path:
        """Where what is delivered lies: in the folder itself, or in the payload of a bag."""
        return self.path / PAYLOAD if self.is_bag else self.path

    @property
    def report(self) -> Path:
        return self.content / "report"

    def master(self, preset: str) -> str:
        """Pattern of the frames of an encoding, or path of a movie."""
        end = MOVIE_FORMATS[preset].suffix if preset in MOVIE_FORMATS else f".####{_SUFFIXES.get(preset, '.exr')}"
        return str(self.content / "masters" / preset / f"{self._name}{end}")

    def review(self, kind: str) -> str:
        """Path of the movie, or pattern of the PNG frames."""
        return str(self.content / "review" / (f"{self._name}.mp4" if kind == "mp4" else f"{self._name}.####.png"))

    @property
    def _name(self) -> str:
        return f"{self.path.name}_{self.models}"


@dataclass(frozen=True)
class DeliveryRecord:
    """What a delivery is of."""

    settings: DeliverSettings = setting(dataclasses.MISSING, "how it was delivered")
    recovered: Element = setting(dataclasses.MISSING, "the frames that were delivered")
    models: tuple[str, ...] = setting(dataclasses.MISSING, "hashes of the weights of the models that made them")


def read_delivery(folder: Path) -> DeliveryRecord:
    """What the record in the folder of a delivery says. Raises FileError where it cannot be read."""
    path = folder / _RECORD_NAME
    return parse_record(DeliveryRecord, read_record(path, _WHAT, VERSION, _REMEDY), str(path), _REMEDY)


def delivery_name(film: str, shot: str) -> str:
    """The beginning of all names: film and shot, letters of any script, digits, "-" and "_" kept, the rest made "_".

    Raises SettingsError where nothing is left of one of them.
    """
    return f"{_safe(film, 'film')}_{_safe(shot, 'shot')}"


def _safe(text: str, what: str) -> str:
    # One letter, one code: an accent in a code of its own makes another name on another system.
    safe = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", text)).strip("_-")
    if not safe:
        raise SettingsError(f"{what} '{text}': holds no letter and no digit for the name of a file; name the {what}")
    return safe


def models_name(models: Sequence[Mapping[str, Any]]) -> str:
    """Mode and first eight digits of the weights' hash of each model, by its description, in their order."""
    return "_".join(f"{model['mode']}-{model['weights_hash'][:8]}" for model in models)


def claim_version(folder: Path, name: str, version: int | None, line: str, content: Mapping[str, Any]) -> Path:
    """The folder of the version that was made from the same (see `made_from`), or of a new one, with its record.

    Without a version it is the one that an earlier call began, or the next after all that are there. Raises OutputError
    where the version that is asked for holds anything else, FileError for a record that cannot be read.
    """
    if version is None:
        taken = _versions(folder, name)
        own = [number for number, path in taken.items() if is_current(path / _RECORD_NAME, line)]
        version = max(own or [max(taken, default=0) + 1])
    path = folder / f"{name}_v{version:03d}"
    record = path / _RECORD_NAME
    if _holds_something(path):
        if not is_current(record, line):
            raise OutputError(
                f"{path}: holds another delivery, and nothing is overwritten; name another version, or none to get the "
                "next free one"
            )
        return path
    write_record(record, VERSION, content, line)
    return path


def _versions(folder: Path, name: str) -> dict[int, Path]:
    pattern = re.compile(re.escape(name) + r"_v(\d{3,})")
    found = {int(match[1]): path for path in folder.iterdir() if (match := pattern.fullmatch(path.name))}
    return {number: path for number, path in found.items() if _holds_something(path)}


def _holds_something(path: Path) -> bool:
    """Not so where an earlier call was killed before it could write its record."""
    if path.is_dir():
        return not all(map(is_leftover, path.iterdir()))
    return path.exists()
