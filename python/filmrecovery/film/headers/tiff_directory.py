"""What the first directory of a TIFF file says, classic or BigTIFF, and that of Exif data (TIFF 6.0).

Any file can be given: nothing in it decides how much is read. Standard library alone, so that Gaffer's own process can
ask too.
"""

import os
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MAGIC = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
"""How a file begins, and what that says: the order of bytes, and whether it is a BigTIFF."""
_TYPES = {
    **dict.fromkeys((1, 2, 7), "B"),
    **dict.fromkeys((4, 5, 13), "I"),
    **dict.fromkeys((9, 10), "i"),
    **dict.fromkeys((16, 18), "Q"),
    3: "H",
    6: "b",
    8: "h",
    11: "f",
    12: "d",
    17: "q",
}
_FRACTIONS = (5, 10)
"""Types of two numbers."""
_MOST_ENTRIES = 4096
"""The library of pictures refuses directories of more."""
_MOST_BYTES = 1 << 24
"""How much of all tags together is read: profiles of printers have some megabytes."""

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Directory:
    """The numbers of the wanted tags, and whether another picture, a page, follows."""

    tags: Mapping[int, Numbers] = field(default_factory=dict)
    is_followed: bool = False

    def whole(self, tag: int) -> tuple[int, ...]:
        """The numbers of a tag where all are whole and none is below 0; empty otherwise."""
        numbers = self.tags.get(tag, ())
        whole = tuple(number for number in numbers if isinstance(number, int) and number >= 0)
        return whole if len(whole) == len(numbers) else ()


def directory_of(path: Path, wanted: Collection[int]) -> Directory:
    """The wanted tags of the first picture of a TIFF file; of other files, and where it is damaged, an empty one.

    A tag that is cut short is left out: the reader of the picture tells of it. Raises OSError.
    """
    with open(path, "rb") as file:
        return read_directory(file, wanted)


def read_directory(file: BinaryIO, wanted: Collection[int]) -> Directory:
    """As `directory_of`, of an open file, or of the data of Exif."""
    content = _Content(file)
    order, is_big = MAGIC.get(content.at(0, 4), ("", False))
    if not order:
        return Directory()
    # The formats of a place and of the number of entries, and the bytes of an entry's own values.
    place_of, count_of, inside = ("Q", "Q", 8) if is_big else ("I", "H", 4)
    try:
        (start,) = content.numbers(inside, order + place_of)
        (count,) = content.numbers(start, order + count_of)
    except struct.error:
        return Directory()
    if count > _MOST_ENTRIES:
        return Directory()
    start += struct.calcsize(order + count_of)
    length = 4 + 2 * inside
    entries = content.at(start, count * length)
    tags: dict[int, Numbers] = {}
    seen, left = set(), _MOST_BYTES
    for place in range(0, len(entries), length):
        tag, kind, number = struct.unpack_from(order + "2H" + place_of, entries, place)
        # As the library does: the first of a tag that is there twice.
        if tag not in wanted or kind not in _TYPES or tag in seen:
            continue
        seen.add(tag)
        in_all = number * 2 if kind in _FRACTIONS else number
        needed = in_all * struct.calcsize(order + _TYPES[kind])
        values = entries[place + length - inside : place + length]
        if needed > inside:
            (elsewhere,) = struct.unpack(order + place_of, values)
            values = content.at(elsewhere, needed) if needed <= left else b""
            left -= len(values)
        if number and len(values) >= needed:
            numbers = struct.unpack_from(f"{order}{in_all}{_TYPES[kind]}", values)
            tags[tag] = _joined(numbers) if kind in _FRACTIONS else numbers
    # Exif of some cameras ends before it.
    following = content.at(start + count * length, struct.calcsize(order + place_of)) or bytes(inside)
    return Directory(tags, 0 < struct.unpack(order + place_of, following)[0] < content.size)


class _Content:
    """The bytes of a file, by their place in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def at(self, place: int, length: int) -> bytes:
        """The bytes that lie there; empty where not all of them do."""
        if place + length > self.size:
            return b""
        self._file.seek(place)
        return self._file.read(length)

    def numbers(self, place: int, layout: str) -> tuple[int, ...]:
        """Raises struct.error where not all of them are there."""
        return struct.unpack(layout, self.at(place, struct.calcsize(layout)))


def _joined(numbers: tuple[int, ...]) -> Numbers:
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple(upper / lower if lower else 0.0 for upper, lower in pairs)
