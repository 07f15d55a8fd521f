"""The picture of a DPX file, decoded strictly as its layout says.

Texts and numbers of the header that do not decide the layout are still OpenImageIO's to read.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmrecovery.base.errors import ElementError
from filmrecovery.film.headers.dpx_layout import FLOATS, METHOD_A, PACKED, ElementLayout, Layout, line_bytes
from filmrecovery.picture.arrays import Codes, Indices, Values


def read_picture(path: Path, layout: Layout) -> Values:
    """The components as stored, float32 (height, width, channels), whole numbers scaled so that the highest is 1.

    Raises ElementError for a file that is cut short.
    """
    pixels = np.empty((layout.height, layout.width, len(layout.channels)), np.float32)
    for element in layout.elements:
        size = layout.height * element.stride
        content = np.fromfile(path, np.uint8, size, offset=element.offset)
        # The padding of the last line may be left out.
        missing = size - len(content)
        count = layout.width * len(element.components)
        if missing > element.stride - line_bytes(count, element.bits, element.packing):
            raise ElementError(f"{path}: truncated or damaged (it ends before its picture does); restore this file")
        content = np.pad(content, (0, missing)) if missing else content
        decoded = _decoded(content.reshape(layout.height, element.stride), count, element, layout.order)
        decoded = decoded.reshape(layout.height, layout.width, len(element.components))
        if tuple(element.components) == layout.channels:
            return decoded
        for place, name in enumerate(element.components):
            pixels[..., layout.channels.index(name)] = decoded[..., place]
    return pixels


def _decoded(lines: Codes, count: int, element: ElementLayout, order: str) -> Values:
    """Components of lines of bytes, float32 (height, count)."""
    bits, packing = element.bits, element.packing
    if bits in FLOATS:
        return _viewed(lines, count, order + FLOATS[bits]).astype(np.float32)
    if bits == 8:
        codes = lines[:, :count]
    elif bits == 16:
        codes = _viewed(lines, count, order + "u2")
    elif packing == PACKED:
        codes = _unpacked(lines, count, bits, order)
    elif bits == 12:
        codes = _viewed(lines, count, order + "u2")
        codes = codes >> 4 if packing == METHOD_A else codes & 0xFFF
    else:
        return _three_a_word(lines, count, 2 if packing == METHOD_A else 0, order)
    return np.divide(codes, np.float32((1 << bits) - 1), dtype=np.float32)


def _viewed(lines: Codes, count: int, kind: str) -> NDArray[Any]:
    size = np.dtype(kind).itemsize
    return np.ascontiguousarray(lines[:, : count * size]).view(kind)


def _three_a_word(lines: Codes, count: int, shift: int, order: str) -> Values:
    """Components of 10 bits, the first in the highest bits of a word."""
    number = math.ceil(count / 3)
    words = _viewed(lines, number, order + "u4")
    codes = np.empty((len(lines), number, 3), np.float32)
    for place in range(3):
        np.divide(
            (words >> (shift + 10 * (2 - place))) & 0x3FF, np.float32(1023), out=codes[..., place], casting="same_kind"
        )
    return codes.reshape(len(lines), -1)[:, :count]


def _unpacked(lines: Codes, count: int, bits: int, order: str) -> Indices:
    """Components that lie bit by bit in 32-bit words, the first in the lowest bits, and go over the ends of words."""
    words = _viewed(lines, math.ceil(count * bits / 32), order + "u4")
    content = words.astype("<u4").view(np.uint8).astype(np.uint16)
    places = np.arange(count) * bits
    pairs = content[:, places // 8] | content[:, places // 8 + 1] << 8
    return (pairs >> (places % 8).astype(np.uint16)) & ((1 << bits) - 1)
