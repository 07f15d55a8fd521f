"""What a record was made from, as a hash: where nothing of that has changed, a stage reads its record and does no work.

The hash lies in the record itself, so that a dispatcher may call a stage as often as it likes, and that a record which
somebody corrected by hand stays until it would be made from something else.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from filmrecovery.base.records import stamp_of
from filmrecovery.film.sequences import Sequence
from filmrecovery.picture import colour

T = TypeVar("T")


def made_from(*parts: object) -> str:
    """The hash, in hexadecimal, over everything that a record is made from, and the OCIO config in use.

    Parts are settings, elements, what earlier records hold, and plain values. Of an element it takes the names, sizes
    and times of modification of its files. Not their content, which would take as long as the work that is spared.
    """
    text = json.dumps([colour.config_name(), *parts], default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(part: object) -> Any:
    """The part as something that JSON has, or whose parts are such."""
    if isinstance(part, Sequence):
        return [_file(part.path(frame)) for frame in part.frames]
    if dataclasses.is_dataclass(part):
        return vars(part)
    if isinstance(part, np.ndarray):
        return part.tolist()
    raise TypeError(f"a {type(part).__name__} is nothing that a record is made from")


def _file(path: Path) -> list[object]:
    try:
        status = path.stat()
    except OSError:
        # The stage is about to read it, and says what is wrong.
        return [str(path)]
    return [str(path), status.st_size, status.st_mtime_ns]


def kept_or_made(
    path: Path,
    stamp: str,
    read: Callable[[Path], T],
    make: Callable[[], T],
    write: Callable[[Path, T, str], None],
) -> T:
    """What the record at `path` holds where it was made from the same, which is said; else it is made and written.

    The text goes to standard error, so that the output of a verb stays what it is. An interrupted call leaves the
    record as it was. Raises ElementError for a record that cannot be read, and what `make` and `write` raise.
    """
    if stamp_of(path) == stamp:
        print(f"{path}: is current, nothing is done again", file=sys.stderr, flush=True)
        return read(path)
    record = make()
    write(path, record, stamp)
    return record
