"""The hash of a file. Standard library alone."""

import hashlib
from pathlib import Path

from filmrecovery.base.errors import ElementError


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal. Raises ElementError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ElementError(f"{path}: cannot be read ({error.strerror}); restore this file") from error
