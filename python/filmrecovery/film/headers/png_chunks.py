"""What a PNG file says before and behind its picture, chunk by chunk (W3C PNG, third edition).

Any file can be given: nothing in it decides how much is read. Standard library alone, so that Gaffer's own process can
ask too.
"""

import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE = b"IDAT"
_MOST_BYTES = 1 << 24
"""How much of a chunk is read, and unpacked: profiles of printers have some megabytes."""


def chunks_of(path: Path, wanted: Collection[bytes]) -> dict[bytes, bytes]:
    """The wanted chunks before the picture, by name; of those that are there twice the first.

    Empty for other files; what is cut short is left out. Raises OSError.
    """
    chunks: dict[bytes, bytes] = {}
    with open(path, "rb") as file:
        for name, length in _walk(file):
            if name == _PICTURE:
                break
            if name in wanted and (content := _content(file, length)) is not None:
                chunks.setdefault(name, content)
    return chunks


def placed_chunks(path: Path, wanted: Collection[bytes]) -> Iterator[tuple[bytes, bytes, bool]]:
    """The name and the content of all wanted chunks of a file, and whether they lie behind the picture's begin.

    None for other files; what is cut short is left out. Raises OSError.
    """
    is_behind = False
    with open(path, "rb") as file:
        for name, length in _walk(file):
            is_behind = is_behind or name == _PICTURE
            if name in wanted and (content := _content(file, length)) is not None:
                yield name, content, is_behind


def unpacked(content: bytes) -> bytes:
    """The compressed data of a chunk, which stand behind a name, a zero and their method; empty where damaged."""
    try:
        return zlib.decompressobj().decompress(content[content.index(b"\0") + 2 :], _MOST_BYTES)
    except (ValueError, zlib.error):
        return b""


def _walk(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The name and the length of each chunk, while the file stands at its content."""
    if file.read(len(MAGIC)) != MAGIC:
        return
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        # The last four are its checksum, which the reader of the picture looks at.
        following = file.tell() + length + 4
        yield name, length
        file.seek(following)


def _content(file: BinaryIO, length: int) -> bytes | None:
    if length > _MOST_BYTES:
        return None
    content = file.read(length)
    return content if len(content) == length else None
