"""Where the picture of a TIFF file lies in it, strip by strip or tile by tile, or why it is not all there (TIFF 6.0).

A program that is stopped while it writes, and a file system that gives up, leave strips without a place. The library
that everybody uses fills them with what lies elsewhere in the file, or with black, and says nothing. Of compressions
that its build lacks it may leave the whole picture black. So the directory is read here.

Standard library alone, so that Gaffer's own process can ask too.
"""

import itertools
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

UNCOMPRESSED, DEFLATE = 1, (8, 32946)
_COMPRESSIONS = {UNCOMPRESSED: "", 5: "LZW", 7: "JPEG", 8: "ZIP", 32946: "ZIP", 32773: "PackBits"}
_MAGIC = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _MODEL = 256, 257, 258, 259, 262
_OFFSETS, _COMPONENTS, _LINES, _COUNTS, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 322, 323, 324, 325
_WANTED = {
    *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _MODEL, _OFFSETS, _COMPONENTS, _LINES, _COUNTS, _PLANES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS),
}
_YCBCR, _SEPARATE = 6, 2
_SHORTEST_HEADER = 8


@dataclass(frozen=True)
class Strip:
    """A strip or tile: where it begins, how many bytes it has in the file (0 where that is not said), and how many at
    least once it is decompressed."""

    offset: int
    length: int
    decoded: int


@dataclass(frozen=True)
class Strips:
    """All strips of the first picture of a file, in their order; those that are left out are not among them."""

    compression: int
    expected: int
    strips: tuple[Strip, ...]


def read_strips(path: Path) -> Strips | None:
    """The strips of a TIFF file; None for other files, and where its directory is damaged. Raises OSError."""
    with open(path, "rb") as file:
        found = _MAGIC.get(file.read(4))
        if not found:
            return None
        try:
            return _strips(_directory(file, *found))
        except (struct.error, KeyError, IndexError, ZeroDivisionError, OverflowError, MemoryError):
            # The reader of the picture tells of it.
            return None


def strips_problem(path: Path) -> str:
    """Why the picture of a TIFF file is not all there; empty where it is, and for other files. Raises OSError."""
    found = read_strips(path)
    if found is None:
        return ""
    if found.compression not in _COMPRESSIONS:
        return f"is compressed in a way that is not read (number {found.compression} of TIFF); save it with LZW or ZIP"
    size = path.stat().st_size
    there = [strip for strip in found.strips if _is_there(strip, found.compression, size)]
    if len(there) < found.expected:
        return (
            f"truncated or damaged ({found.expected - len(there)} of the {found.expected} parts of its picture are not "
            "in it); restore this file"
        )
    there.sort(key=lambda strip: strip.offset)
    for strip, following in itertools.pairwise(there):
        length = strip.decoded if found.compression == UNCOMPRESSED else 1
        if following.offset < strip.offset + length:
            return "damaged (parts of its picture lie over one another in the file); restore this file"
    return ""


def deflate_problem(path: Path) -> str:
    """Why parts of a TIFF file that ZIP compressed are not whole, which some builds of the library do not say.

    Empty where they are, and for all other files. Raises OSError.
    """
    found = read_strips(path)
    if found is None or found.compression not in DEFLATE:
        return ""
    with open(path, "rb") as file:
        for number, strip in enumerate(found.strips, 1):
            file.seek(strip.offset)
            try:
                whole = len(zlib.decompress(file.read(strip.length))) >= strip.decoded
            except zlib.error:
                whole = False
            if not whole:
                return f"truncated or damaged (part {number} of {found.expected} of its picture); restore this file"
    return ""


def _is_there(strip: Strip, compression: int, size: int) -> bool:
    if compression == UNCOMPRESSED:
        # The directory may leave out the length.
        return strip.offset >= _SHORTEST_HEADER and strip.offset + strip.decoded <= size
    return strip.length > 0 and _SHORTEST_HEADER <= strip.offset < size


def _strips(tags: dict[int, tuple[int, ...]]) -> Strips:
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    components = tags.get(_COMPONENTS, (1,))[0]
    bits = tags.get(_BITS, (1,))[0]
    planes = components if tags.get(_PLANES, (1,))[0] == _SEPARATE else 1
    in_line = bits * (components // planes)
    if _TILE_OFFSETS in tags:
        across, down = tags[_TILE_WIDTH][0], tags[_TILE_HEIGHT][0]
        in_plane = -(-width // across) * -(-height // down)
        offsets, lengths = tags[_TILE_OFFSETS], tags.get(_TILE_COUNTS, ())
    else:
        across, down = width, min(tags.get(_LINES, (height,))[0], height)
        in_plane = -(-height // down)
        offsets, lengths = tags[_OFFSETS], tags.get(_COUNTS, ())
    whole = down * -(-across * in_line // 8)
    strips = []
    for place, offset in enumerate(offsets[: in_plane * planes]):
        is_last = _TILE_OFFSETS not in tags and place % in_plane == in_plane - 1
        decoded = (height - down * (in_plane - 1)) * (whole // down) if is_last else whole
        if tags.get(_MODEL, (0,))[0] == _YCBCR:
            # Of fewer samples of colour than of luma.
            decoded = 1
        strips.append(Strip(offset, lengths[place] if place < len(lengths) else 0, decoded))
    return Strips(tags.get(_COMPRESSION, (UNCOMPRESSED,))[0], in_plane * planes, tuple(strips))


def _directory(file: BinaryIO, order: str, is_big: bool) -> dict[int, tuple[int, ...]]:
    size = os.fstat(file.fileno()).st_size
    # Of places, of the number of entries, and of an entry's own values.
    place_of, count_of, inside = ("Q", "Q", 8) if is_big else ("I", "H", 4)
    file.seek(8 if is_big else 4)
    (start,) = _read(file, order + place_of)
    file.seek(start)
    (count,) = _read(file, order + count_of)
    length = 4 + 2 * inside
    entries = file.read(min(count * length, size))
    found = {}
    for place in range(0, len(entries) - length + 1, length):
        tag, kind, number = struct.unpack_from(order + "2H" + place_of, entries, place)
        if tag not in _WANTED or kind not in _TYPES or number > size:
            continue
        layout = f"{order}{number}{_TYPES[kind]}"
        content = entries[place + length - inside : place + length]
        if struct.calcsize(layout) > inside:
            file.seek(*struct.unpack(order + place_of, content))
            content = file.read(struct.calcsize(layout))
        found[tag] = struct.unpack_from(layout, content)
    return found


def _read(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
