"""Selected frames, and the file that holds them. Imports the standard library alone, as Gaffer needs it."""

import csv
import dataclasses
import io
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import FileError
from filmrecovery.base.limits import HIGHEST_FRAME, MOST_FRAMES
from filmrecovery.base.records import parse_record, read_record, write_record, write_table
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import ROLES

VERSION = 2
_RANGES = ("frames", "hold_out_frames", "preview_frames")


class Why(StrEnum):
    """The kinds of reasons for a role. Decisions follow from the kind; the text beside it is for people."""

    PLACE = "place in the shot"
    COVERAGE = "unlike the chosen"
    ASKED_FOR = "asked for"
    HELD_OUT = "held out"
    PREVIEWED = "shown during training"
    LIKE_CHOSEN = "like the chosen"
    NO_REFERENCE = "no reference"
    NOT_ALIGNED = "not aligned"
    BADLY_ALIGNED = "badly aligned"
    FLASHED = "flashed"
    UNLIKE_NEIGHBOURS = "unlike its neighbours"
    BLURRED = "blurred"


WITHOUT_TARGET = frozenset({Why.NO_REFERENCE, Why.NOT_ALIGNED, Why.BADLY_ALIGNED})
"""Frames that cannot have a target."""
SPOILT = frozenset({Why.FLASHED, Why.UNLIKE_NEIGHBOURS, Why.BLURRED})
"""Frames whose own picture is at fault."""
UNFIT = WITHOUT_TARGET | SPOILT


@dataclass(frozen=True)
class FrameRole:
    """The part of one frame of the source, and why."""

    frame: int = setting(dataclasses.MISSING, "frame of the source", minimum=0, maximum=HIGHEST_FRAME)
    shot: int = setting(dataclasses.MISSING, "number of its shot, from 1", minimum=1, maximum=MOST_FRAMES)
    role: str = setting(dataclasses.MISSING, "use of the frame", choices=(*ROLES, "left"))
    why: str = setting(dataclasses.MISSING, "kind of the reason", choices=tuple(Why))
    reason: str = setting(dataclasses.MISSING, "the reason in words")
    reference: int | None = setting(
        None, "frame of the reference that shows the same", minimum=0, maximum=HIGHEST_FRAME
    )


@dataclass(frozen=True)
class Selection:
    """The roles of all frames of the shots, in the order of their numbers."""

    roles: tuple[FrameRole, ...]

    @property
    def spoilt_frames(self) -> set[int]:
        """The frames that were not chosen since their own picture is at fault."""
        return {role.frame for role in self.roles if role.why in SPOILT}

    @property
    def frames(self) -> str:
        """The frames to train on, as `PairSettings` takes them."""
        return self._range("train")

    @property
    def hold_out_frames(self) -> str:
        """The frames kept out of training."""
        return self._range("hold-out")

    @property
    def preview_frames(self) -> str:
        """The frame without a target that is shown during training."""
        return self._range("preview")

    def _range(self, role: str) -> str:
        return format_frames(found.frame for found in self.roles if found.role == role)


def write_selection(path: Path, selection: Selection, made_from: str | None = None) -> None:
    """Writes a selection as JSON, and as a CSV of the same name beside it. Raises OutputError."""
    rows = [dataclasses.asdict(role) for role in selection.roles]
    content = {**{key: getattr(selection, key) for key in _RANGES}, "roles": rows}
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in dataclasses.fields(FrameRole)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_table(path.with_suffix(".csv"), text.getvalue())
    write_record(path, VERSION, content, made_from)


def read_selection(path: Path) -> Selection:
    """Reads what `write_selection` wrote.

    Raises FileError for a file that is missing, damaged or something else, and where somebody changed the ranges or
    the roles alone.
    """
    remedy = "correct it, or remove it and select the frames again"
    content = read_record(path, "a selection", VERSION, remedy)
    selection = parse_record(Selection, {"roles": content.get("roles")}, str(path), remedy)
    for key in _RANGES:
        found = getattr(selection, key)
        if content.get(key, found) != found:
            raise FileError(
                f"{path}: key '{key}' is {content[key]}, but the roles of the frames give {found}; correct one of them"
            )
    return selection
