"""The attributes in the header of an EXR file, by its bytes. Standard library alone."""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

_DEEP, _PARTS = 0x800, 0x1000
_NUMBERS = ("uint", "half", "float")
"""The types of a channel's numbers, by their code."""


@dataclass(frozen=True)
class ExrHeader:
    """What an EXR file says of its first part, and how many parts it has.

    `channels` are the names and the types of numbers: uint, half or float.
    """

    attributes: dict[bytes, bytes]
    channels: dict[bytes, str]
    parts: int
    is_deep: bool


def attributes_of(content: bytes | bytearray | mmap.mmap, position: int = 8) -> tuple[dict[bytes, bytes], int]:
    """The attributes of the header at a position, by name, and where it ends; the first is that of the first part.

    Raises ValueError, IndexError or struct.error where it is cut short.
    """
    attributes = {}
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
        attributes[texts[0]] = bytes(content[position : position + size])
        position += size
    return attributes, position + 1


def attribute_names(path: Path) -> set[str]:
    """The names of all attributes of a whole file, those of kinds that libraries leave out too. Raises OSError."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return {name.decode(errors="replace") for name in attributes_of(content)[0]}


def read_exr_header(path: Path) -> ExrHeader | None:
    """The header of a file; None where it is cut short, of which the reader of the picture tells. Raises OSError."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            (flags,) = struct.unpack_from("<i", content, 4)
            attributes, position = attributes_of(content)
            parts = 1
            # After the header of the last part stands a zero.
            while flags & _PARTS and content[position]:
                _, position = attributes_of(content, position)
                parts += 1
            return ExrHeader(attributes, _channels(attributes[b"channels"]), parts, bool(flags & _DEEP))
    except (ValueError, IndexError, KeyError, struct.error):
        return None


def _channels(listed: bytes) -> dict[bytes, str]:
    channels = {}
    position = 0
    while listed[position]:
        end = listed.index(b"\0", position)
        (kind,) = struct.unpack_from("<i", listed, end + 1)
        channels[listed[position:end]] = _NUMBERS[kind]
        # Type, whether it is perceptually linear, and how it is sampled.
        position = end + 17
    return channels
