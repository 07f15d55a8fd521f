"""What a PNG file says before its picture, chunk by chunk (W3C PNG, third edition). Standard library alone."""

import struct
from pathlib import Path

MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE = b"IDAT"
_MOST_BYTES = 1 << 24
"""Of a chunk that is read: profiles of printers have some megabytes."""


def chunks_of(path: Path) -> dict[bytes, bytes]:
    """The chunks before the picture, by name; of a file that is cut short, those that are whole. Raises OSError."""
    found: dict[bytes, bytes] = {}
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return found
        while len(head := file.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            if name == _PICTURE or length > _MOST_BYTES:
                break
            # The last four are its checksum, which the reader of the picture looks at.
            content = file.read(length + 4)
            if len(content) == length + 4:
                found.setdefault(name, content[:length])
    return found
