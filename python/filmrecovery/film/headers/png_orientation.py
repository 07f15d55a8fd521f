"""What a PNG file says of how its picture lies, in places where the library does not look (W3C PNG, third edition).

ExifTool puts Exif behind the picture, and ImageMagick of old wrote it as a text. Viewers turn such pictures, and the
library reads them as they lie. Standard library alone, so that Gaffer's own process can ask too.
"""

import contextlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"\x89PNG\r\n\x1a\n"
_PICTURE, _EXIF, _TEXTS = b"IDAT", b"eXIf", (b"tEXt", b"zTXt")
_PROFILES = (b"Raw profile type exif", b"Raw profile type APP1")
_IN_PROFILE = b"Exif\0\0"
_ORIENTATION, _SHORT, _UPRIGHT = 0x0112, 3, (0, 1)
_LONGEST = 1 << 20
"""Bytes of a chunk that is read."""


def hidden_orientation_problem(path: Path) -> str:
    """Why a PNG file may be read turned or mirrored; empty where it is not, and for other files. Raises OSError."""
    with open(path, "rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return ""
        for content in _hidden(file):
            orientation = _orientation(content)
            if orientation not in _UPRIGHT:
                return (
                    f"lies turned or mirrored in its file (orientation {orientation}), and says so where most programs "
                    "do not look; turn it with a program that shows it right, and save it"
                )
    return ""


def _hidden(file: BinaryIO) -> Iterator[bytes]:
    """The Exif data of a file that the library passes over."""
    is_behind = False
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        following = file.tell() + length + 4
        is_behind = is_behind or name == _PICTURE
        if length <= _LONGEST and name == _EXIF and is_behind:
            yield file.read(length)
        elif length <= _LONGEST and name in _TEXTS:
            keyword, _, text = file.read(length).partition(b"\0")
            if keyword in _PROFILES:
                # Those that are damaged are no orientation.
                with contextlib.suppress(zlib.error, ValueError, IndexError):
                    yield _profile(zlib.decompress(text[1:]) if name == b"zTXt" else text)
        file.seek(following)


def _profile(text: bytes) -> bytes:
    """A profile as ImageMagick writes it: its kind and its length, each in a line, and hexadecimal digits."""
    _, _, *digits = text.strip().split()
    return bytes.fromhex(b"".join(digits).decode("ascii")).removeprefix(_IN_PROFILE)


def _orientation(exif: bytes) -> int:
    """The orientation in the first directory of Exif data; 0 where there is none."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2], "")
    if not order:
        return 0
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT:
                return value
    except struct.error:
        pass
    return 0
