"""A folder in which one process alone does a work."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import filelock

from filmrecovery.base.errors import OutputError, RunError

LOCK_NAME = ".lock"


@contextlib.contextmanager
def locked(folder: Path, work: str, lock_name: str = LOCK_NAME) -> Generator[None]:
    """Keeps other processes out of a folder, which is made where missing, until the body ends or the process does.

    Under another name of the lock, other work may go on there. Raises RunError, with the work that goes on, where
    another process is at it; OutputError where the folder cannot be made.
    """
    lock = filelock.FileLock(folder / lock_name)
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
