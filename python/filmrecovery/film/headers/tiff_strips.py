"""Where the picture of a TIFF file lies in it, strip by strip or tile by tile, or why it is not all there (TIFF 6.0).

A program that is stopped while it writes, and a file system that gives up, leave strips without a place. The library
that everybody uses fills them with what lies elsewhere in the file, or with black, and says nothing. Of compressions
that its build lacks it may leave the whole picture black. So the directory is read here.

Standard library alone, so that Gaffer's own process can ask too.
"""

import itertools
import zlib
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.film.headers.tiff_directory import Directory, directory_of

UNCOMPRESSED, DEFLATE = 1, (8, 32946)
_COMPRESSIONS = {UNCOMPRESSED: "", 5: "LZW", 7: "JPEG", 8: "ZIP", 32946: "ZIP", 32773: "PackBits"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _MODEL = 256, 257, 258, 259, 262
_OFFSETS, _COMPONENTS, _LINES, _COUNTS, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 322, 323, 324, 325
_WANTED = {
    *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _MODEL, _OFFSETS, _COMPONENTS, _LINES, _COUNTS, _PLANES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS),
}
_YCBCR, _SEPARATE = 6, 2
_JPEG, _JPEG_END = 7, b"\xff\xd9"
_ENDING = 64
"""Bytes at the end of a part in which the mark of its end is looked for: zeros may follow it."""
_SHORTEST_HEADER = 8
_PIECE = 1 << 20
"""Bytes that are decompressed at once."""


@dataclass(frozen=True)
class Strip:
    """A strip or tile: where it begins, how many bytes it has in the file (0 where that is not said), and how many at
    least once it is decompressed."""

    offset: int
    length: int
    decoded: int


@dataclass(frozen=True)
class Strips:
    """All strips of the first picture of a file, in their order; those that are left out are not among them.

    `line` are the bytes of a decompressed line, 0 where the picture is in tiles.
    """

    compression: int
    expected: int
    strips: tuple[Strip, ...]
    line: int


def read_strips(path: Path) -> Strips | None:
    """The strips of a TIFF file; None for other files, and where its directory is damaged. Raises OSError."""
    try:
        return _strips(directory_of(path, _WANTED))
    except (IndexError, ZeroDivisionError):
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
    if found.compression == _JPEG and (broken := _without_end(path, there)):
        return (
            f"truncated or damaged ({broken} of the {found.expected} parts of its picture break off); restore this file"
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
    size = path.stat().st_size
    with open(path, "rb") as file:
        for number, strip in enumerate(found.strips, 1):
            file.seek(min(strip.offset, size))
            if not _is_whole(file.read(min(strip.length, size)), strip.decoded):
                return f"truncated or damaged (part {number} of {found.expected} of its picture); restore this file"
    return ""


def _is_whole(content: bytes, decoded: int) -> bool:
    """Whether data of ZIP are of so many bytes at least, and as they were written. Little of it is held at once."""
    unpack, count = zlib.decompressobj(), 0
    try:
        while count <= decoded and (piece := unpack.decompress(content, _PIECE)):
            count += len(piece)
            content = unpack.unconsumed_tail
    except zlib.error:
        return False
    return count > decoded or (count == decoded and unpack.eof)


def _is_there(strip: Strip, compression: int, size: int) -> bool:
    if compression == UNCOMPRESSED:
        # The directory may leave out the length.
        return strip.offset >= _SHORTEST_HEADER and strip.offset + strip.decoded <= size
    return strip.length > 0 and _SHORTEST_HEADER <= strip.offset < size


def _without_end(path: Path, strips: list[Strip]) -> int:
    """How many parts that JPEG compressed have no end, which the library fills with grey and says nothing."""
    broken = 0
    with open(path, "rb") as file:
        for strip in strips:
            ending = min(_ENDING, strip.length)
            file.seek(strip.offset + strip.length - ending)
            broken += not file.read(ending).rstrip(b"\0").endswith(_JPEG_END)
    return broken


def _strips(directory: Directory) -> Strips:
    """Raises IndexError or ZeroDivisionError where the directory says too little, or what cannot be."""
    width, height = directory.whole(_WIDTH)[0], directory.whole(_HEIGHT)[0]
    components = _first(directory, _COMPONENTS, 1)
    planes = components if _first(directory, _PLANES, 1) == _SEPARATE else 1
    in_line = _first(directory, _BITS, 1) * (components // planes)
    is_tiled = bool(directory.whole(_TILE_WIDTH))
    if is_tiled:
        across, down = directory.whole(_TILE_WIDTH)[0], directory.whole(_TILE_HEIGHT)[0]
        in_plane = -(-width // across) * -(-height // down)
        # Old programs write the places of tiles as those of strips, and the library takes either.
        offsets = directory.whole(_TILE_OFFSETS) or directory.whole(_OFFSETS)
        lengths = directory.whole(_TILE_COUNTS) or directory.whole(_COUNTS)
    else:
        across, down = width, min(_first(directory, _LINES, height), height)
        in_plane = -(-height // down)
        offsets, lengths = directory.whole(_OFFSETS), directory.whole(_COUNTS)
    if not offsets:
        raise IndexError
    line = -(-across * in_line // 8)
    whole = down * line
    strips = []
    for place, offset in enumerate(offsets[: in_plane * planes]):
        is_last = not is_tiled and place % in_plane == in_plane - 1
        decoded = (height - down * (in_plane - 1)) * (whole // down) if is_last else whole
        if _first(directory, _MODEL, 0) == _YCBCR:
            # Colour has fewer samples than luma, so that the size is not known.
            decoded = 1
        strips.append(Strip(offset, lengths[place] if place < len(lengths) else 0, decoded))
    compression = _first(directory, _COMPRESSION, UNCOMPRESSED)
    return Strips(compression, in_plane * planes, tuple(strips), 0 if is_tiled else line)


def _first(directory: Directory, tag: int, otherwise: int) -> int:
    return next(iter(directory.whole(tag)), otherwise)
