"""DPX files of every layout that SMPTE ST 268-1:2014 describes, written bit by bit, with the picture that is in them.

The writer shares no code with the reader that is tested, and is as slow as it is plain: pictures of a few pixels.
"""

import itertools
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

COMPONENTS = {
    1: "R",
    2: "G",
    3: "B",
    4: "A",
    6: "Y",
    7: "C",
    8: "Z",
    9: "V",
    50: "RGB",
    51: "RGBA",
    52: "ABGR",
    100: "bYrY",
    101: "bYArYA",
    102: "bYr",
    103: "bYrA",
    **{150 + extra: "U" * (2 + extra) for extra in range(7)},
}
"""Of each image descriptor, in their order; b and r are Cb and Cr. 100 and 101 describe two pixels."""
BITS = (1, 8, 10, 12, 16, 32, 64)
PACKED, METHOD_A, METHOD_B = PACKINGS = range(3)
ORIENTATIONS = range(8)
WIDTH, HEIGHT = 6, 3


@dataclass(frozen=True)
class Variant:
    """How a file is laid out; the defaults are those of most scanners."""

    descriptor: int = 50
    bits: int = 10
    packing: int = METHOD_A
    order: str = ">"
    orientation: int = 0
    width: int = WIDTH
    """Of the stored picture."""
    words: bool = True
    """Whether lines end on 32-bit words, as the standard says."""
    line_padding: int = 0
    """Bytes after each line, which the header states."""
    element_offset: int | None = None
    """What the element says of where its data begin, in place of the truth."""
    file_offset: int | None = None
    """What the header of the file says of where its data begin, in place of the truth."""
    user_data: bytes = b""
    trailing: bytes = b""
    """After the picture."""
    planes: bool = False
    """Whether R, G and B are elements of their own."""
    encoding: int = 0
    sign: int = 0
    version: bytes = b"V1.0"
    key: int = 0xFFFFFFFF

    def __str__(self) -> str:
        plain = Variant()
        stated = [
            f"{name}={value}" for name, value in vars(self).items() if value != getattr(plain, name) or name == "bits"
        ]
        return " ".join(stated)


def picture(width: int, height: int = HEIGHT) -> list[list[tuple[float, float, float]]]:
    """R'G'B' of each pixel: noise, of which no part looks like another."""
    draw = random.Random(f"{width} {height}")
    return [[(draw.random(), draw.random(), draw.random()) for _ in range(width)] for _ in range(height)]


def write_dpx(path: Path, variant: Variant) -> list[list[tuple[float, ...]]]:
    """Writes a file, and returns its R'G'B' as it is to be seen, after its orientation, rounded to its codes."""
    stored = picture(variant.width)
    planes = [[1], [2], [3]] if variant.planes else [[variant.descriptor]]
    blocks = [b"".join(_line(row, variant, descriptor) for row in stored) for (descriptor,) in planes]
    begin = 2048 + len(variant.user_data)
    offsets = [begin + sum(map(len, blocks[:number])) for number in range(len(blocks))]
    content = _header(variant, [descriptor for (descriptor,) in planes], offsets, sum(map(len, blocks)))
    path.write_bytes(content + variant.user_data + b"".join(blocks) + variant.trailing)
    rounded = [[tuple(_rounded(value, variant.bits) for value in pixel) for pixel in row] for row in stored]
    return shown(rounded, variant.orientation)


def shown(stored: list[list[tuple[float, ...]]], orientation: int) -> list[list[tuple[float, ...]]]:
    """The stored picture as it is to be seen (table 2: direction of a line, and of the lines)."""
    rows = [list(reversed(row)) for row in stored] if orientation in (1, 3, 6, 7) else stored
    rows = list(reversed(rows)) if orientation in (2, 3, 5, 7) else rows
    return [list(column) for column in zip(*rows, strict=True)] if orientation >= 4 else rows


def _rounded(value: float, bits: int) -> float:
    if bits == 32:
        return struct.unpack("f", struct.pack("f", value))[0]
    return value if bits == 64 else _code(value, bits) / ((1 << bits) - 1)


def _code(value: float, bits: int) -> int:
    return int(value * ((1 << bits) - 1) + 0.5)


def _line(row: list[tuple[float, float, float]], variant: Variant, descriptor: int) -> bytes:
    together = 2 if descriptor in (100, 101) else 1
    groups = [row[first : first + together] for first in range(0, len(row), together)]
    values = [value for pixels in groups for value in _components(pixels, COMPONENTS[descriptor])]
    content = _bits_of(values, variant)
    if variant.words:
        content += b"\0" * (-len(content) % 4)
    return content + b"\0" * variant.line_padding


def _components(pixels: list[tuple[float, float, float]], names: str) -> list[float]:
    """The components of a pixel, or of two that share Cb and Cr: a letter that comes again is of the second one."""
    found: list[float] = []
    for place, name in enumerate(names):
        red, green, blue = pixels[min(names[:place].count(name), len(pixels) - 1)]
        luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
        of_video = {
            "Y": (16 + 219 * luma) / 255,
            "b": (128 + 224 * (blue - luma) / 1.8556) / 255,
            "r": (128 + 224 * (red - luma) / 1.5748) / 255,
        }
        found.append({"R": red, "G": green, "B": blue, **of_video}.get(name, 0.75))
    return found


def _bits_of(values: list[float], variant: Variant) -> bytes:
    bits, packing, order = variant.bits, variant.packing, variant.order
    if bits in (32, 64):
        return struct.pack(f"{order}{len(values)}{'f' if bits == 32 else 'd'}", *values)
    codes = [_code(value, bits) for value in values]
    if bits in (8, 16):
        return struct.pack(f"{order}{len(codes)}{'B' if bits == 8 else 'H'}", *codes)
    if bits == 12 and packing != PACKED:
        return struct.pack(f"{order}{len(codes)}H", *(code << 4 if packing == METHOD_A else code for code in codes))
    if bits == 10 and packing != PACKED:
        codes += [0] * (-len(codes) % 3)
        shift = 2 if packing == METHOD_A else 0
        threes = [codes[first : first + 3] for first in range(0, len(codes), 3)]
        return struct.pack(f"{order}{len(threes)}I", *((a << 20 | b << 10 | c) << shift for a, b, c in threes))
    whole = sum(code << (bits * place) for place, code in enumerate(codes))
    words = -(-len(codes) * bits // 32)
    return struct.pack(f"{order}{words}I", *((whole >> (32 * place)) & 0xFFFFFFFF for place in range(words)))


def _header(variant: Variant, descriptors: list[int], offsets: list[int], size: int) -> bytes:
    content = bytearray(b"\xff" * 2048)

    def put(place: int, kind: str, *values: float) -> None:
        struct.pack_into(variant.order + kind, content, place, *values)

    def text(place: int, length: int, value: bytes = b"") -> None:
        content[place : place + length] = value.ljust(length, b"\0")

    text(0, 4, b"SDPX" if variant.order == ">" else b"XPDS")
    put(4, "I", offsets[0] if variant.file_offset is None else variant.file_offset)
    text(8, 8, variant.version)
    put(16, "I", 2048 + len(variant.user_data) + size + len(variant.trailing))
    put(20, "4I", 1, 1664, 384, len(variant.user_data))
    text(36, 100, b"frame.0001.dpx")
    text(136, 24, b"2020:01:02:03:04:05")
    for place, length in ((160, 100), (260, 200), (460, 200), (664, 104), (1432, 100), (1532, 24), (1556, 32)):
        text(place, length)
    put(660, "I", variant.key)
    put(768, "2H2I", variant.orientation, len(descriptors), variant.width, HEIGHT)
    for number, descriptor in enumerate(descriptors):
        place = 780 + 72 * number
        put(place, "I", variant.sign)
        content[place + 20 : place + 24] = bytes((descriptor, 2, 6, variant.bits))
        offset = offsets[number] if variant.element_offset is None else variant.element_offset
        put(place + 24, "2H3I", variant.packing, variant.encoding, offset, variant.line_padding, len(variant.trailing))
        text(place + 40, 32)
    put(1628, "2I", 1, 1)
    return bytes(content)


def variants() -> Iterator[Variant]:
    """Every descriptor, depth, packing, order of bytes and orientation; and every layout of RGB, of odd widths too."""
    for descriptor, bits, packing, order, orientation in itertools.product(
        COMPONENTS, BITS, PACKINGS, "><", ORIENTATIONS
    ):
        yield Variant(descriptor, bits, packing, order, orientation)
    for descriptor, bits, packing, order in itertools.product((50, 51, 52), BITS, PACKINGS, "><"):
        plain = Variant(descriptor, bits, packing, order)
        for width in (1, 5, 7, 8):
            yield replace(plain, width=width)
            yield replace(plain, width=width, words=False)
            yield replace(plain, width=width, line_padding=4)
            yield replace(plain, width=width, line_padding=2, words=False)
            yield replace(plain, width=width, trailing=bytes(64))
            yield replace(plain, width=width, trailing=bytes(range(1, 65)))
            yield replace(plain, width=width, words=False, trailing=bytes(64))
        for wrong in (0, 0xFFFFFFFF, 2048 + 8, 1 << 30):
            yield replace(plain, element_offset=wrong)
            yield replace(plain, file_offset=wrong)
            yield replace(plain, element_offset=wrong, user_data=bytes(range(1, 101)))
        yield replace(plain, user_data=bytes(range(100)))
        yield replace(plain, encoding=1)
        yield replace(plain, sign=1)
        yield replace(plain, version=b"V2.0HDR")
        yield replace(plain, key=4711)
    for bits, packing, order, width in itertools.product(BITS, PACKINGS, "><", (5, 6)):
        yield Variant(50, bits, packing, order, width=width, planes=True)
