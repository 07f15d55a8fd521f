"""Blocks of a file that a copy or a file system left out, and that are read as zeros.

A program that is stopped while it copies, and a disk that fails, leave the file with its full length. Where the picture
lies in the file uncompressed, as in DPX, most TIFF, and EXR for ACES, such a block is decoded as black. Its ends show
that it was neither filmed nor drawn: they lie on the blocks of file systems, in the middle of a line that is not black,
below one that is not black either.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.film.headers.dpx_layout import is_dpx, read_layout
from filmrecovery.film.headers.exr_chunks import find_chunks
from filmrecovery.film.headers.exr_header import read_exr_header
from filmrecovery.film.headers.file_magic import EXR, kind_of
from filmrecovery.film.headers.tiff_strips import UNCOMPRESSED, read_strips
from filmrecovery.picture.arrays import Codes

_BLOCK = 4096
"""Bytes of the smallest block that file systems write."""
_NO_COMPRESSION = b"\0"
_BESIDE = 16
"""Bytes beside black and above it, in which there are others than zeros."""


@dataclass(frozen=True)
class _Place:
    """Where the lines of a picture lie in a file, one after the other."""

    begin: int
    end: int
    line: int


def lost_block(path: Path) -> str:
    """What is lost of an uncompressed DPX, TIFF or EXR file; empty where nothing is, and for other files.

    Raises OSError.
    """
    place = _place(path)
    if place is None:
        return ""
    content = np.fromfile(path, np.uint8)
    first, last = -(-place.begin // _BLOCK), min(place.end, len(content)) // _BLOCK
    if last <= first:
        return ""
    blocks = content[first * _BLOCK : last * _BLOCK].reshape(-1, _BLOCK)
    is_zero = np.concatenate([[False], ~blocks.any(axis=1), [False]])
    changes = np.flatnonzero(is_zero[1:] != is_zero[:-1]) + first
    for begin, end in changes.reshape(-1, 2) * _BLOCK:
        if _is_lost(content, place, int(begin), int(end)):
            return (
                f"damaged (its bytes {begin} to {end - 1} are zeros, amid a line and below one that are not, as a copy "
                "that was stopped or a failing disk leaves them); restore this file"
            )
    return ""


def _is_lost(content: Codes, place: _Place, begin: int, end: int) -> bool:
    rest = content[end : place.end]
    above = begin - place.line
    return bool(
        (begin - place.begin) % place.line
        and above >= place.begin
        and content[begin - _BESIDE : begin].any()
        and np.count_nonzero(content[above : above + _BESIDE]) > _BESIDE // 2
        and (rest[:_BESIDE].any() or not rest.any())
    )


def _place(path: Path) -> _Place | None:
    if is_dpx(path):
        try:
            layout = read_layout(path)
        except ElementError:
            # The reader of the picture tells of it.
            return None
        if len(layout.elements) != 1:
            return None
        (element,) = layout.elements
        return _Place(element.offset, element.offset + layout.height * element.stride, element.stride)
    if kind_of(path) == EXR:
        return _place_of_exr(path)
    strips = read_strips(path)
    if strips is None or strips.compression != UNCOMPRESSED or not strips.line:
        return None
    begin = strips.strips[0].offset
    end = begin
    for strip in strips.strips:
        if strip.offset != end:
            return None
        end += strip.decoded
    return _Place(begin, end, strips.line)


def _place_of_exr(path: Path) -> _Place | None:
    header = read_exr_header(path)
    if header is None or header.attributes.get(b"compression") != _NO_COMPRESSION:
        return None
    content = path.read_bytes()
    try:
        attributes, begin = find_chunks(content)
    except ValueError:
        # Parts or tiles, or what the reader of the picture tells of.
        return None
    _, top, _, bottom = struct.unpack("<4i", attributes[b"dataWindow"])
    return _Place(begin, len(content), (len(content) - begin) // (bottom - top + 1))
