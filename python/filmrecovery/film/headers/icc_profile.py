"""What an ICC profile says of its colour: its name, and what curve its values have (ICC.1:2022).

Standard library alone.
"""

import struct
import zlib
from dataclasses import dataclass

_TAGS = 128
"""Where the table of tags begins."""
_COLOUR = (b"rTRC", b"gTRC", b"bTRC", b"rXYZ", b"gXYZ", b"bXYZ", b"A2B0", b"wtpt")
_MOST_TAGS = 100
_LINEAR = 1.0
_ABOUT = 0.05


@dataclass(frozen=True)
class IccProfile:
    """`name` is for people; `mark` is equal where two profiles mean the same colour.

    `is_linear` is None where the profile has no curve of its own, as those of tables have none.
    """

    name: str
    mark: str
    is_linear: bool | None


def icc_profile(content: bytes) -> IccProfile | None:
    """What a profile says; None where it is cut short or none."""
    try:
        tags = _tags_of(content)
        name = _text(tags.get(b"desc", b""))
        of_colour = b"".join(name + tags[name] for name in _COLOUR if name in tags)
        curve = tags.get(b"rTRC")
        return IccProfile(name, f"{zlib.crc32(of_colour):08x}", None if curve is None else _is_linear(curve))
    except (struct.error, IndexError):
        return None


def _tags_of(content: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", content, _TAGS)
    tags = {}
    for number in range(min(count, _MOST_TAGS)):
        name, place, size = struct.unpack_from(">4s2I", content, _TAGS + 4 + 12 * number)
        tags[name] = content[place : place + size]
    return tags


def _text(content: bytes) -> str:
    """A text of either version of the standard."""
    if content.startswith(b"mluc"):
        size, place = struct.unpack_from(">2I", content, 20)
        return content[place : place + size].decode("utf-16-be", "replace").strip("\0 ")
    (size,) = struct.unpack_from(">I", content.ljust(12, b"\0"), 8)
    return content[12 : 12 + size].decode("latin-1").strip("\0 ")


def _is_linear(curve: bytes) -> bool:
    if curve.startswith(b"para"):
        (power,) = struct.unpack_from(">i", curve, 12)
        return abs(power / 65536 - _LINEAR) < _ABOUT
    (count,) = struct.unpack_from(">I", curve, 8)
    if count == 0:
        return True
    if count == 1:
        (power,) = struct.unpack_from(">H", curve, 12)
        return abs(power / 256 - _LINEAR) < _ABOUT
    (middle,) = struct.unpack_from(">H", curve, 12 + count // 2 * 2)
    return abs(middle / 65535 - 0.5) < _ABOUT
