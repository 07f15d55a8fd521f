"""The seal of a finished frame: a hash over every byte of its file, in its own header.

An EXR file that the engine or Gaffer's writer made has the attribute `filmrecovery:sha256`, the SHA-256 of the file
with 64 zeros in the place of these digits. No other file can be lost, or disagree with it; the frame may be copied,
moved and renamed. A frame that was cut, of which a bit flipped, or that another program changed is told by it.

Before a frame is sealed its chunks are counted: the library that writes them does not say when the last ones were lost.
Standard library alone, so that Gaffer's own interpreter can use it.
"""

import hashlib
import struct
from pathlib import Path

from filmrecovery.film.headers.exr_header import attributes_of

SEAL_NAME = "filmrecovery:sha256"
UNSEALED = "0" * 64
"""What a writer puts into the attribute, in the place of the digits."""

_FIELD = SEAL_NAME.encode() + b"\0string\0" + struct.pack("<i", len(UNSEALED))
_MAGIC = 20000630
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32}
"""Lines of a chunk by the code of the compression (OpenEXR, file layout)."""


def sealed(content: bytes | bytearray) -> tuple[int, bytes]:
    """Where the digits of the seal stand in an EXR file with `UNSEALED` in its header, and what they are to be.

    Raises ValueError for a file that is not whole, or has no place for a seal.
    """
    _check_chunks(content)
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


def _check_chunks(content: bytes | bytearray) -> None:
    """Raises ValueError where chunks are missing of an EXR file, of scan lines in one part, or follow no order."""
    try:
        magic, version = struct.unpack_from("<ii", content)
        if magic != _MAGIC or version & (_TILED | _DEEP | _PARTS):
            raise ValueError("it is no EXR file of scan lines in one part")
        attributes, position = attributes_of(content)
        _, top, _, bottom = struct.unpack("<4i", attributes[b"dataWindow"])
        lines = _LINES[attributes[b"compression"][0]]
        count = -(-(bottom - top + 1) // lines)
        offsets = sorted(struct.unpack_from(f"<{count}Q", content, position))
        position += 8 * count
        for offset in offsets:
            if offset != position:
                raise ValueError("it is cut short, or has holes")
            position += 8 + struct.unpack_from("<i", content, offset + 4)[0]
    except (struct.error, KeyError, IndexError) as error:
        raise ValueError("it is cut short") from error
    if position != len(content):
        raise ValueError("it is cut short")


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
