"""Files appear whole or not at all: written under a temporary name in the same folder, synced, then renamed."""

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Generator
from pathlib import Path

from filmrecovery.base.errors import OutputError

_TEMPORARY_NAME = re.compile(r"\..*\.[0-9a-f]{8}(\.[^.]+)?")

_ADVICE = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.EFBIG: "choose a folder that takes files of this size",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
}


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Generator[Path]:
    """Yields a temporary path to write to, which becomes `path` when the body ends without an exception.

    The temporary file lies in the folder of `path` (made where missing), has its suffix, and is hidden by a leading
    dot. When the body raises, it is removed and a file already at `path` stays as it was. An OSError of the body, such
    as a full disk, becomes an OutputError that names `path`.
    """
    path = Path(path)
    # Not tempfile: its files are readable by their owner alone, and frames on shared storage must not be.
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "check the path and the disk")
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); {advice}") from error


def is_leftover(path: Path) -> bool:
    """Whether the file has the name of a temporary one, which a process that was killed leaves behind."""
    return bool(_TEMPORARY_NAME.fullmatch(path.name)) and path.is_file()


def write_text(path: str | Path, text: str) -> None:
    """Writes a UTF-8 text file atomically. Raises OutputError."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
