"""Scopes: named ranges of frames that a model is trained for, and the file that holds them."""

import bisect
import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import SettingsError
from filmrecovery.base.limits import HIGHEST_FRAME
from filmrecovery.base.records import parse_records, read_record, write_record

KINDS = ("shot", "scene", "sequence")
VERSION = 1


@dataclass(frozen=True)
class Scope:
    """A named range of frames that a model is trained for: a shot, or a scene or sequence of several."""

    name: str = setting(dataclasses.MISSING, "name, such as shot_010")
    kind: str = setting(dataclasses.MISSING, "what the range is", choices=KINDS)
    first: int = setting(dataclasses.MISSING, "first frame", minimum=0, maximum=HIGHEST_FRAME)
    last: int = setting(dataclasses.MISSING, "last frame", minimum=0, maximum=HIGHEST_FRAME)

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise SettingsError(f"{self.kind} '{self.name}': frames {self.first}-{self.last} end before they begin")

    def __str__(self) -> str:
        return f"{self.name} (frames {self.first}-{self.last})"

    def of(self, frames: Sequence[int]) -> tuple[int, ...]:
        """The frames, of all that are given in ascending order, that lie in the range."""
        return tuple(frames[bisect.bisect_left(frames, self.first) : bisect.bisect_right(frames, self.last)])


def name_of_shot(shots: Iterable[Scope], frame: int, otherwise: str = "") -> str:
    """The name of the first of the shots that the frame lies in, or another where it lies in none."""
    return next((shot.name for shot in shots if shot.first <= frame <= shot.last), otherwise)


def unknown_shots(shots: Iterable[Scope], known: Collection[str], frames: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The shots that are not among the known names, each with its frames of those given, in ascending order."""
    return {shot.name: shot.of(frames) for shot in shots if shot.name not in known and shot.of(frames)}


def write_scopes(path: str | Path, scopes: tuple[Scope, ...], made_from: str | None = None) -> None:
    """Writes named ranges as JSON. Raises OutputError."""
    write_record(path, VERSION, {"scopes": [dataclasses.asdict(scope) for scope in scopes]}, made_from)


def read_scopes(path: str | Path) -> tuple[Scope, ...]:
    """Named ranges of a JSON file, which may be written by hand. Raises FileError for one that does not fit."""
    remedy = "correct the file, or remove it and find the shots again"
    rows = read_record(path, "a file of shots", VERSION, remedy).get("scopes")
    return parse_records(Scope, rows, str(path), "scope", remedy)
