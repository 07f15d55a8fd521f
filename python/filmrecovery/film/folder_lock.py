"""A folder that one process alone works in."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import filelock

from filmrecovery.base.errors import OutputError, RunError

LOCK_NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path, work: str) -> Generator[None]:
    """Keeps other processes out of a folder, which is made where missing, until the body ends or the process does.

    Raises RunError, with the work that goes on there, where another process is in it; OutputError where the folder
    cannot be made.
    """
    lock = filelock.FileLock(folder / LOCK_NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise RunError(f"{folder}: another process is {work} this folder; wait for it or stop it") from error
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        yield
    finally:
        lock.release()
