"""Tags of the first picture of a TIFF file, classic or BigTIFF (TIFF 6.0). Standard library alone."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

MAX_SAMPLE_VALUE, S_MAX_SAMPLE_VALUE, WHITE_LEVEL = 281, 341, 50717
TRANSFER_FUNCTION, PRIMARIES, ICC_PROFILE = 301, 319, 34675
_WANTED = {MAX_SAMPLE_VALUE, S_MAX_SAMPLE_VALUE, WHITE_LEVEL, TRANSFER_FUNCTION, PRIMARIES, ICC_PROFILE}
_TYPES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d", 16: "Q"}
_FRACTIONS = (5, 10)
"""Types of two numbers."""
_MOST_BYTES = 1 << 24
_CLASSIC, _BIG = 42, 43

Numbers = tuple[float, ...]


def tags_of(path: Path) -> tuple[dict[int, Numbers], bool]:
    """The wanted tags, by number, as lists of numbers, and whether another picture, a page, follows.

    What is cut short or contradicts itself is left out: the reader of the picture tells of it. Raises OSError.
    """
    with open(path, "rb") as file:
        try:
            return _first_directory(file, os.fstat(file.fileno()).st_size)
        except (struct.error, OverflowError):
            return {}, False


def _first_directory(file: BinaryIO, size: int) -> tuple[dict[int, Numbers], bool]:
    order = {b"II": "<", b"MM": ">"}.get(file.read(2), "")
    if not order:
        return {}, False
    (version,) = _read(file, order + "H")
    if version not in (_CLASSIC, _BIG):
        return {}, False
    # Of places, of the number of entries, and of an entry's own values.
    place_of, count_of, inside = ("Q", "Q", 8) if version == _BIG else ("I", "H", 4)
    if version == _BIG:
        _read(file, order + "2H")
    (start,) = _read(file, order + place_of)
    file.seek(start)
    (count,) = _read(file, order + count_of)
    length = 4 + 2 * struct.calcsize(place_of)
    entries = file.read(count * length)
    (following,) = _read(file, order + place_of)
    found = {}
    for place in range(0, len(entries) - length + 1, length):
        tag, kind, number = struct.unpack_from(order + "2H" + place_of, entries, place)
        if tag not in _WANTED or kind not in _TYPES:
            continue
        layout = f"{order}{number * 2 if kind in _FRACTIONS else number}{_TYPES[kind]}"
        needed = struct.calcsize(layout)
        content = entries[place + length - inside : place + length]
        if needed > inside:
            (elsewhere,) = struct.unpack(order + place_of, content)
            file.seek(elsewhere)
            content = file.read(min(needed, _MOST_BYTES))
        if number and len(content) >= needed:
            numbers = struct.unpack_from(layout, content)
            found[tag] = _joined(numbers) if kind in _FRACTIONS else numbers
    return found, 0 < following < size


def _read(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _joined(numbers: tuple[int, ...]) -> Numbers:
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple(upper / lower if lower else 0.0 for upper, lower in pairs)
