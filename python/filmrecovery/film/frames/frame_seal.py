"""The seal of a finished frame: a hash over every byte of its file, in its own header.

An EXR file that the engine or Gaffer's writer made has the attribute `filmrecovery:sha256`, the SHA-256 of the file
with 64 zeros in the place of these digits. No other file can be lost, or disagree with it; the frame may be copied,
moved and renamed. The seal shows a frame that was cut, that has a flipped bit, or that another program changed.

Before a frame is sealed its chunks are counted: the library that writes them does not say when the last ones were lost.
Standard library alone, so that Gaffer's own interpreter can use it.
"""

import hashlib
import struct
from pathlib import Path

from filmrecovery.film.headers.exr_chunks import find_chunks

SEAL_NAME = "filmrecovery:sha256"
UNSEALED = "0" * 64
"""What a writer puts into the attribute, in the place of the digits."""

_FIELD = SEAL_NAME.encode() + b"\0string\0" + struct.pack("<i", len(UNSEALED))


def sealed(content: bytes | bytearray) -> tuple[int, bytes]:
    """Where the digits of the seal stand in an EXR file with `UNSEALED` in its header, and what they are to be.

    Raises ValueError for a file that is not whole, or has no place for a seal.
    """
    find_chunks(content)
    place = _place(content)
    if place is None:
        raise ValueError("its header has no place for a seal")
    return place, _digest(content, place)


def is_as_written(path: Path) -> bool:
    """Whether an EXR file is, to the last bit, what was written and sealed.

    The whole file is read each time: what is remembered of it by size and date knows nothing of a bit that flipped.
    """
    try:
        return _fits(path.read_bytes()) is True
    except OSError:
        return False


def is_changed(path: Path) -> bool:
    """Whether a file that carries a seal is no longer as it was sealed. One without a seal is not."""
    return _fits(path.read_bytes()) is False


def _fits(content: bytes) -> bool | None:
    """Whether the seal of a file fits it; None where it carries none."""
    place = _place(content)
    return None if place is None else content[place : place + len(UNSEALED)] == _digest(content, place)


def _place(content: bytes | bytearray) -> int | None:
    found = content.find(_FIELD)
    return None if found < 0 else found + len(_FIELD)


def _digest(content: bytes | bytearray, place: int) -> bytes:
    digest = hashlib.sha256(content[:place])
    digest.update(UNSEALED.encode())
    digest.update(memoryview(content)[place + len(UNSEALED) :])
    return digest.hexdigest().encode()
