"""The attributes in the header of an EXR file of one part, by its bytes. Standard library alone."""

import mmap
import struct
from pathlib import Path


def attributes_of(content: bytes | bytearray | mmap.mmap) -> tuple[dict[bytes, bytes], int]:
    """The attributes, by name, and where the header ends.

    Raises ValueError, IndexError or struct.error where it is cut short.
    """
    found = {}
    position = 8
    while content[position]:
        texts = []
        for _ in range(2):
            end = content.find(b"\0", position)
            if end < 0:
                raise ValueError("it is cut short")
            texts.append(bytes(content[position:end]))
            position = end + 1
        (size,) = struct.unpack_from("<i", content, position)
        if size < 0:
            raise ValueError("an attribute has no plausible size")
        position += 4
        found[texts[0]] = bytes(content[position : position + size])
        position += size
    return found, position + 1


def attribute_names(path: Path) -> set[str]:
    """The names of all attributes of a whole file, those of kinds that libraries leave out too. Raises OSError."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return {name.decode(errors="replace") for name in attributes_of(content)[0]}
