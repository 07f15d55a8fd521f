"""Hashes of files and of pictures by their content, each read once: a hash is remembered until the file changes.

The memory is a small database in the user's cache folder. It may be deleted at any time; then files are read again.
"""

import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import platformdirs

from filmrecovery.base.file_hash import file_sha256
from filmrecovery.base.overlap import cores
from filmrecovery.base.progress import progress
from filmrecovery.film.frames.frame_encoding import MARK_NAME
from filmrecovery.film.headers.exr_chunks import find_chunks

_LOG = logging.getLogger(__name__)
_MOST_WORKERS = 4
# A file that was changed so shortly ago may change again within one tick of the file system's clock.
_SETTLED_NANOSECONDS = 2_000_000_000
# Fewer files are read before a line about it could be.
_FEWEST_TO_SHOW = 32
_DAYS_KEPT = 365
# Seconds that another process may hold the database.
_LONGEST_WAIT = 5
# Attributes of EXR that say how the chunks of a picture are to be read.
_OF_THE_PICTURE = (b"channels", b"compression", b"dataWindow", b"displayWindow")
_WITHOUT_MEMORY = threading.Event()
# Set when this process has forgotten what is old, which looks at all that is remembered.
_FORGOTTEN = threading.Event()
_TABLE = """CREATE TABLE IF NOT EXISTS hashes
(key TEXT PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, inode INTEGER, sha256 TEXT, hashed INTEGER)"""


def file_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """The sha256 of each file's bytes, in hexadecimal, by its path. Raises ElementError where one cannot be read.

    A file is not read again while its size, inode and times are the same as in an earlier call.
    """
    return _hashes("file", file_sha256, paths)


def picture_hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """The sha256 of the picture of each frame that a stage of ours made, and of the whole file of all others.

    What a header of ours says of names and dates does not count, so that it may be written again. The pixels count as
    they lie in the file, compressed, which need not be decoded for it; so do channels and both windows. Otherwise as
    `file_hashes`.
    """
    return _hashes("stored picture", _picture_sha256, paths)


def silently_changed(paths: Iterable[Path]) -> list[Path]:
    """The files whose bytes are not those of an earlier call of these functions, though nothing wrote the files since.

    Every file is read, and what is new is remembered. Raises ElementError where one cannot be read.
    """
    wanted = list(dict.fromkeys(paths))
    states = {path: state for path in wanted if (state := _state(path)) is not None}
    known = _remembered("file", states)
    found = _read_all(file_sha256, wanted)
    _remember("file", {path: (states[path], found[path]) for path in wanted if path in states and path not in known})
    return [path for path, sha256 in known.items() if found[path] != sha256]


def _picture_sha256(path: Path) -> str:
    if path.suffix.lower() != ".exr":
        return file_sha256(path)
    try:
        content = path.read_bytes()
        attributes, start = find_chunks(content)
    except (OSError, ValueError):
        # Whoever is about to read it says what is wrong with it.
        return file_sha256(path)
    if MARK_NAME.encode() not in attributes:
        return hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256(repr([attributes.get(name) for name in _OF_THE_PICTURE]).encode())
    digest.update(memoryview(content)[start:])
    return digest.hexdigest()


def _hashes(kind: str, read_hash: Callable[[Path], str], paths: Iterable[Path]) -> dict[Path, str]:
    wanted = list(dict.fromkeys(paths))
    states = {path: state for path in wanted if (state := _state(path)) is not None}
    found = _remembered(kind, states)
    unread = [path for path in wanted if path not in found]
    read = _read_all(read_hash, unread)
    _remember(kind, {path: (states[path], digest) for path, digest in read.items() if path in states})
    return found | read


def _read_all(read_hash: Callable[[Path], str], paths: list[Path]) -> dict[Path, str]:
    with ThreadPoolExecutor(min(_MOST_WORKERS, cores())) as pool:
        reading: Iterable[str] = pool.map(read_hash, paths)
        if len(paths) >= _FEWEST_TO_SHOW:
            reading = progress(reading, len(paths), "Reading files to tell whether they changed")
        return dict(zip(paths, reading, strict=True))


_State = tuple[int, int, int, int]


def _state(path: Path) -> _State | None:
    """Size, times and inode of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        # Whoever reads it says what is wrong.
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _memory() -> Path:
    return platformdirs.user_cache_path("filmrecovery", appauthor=False) / "hashes.sqlite"


@contextlib.contextmanager
def _database() -> Generator[sqlite3.Connection]:
    path = _memory()
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path, timeout=_LONGEST_WAIT)) as database, database:
        database.execute(_TABLE)
        yield database


def _remembered(kind: str, states: dict[Path, _State]) -> dict[Path, str]:
    found: dict[Path, str] = {}
    if _WITHOUT_MEMORY.is_set():
        return found
    try:
        with _database() as database:
            for path, state in states.items():
                question = "SELECT size, modified, changed, inode, sha256 FROM hashes WHERE key = ?"
                row = database.execute(question, (_key(kind, path),)).fetchone()
                if row and tuple(row[:4]) == state:
                    found[path] = row[4]
    except (OSError, sqlite3.Error) as error:
        _do_without(error)
    return found


def _remember(kind: str, hashes: dict[Path, tuple[_State, str]]) -> None:
    now = time.time_ns()
    rows = [
        (_key(kind, path), *state, digest, now)
        for path, (state, digest) in hashes.items()
        # Not of a file that was written while it was read.
        if _state(path) == state and now - max(state[1], state[2]) > _SETTLED_NANOSECONDS
    ]
    if not rows or _WITHOUT_MEMORY.is_set():
        return
    try:
        with _database() as database:
            if not _FORGOTTEN.is_set():
                database.execute("DELETE FROM hashes WHERE hashed < ?", (now - _DAYS_KEPT * 86_400 * 10**9,))
                _FORGOTTEN.set()
            database.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    except (OSError, sqlite3.Error) as error:
        _do_without(error)


def _do_without(error: Exception) -> None:
    # A folder on a server may refuse locks, each after a wait: asked once is enough.
    _WITHOUT_MEMORY.set()
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        # Damaged: the next process begins another.
        with contextlib.suppress(OSError):
            _memory().unlink(missing_ok=True)
    _LOG.debug("the memory of hashes cannot be used (%s); files are read each time", error)


def _key(kind: str, path: Path) -> str:
    # Names of files may hold bytes that are no UTF-8, which a database of texts does not take.
    return f"{kind} {os.fsencode(path.absolute()).hex()}"
