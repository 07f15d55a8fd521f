"""How the picture of a DPX file lies in it (SMPTE ST 268-1:2014), or why it is not read.

OpenImageIO shifts lines that are padded to 32-bit words, as the standard has them; it believes a header that says the
data begin at 0, and shows Cb Y Cr as RGB. So the layout is read here, and decoded (`dpx_picture`) or refused by name.

Where the standard is read in more than one way, as for components of 10 bits that are not three a pixel, the two
libraries that everybody uses (OpenImageIO's and FFmpeg's) were asked, and what they do not agree on is refused.

Standard library alone, so that Gaffer's own process can read it.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.base.limits import LARGEST_SIDE

_MAGIC = {b"SDPX": ">", b"XPDS": "<"}
_HEADER = 2048
_SHORTEST_HEADER = 1664
"""Bytes of the header where those of film and television are left out."""
_UNDEFINED = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}
_MOST_ELEMENTS = 8
_ELEMENT_SIZE = 72

_COMPONENTS = {1: "R", 2: "G", 3: "B", 4: "A", 50: "RGB", 51: "RGBA", 52: "ABGR"}
"""The components of each image descriptor, in the order in which they lie in the file (table 1)."""
_OTHER_DESCRIPTORS = {
    0: "components of the user's own",
    6: "luma alone",
    7: "colour difference alone",
    8: "depth alone",
    9: "composite video",
    100: "Cb Y Cr Y (4:2:2)",
    101: "Cb Y A Cr Y A (4:2:2:4)",
    102: "Cb Y Cr (4:4:4)",
    103: "Cb Y Cr A (4:4:4:4)",
}
PACKED, METHOD_A, METHOD_B = range(3)
_PACKINGS = {PACKED: "packed", METHOD_A: "filled, method A", METHOD_B: "filled, method B"}
FLOATS = {32: "f4", 64: "f8"}
_WHOLE_BYTES = (8, 16, *FLOATS)
_ORIENTATIONS = (1, 2, 4, 3)
"""The numbers of TIFF and Exif for the orientations of DPX whose lines are rows (table 2)."""
_TURNED = range(4, 8)
"""Orientations of DPX whose lines are columns."""


@dataclass(frozen=True)
class ElementLayout:
    """A plane of components, and how it lies in the file."""

    components: str
    bits: int
    packing: int
    offset: int
    stride: int
    """Bytes from one line to the next."""


@dataclass(frozen=True)
class Layout:
    """How the picture of a DPX file lies in it.

    `width` and `height` are those of the stored picture, and `orientation` says how it is to be turned, in the numbers
    of TIFF. `channels` are R, G, B and maybe A.
    """

    width: int
    height: int
    channels: tuple[str, ...]
    orientation: int
    order: str
    elements: tuple[ElementLayout, ...]
    is_plain: bool
    """Whether OpenImageIO reads it right: one element of RGB, upright, where the header says, without padded lines."""

    @property
    def bits(self) -> int:
        """The most bits that a component has; 32 and 64 are floating point."""
        return max(element.bits for element in self.elements)


def is_dpx(path: Path) -> bool:
    """Whether a file begins as DPX files do, whatever its name is. Raises OSError."""
    with open(path, "rb") as file:
        return file.read(4) in _MAGIC


def read_layout(path: Path) -> Layout:
    """How the picture of a DPX file lies in it.

    Raises ElementError for a file that is cut short, that contradicts itself, or is of a kind that is not read: it says
    which.
    """
    with open(path, "rb") as file:
        return _layout(path, file.read(_HEADER), os.fstat(file.fileno()).st_size)


@dataclass(frozen=True)
class _Header:
    path: Path
    content: bytes
    order: str

    def number(self, place: int, kind: str) -> int | None:
        """A number of the header; None where it is undefined."""
        (value,) = struct.unpack_from(self.order + kind, self.content, place)
        return None if value == _UNDEFINED[kind] else value

    def refused(self, problem: str) -> ElementError:
        return ElementError(f"{self.path}: {problem}")


_CONVERT = "convert it to RGB of 8, 10, 12 or 16 bits"


def _layout(path: Path, content: bytes, size: int) -> Layout:
    if len(content) < _SHORTEST_HEADER:
        raise ElementError(f"{path}: truncated or damaged (it ends within its header); restore this file")
    header = _Header(path, content, _MAGIC[content[:4]])
    version = content[8:16].split(b"\0")[0]
    if version.startswith(b"V2.0HDR"):
        raise header.refused(f"is DPX of SMPTE ST 268-2 (HDR), which is not read; {_CONVERT}, as in ST 268-1")
    if header.number(660, "I") not in (None, 0):
        raise header.refused("says that it is encrypted; get it decrypted")
    orientation = header.number(768, "H") or 0
    if orientation in _TURNED:
        raise header.refused(
            f"is stored in columns (orientation {orientation}), which programs read in different ways; write it in rows"
        )
    if orientation >= len(_ORIENTATIONS):
        raise header.refused(f"says that its orientation is {orientation}, expected 0 to 7; correct the header")
    width, height = header.number(772, "I") or 0, header.number(776, "I") or 0
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise header.refused(f"truncated or damaged (it says that it is {width}x{height} pixels); restore this file")
    count = header.number(770, "H") or 0
    if not 1 <= count <= _MOST_ELEMENTS:
        raise header.refused(f"truncated or damaged (it says that it has {count} image elements); restore this file")

    components = [_components(header, number) for number in range(count)]
    channels = tuple(sorted("".join(components), key="RGBA".index))
    if channels not in (tuple("RGB"), tuple("RGBA")):
        raise header.refused(f"has the image elements {', '.join(components)}, expected R, G, B once each; {_CONVERT}")
    offsets = [header.number(_place(number) + 28, "I") or 0 for number in range(count)]
    if count > 1 and (min(offsets) < _SHORTEST_HEADER or len(set(offsets)) < count):
        raise header.refused("does not say where each of its image elements begins; write it again, with one element")
    elements = []
    for number, offset in enumerate(offsets):
        # Its data end where the next ones begin.
        end = min((other for other in offsets if other > offset), default=size) if count > 1 else size
        elements.append(_element(header, number, components[number], width, height, end))
    upright = _ORIENTATIONS[orientation]
    plain = upright == 1 and components == ["RGB"] and _is_plain(header, elements[0], width)
    return Layout(width, height, channels, upright, header.order, tuple(elements), plain)


def _is_plain(header: _Header, element: ElementLayout, width: int) -> bool:
    stated = {header.number(_place(0) + 28, "I"), header.number(4, "I")}
    line = line_bytes(width * len(element.components), element.bits, element.packing)
    return stated == {element.offset} and element.stride == line and element.packing != METHOD_B


def _place(number: int) -> int:
    return 780 + _ELEMENT_SIZE * number


def _components(header: _Header, number: int) -> str:
    descriptor = header.content[_place(number) + 20]
    if descriptor not in _COMPONENTS:
        name = _OTHER_DESCRIPTORS.get(descriptor, "components of no kind that the standard names")
        raise header.refused(f"holds {name} (image descriptor {descriptor}), expected RGB; {_CONVERT}")
    return _COMPONENTS[descriptor]


def _element(header: _Header, number: int, components: str, width: int, height: int, end: int) -> ElementLayout:
    place = _place(number)
    bits = header.content[place + 23]
    if bits not in (10, 12, *_WHOLE_BYTES):
        raise header.refused(f"has {bits} bits a component; {_CONVERT}")
    if header.number(place, "I") not in (None, 0) and bits not in FLOATS:
        raise header.refused(f"has components with a sign; {_CONVERT}, without a sign")
    if header.number(place + 26, "H") not in (None, 0):
        raise header.refused("is run-length encoded; write it uncompressed")
    packing = header.number(place + 24, "H")
    if bits in _WHOLE_BYTES:
        packing = PACKED
    elif packing not in _PACKINGS:
        raise header.refused(f"does not say how its {bits} bits are packed ({packing}); correct the header")
    if bits == 10 and len(components) not in _TEN_BITS[packing]:
        raise header.refused(
            f"has {len(components)} components of 10 bits, {_PACKINGS[packing]}, which programs read in different "
            f"orders; {_CONVERT}, three components a pixel"
        )
    line = line_bytes(width * len(components), bits, packing)
    strides = _strides(line, header.number(place + 32, "I") or 0)
    offset = _offset(header, number, height, strides, end)
    stride = _stride(header, offset, height, line, strides, end)
    if bits in (10, 12) and packing == PACKED:
        filled = _padded(line_bytes(width * len(components), bits, METHOD_A))
        if end - offset == height * filled != height * stride:
            raise header.refused(
                f"says that its {bits} bits are packed, and has the size of filled ones; correct the header"
            )
    return ElementLayout(components, bits, packing, offset, stride)


_TEN_BITS = {PACKED: (1, 3, 4), METHOD_A: (3, 4), METHOD_B: (3, 4)}
"""Components a pixel that all programs read in one order."""


def line_bytes(count: int, bits: int, packing: int) -> int:
    """Bytes of a line of so many components, without what pads it to whole 32-bit words."""
    if bits in _WHOLE_BYTES:
        return count * bits // 8
    if packing == PACKED:
        return _padded(math.ceil(count * bits / 8))
    return 4 * math.ceil(count / 3) if bits == 10 else 2 * count


def _padded(size: int) -> int:
    return size + -size % 4


def _strides(line: int, padding: int) -> tuple[int, ...]:
    """What may lie between the beginnings of two lines, first what the standard says: lines end on 32-bit words, and
    may be followed by the padding that the header states. Programs write them without the words, too."""
    return tuple(dict.fromkeys((_padded(line) + padding, line + padding)))


def _offset(header: _Header, number: int, height: int, strides: tuple[int, ...], end: int) -> int:
    """Where the data begin, which the header says twice."""
    stated = [header.number(_place(number) + 28, "I"), header.number(4, "I") if number == 0 else None]
    offsets = list(dict.fromkeys(offset for offset in stated if offset and offset >= _SHORTEST_HEADER))
    if len(offsets) > 1:
        offsets = [offset for offset in offsets if any(end - offset == height * stride for stride in strides)]
    if len(offsets) != 1:
        raise header.refused(f"says {stated[0]} and {stated[1]} of where its picture begins; correct the header")
    return offsets[0]


def _stride(header: _Header, offset: int, height: int, line: int, strides: tuple[int, ...], end: int) -> int:
    """How far the lines are apart, by the size of the file where it may be one or the other."""
    size = end - offset
    exact = [stride for stride in strides if size == height * stride]
    if exact:
        return exact[0]
    stride = strides[0]
    if size < height * stride - (stride - line):
        raise header.refused("truncated or damaged (it ends before its picture does); restore this file")
    if len(strides) > 1 and size > height * stride and not _ends_in_zeros(header.path, offset, height, line, stride):
        raise header.refused(
            "does not show whether its lines end on 32-bit words, by its size or by zeros; write it again"
        )
    return stride


def _ends_in_zeros(path: Path, offset: int, height: int, line: int, stride: int) -> bool:
    with open(path, "rb") as file:
        file.seek(offset)
        return not any(any(file.read(stride)[line:]) for _ in range(height))
