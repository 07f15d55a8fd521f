"""Files appear whole or not at all: written under a temporary name in the same folder, synced, then renamed.

A library that writes a file by itself may be silent about a full disk, most of all where it closes the file. So what a
library can encode in memory is encoded there, and its bytes are written here, where the answer of the system to each
step is heard. A file that a library can only write by itself is checked by the caller.

A process that is killed leaves a temporary file. A writer holds a lock on its file while it lives, and the next process
that writes into the folder removes those that nobody holds.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import threading
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from filmrecovery.base.errors import OutputError

try:
    import fcntl
except ImportError:
    # Windows, where a file that somebody has open can be neither removed nor renamed.
    fcntl = None

_TEMPORARY_NAME = re.compile(r"\..*\.[0-9a-f]{8}(\.[^.]+)?")

_ADVICE = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.EFBIG: "choose a folder that takes files of this size",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
}

# Folders in which this process has looked for what others left.
_cleared: set[Path] = set()
_clearing = threading.Lock()


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Generator[Path]:
    """Yields a temporary path to write to, which becomes `path` when the body ends without an exception.

    The temporary file lies in the folder of `path` (made where missing), is there already, empty, with the rights that
    the umask gives, has the suffix of `path`, and is hidden by a leading dot. When the body raises, it is removed and a
    file already at `path` stays as it was. An OSError of the body, such as a full disk, becomes an OutputError that
    names `path`. For libraries that write to a path alone; what is there as bytes goes to `write_bytes`.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_once(path.parent)
        temporary, file = _temporary(path)
        try:
            with file:
                yield temporary
                # By the file that was open from the start, which reports failures of other writers too.
                os.fsync(file.fileno())
                if fcntl is None:
                    file.close()
                # Under the lock still, so that nobody takes the file for left behind.
                os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "check the path and the disk")
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); {advice}") from error


def write_bytes(path: str | Path, content: bytes | bytearray | memoryview) -> None:
    """Writes a file atomically. Raises OutputError."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(content)


def write_text(path: str | Path, text: str) -> None:
    """Writes a UTF-8 text file atomically. Raises OutputError."""
    write_bytes(path, text.encode())


def copy_file(source: Path, path: Path) -> None:
    """Copies the content of a file atomically. Raises OutputError."""
    with atomic_path(path) as temporary:
        shutil.copyfile(source, temporary)


def is_leftover(path: Path) -> bool:
    """Whether the file has the name of a temporary one, which a process that was killed leaves behind."""
    return bool(_TEMPORARY_NAME.fullmatch(path.name)) and path.is_file()


def _clear_leftovers(folder: Path) -> None:
    """Removes the temporary files in a folder that no process is writing, of this program alone.

    A process holds a lock on its temporary file, which ends with the process. Where the file system has no locks,
    nothing is removed. What cannot be removed stays.
    """
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if is_leftover(path):
                with contextlib.suppress(OSError), open(path, "r+b") as file:
                    if fcntl:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    else:
                        file.close()
                    path.unlink()


def _clear_once(folder: Path) -> None:
    """Clears a folder before the first file that this process writes into it."""
    folder = folder.absolute()
    with _clearing:
        if folder in _cleared:
            return
        _cleared.add(folder)
        _clear_leftovers(folder)


def _temporary(path: Path) -> tuple[Path, BinaryIO]:
    """A new temporary file beside a path, held by this process while it is open."""
    while True:
        # Not tempfile: its files are readable by their owner alone, and frames on shared storage must not be.
        temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
        file = open(temporary, "xb")  # noqa: SIM115 (the caller closes it)
        if not fcntl:
            return temporary, file
        # A file system without locks does without.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have found it before it was locked, and removed it.
        if os.fstat(file.fileno()).st_nlink:
            return temporary, file
        file.close()


def _sync_folder(folder: Path) -> None:
    """Has the new name of a file on the disk, too: a loss of power may otherwise bring back the old one."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems have no such thing for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
