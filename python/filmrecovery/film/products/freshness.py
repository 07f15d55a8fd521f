"""One rule for what is current: a product is, as long as it would be made from the same again.

What a product was made from stands in the product itself, as one line: in the record of a stage as `made_from`, in the
header of a frame as `filmrecovery:madeFrom`. No other file can be lost, or disagree with it. The header of a frame also
has a hash of the whole file (see `frame_seal`), which is checked before the frame is taken for finished.

    matches 1; settings 5d41…; content 9a0c…; code 3f2b71c

The content decides. Where files lie, what they are called and when they were touched does not matter, so that a folder
may be moved and copied. The revision of the code is there to be read: a stage whose results change gets another number.
A record that somebody corrected by hand stays until it would be made from something else.
"""

import dataclasses
import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from filmrecovery.base.code_revision import code_revision
from filmrecovery.base.errors import ElementError, OutputError, RecoveryError, SettingsError
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.base.records import made_from_of
from filmrecovery.film.checks.content_hash import file_hashes, picture_hashes
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_encoding import MARK_NAME
from filmrecovery.film.frames.frame_seal import is_as_written
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.headers.file_magic import DPX, EXR, kind_of
from filmrecovery.picture import colour

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_LONGEST_HEADER = 1 << 20
"""Bytes in which the mark is looked for."""
_SUFFIX = ".json"
"""The suffix of records; other products are frames."""


def made_from(stage: str, version: int, settings: object, *content: object) -> str:
    """What a product of a stage is made from, as one line of text.

    `version` counts the changes of what the stage makes. Settings and content are dataclasses, arrays, plain values,
    and containers of such. An element stands for its frame numbers, its colour space and its pictures; a path for every
    byte of its file. The OCIO config in use counts as a setting. A file that is missing counts as empty: the stage
    is about to read it, and says what is wrong.
    """
    hashes = {"settings": _digest([colour.config_name(), settings]), "content": _digest(content)}
    parts = [f"{stage} {version}", *(f"{name} {digest}" for name, digest in hashes.items())]
    return "; ".join([*parts, f"code {code_revision() or 'unknown'}"])


def is_current(path: Path, made_from: str) -> bool:
    """Whether the product at `path`, a record or a frame, was made from the same; a frame must be whole, too.

    A frame of which a bit is not as it was written (see `frame_seal`) is not current, with a warning.

    Raises FileError for a record that is no JSON: records are written whole, so that somebody edited this one.
    """
    if not is_same(_made_from(path), made_from):
        return False
    if path.suffix.lower() == ".json" or is_as_written(path):
        return True
    _LOG.warning("%s: is damaged, or was changed since it was written; it is not taken for finished", path)
    return False


def is_same(found: str | None, made_from: str) -> bool:
    """Whether two products, of which the first may not say so, were made from the same."""
    return found is not None and _deciding(found) == _deciding(made_from)


def has_same_content(path: Path, made_from: str) -> bool:
    """Whether the product at `path` differs at most by its settings from one that would be made now.

    Raises as `is_current` does.
    """
    found = _made_from(path)
    return found is not None and _deciding(found)[::2] == _deciding(made_from)[::2]


def kept_or_made(
    path: Path,
    made_from: str,
    read: Callable[[Path], T],
    make: Callable[[], T],
    write: Callable[[Path, T, str], None],
) -> T:
    """What the record at `path` holds where it is current, with a line in the log; else it is made and written.

    An interrupted call leaves the record as it was. Raises SettingsError for a path that does not end in .json, which
    may be that of the record's own table; OutputError where the path holds something else than such a record;
    ElementError for a record that cannot be read, and what `make` and `write` raise.
    """
    if path.suffix.lower() != _SUFFIX:
        raise SettingsError(f"{path}: expected a name that ends in {_SUFFIX}, as matches{_SUFFIX} does")
    if is_current(path, made_from):
        say_current(path)
        return read(path)
    refuse_other_kind(path, (_stage(made_from),), read)
    if path.exists():
        _LOG.info("%s: is made again, %s", path, _difference(_made_from(path), made_from))
    record = make()
    write(path, record, made_from)
    return record


def refuse_other_kind(path: Path, stages: Collection[str], read: Callable[[Path], object]) -> None:
    """Raises OutputError where the path is that of a file that is no earlier record of one of the stages.

    A record of another version is one; a record that does not say what it was made from is one if it can be read.
    Raises FileError for a file that is no JSON.
    """
    if not path.exists():
        return
    found = _made_from(path)
    try:
        if found is None:
            read(path)
        elif _stage(found) not in stages:
            raise SettingsError(f"it is of the stage '{_stage(found)}'")
    except RecoveryError as error:
        raise OutputError(
            f"{path}: holds something other than what would be written; choose another name, or remove it ({error})"
        ) from error


def refuse_other_frames(paths: Iterable[Path], mark: str = MARK_NAME) -> None:
    """Raises OutputError where an EXR or DPX that was not written here, such as a scan, would be replaced.

    `mark` is the attribute of frames that were written here; other formats have no place for it. A file that is no
    picture at all, as after a disk was full, may be replaced.
    """

    def is_ours(path: Path) -> bool:
        with open(path, "rb") as file:
            header = file.read(_LONGEST_HEADER)
        return kind_of(path) not in (EXR, DPX) or mark.encode() in header

    for path in paths:
        refuse_foreign(path, "frame", is_ours)


def say_current(product: object) -> None:
    """Logs that a product is current, and that nothing is done."""
    _LOG.info("%s: is current, nothing is done again", product)


def _made_from(path: Path) -> str | None:
    """The line in a product; None where there is no product, or none that has the line."""
    if path.suffix.lower() == _SUFFIX:
        return made_from_of(path)
    if not path.is_file():
        return None
    try:
        return read_header(path).get_string_attribute(MARK_NAME) or None
    except ElementError:
        # Whatever lies there is no finished frame; writing the frame replaces it.
        _LOG.warning("%s: cannot be read; it is not taken for finished", path)
        return None


def _stage(line: str) -> str:
    return line.split(";")[0].rpartition(" ")[0]


def _deciding(line: str) -> list[str]:
    return line.split("; ")[:3]


def _difference(earlier: str | None, made_from: str) -> str:
    """How the earlier product differs, in words for the user."""
    if earlier is None:
        return "it does not say what it was made from"
    names = ("this version makes it in another way", "its settings changed", "the files that it was made from changed")
    pairs = zip(names, _deciding(earlier), _deciding(made_from), strict=False)
    return " and ".join(name for name, before, now in pairs if before != now)


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=_plain).encode()).hexdigest()


def _plain(part: object) -> Any:
    """The part as something that JSON has, or whose parts are such."""
    if isinstance(part, Element):
        hashes = picture_hashes(path for path in part.paths() if path.is_file())
        return [part.space, [(frame, hashes.get(part.path(frame))) for frame in part.frames]]
    if isinstance(part, Path):
        return file_hashes([part])[part] if part.is_file() else None
    if dataclasses.is_dataclass(part):
        return vars(part)
    if isinstance(part, np.ndarray):  # noqa: TID251
        return part.tolist()
    raise TypeError(f"a {type(part).__name__} is nothing that a product is made from")
