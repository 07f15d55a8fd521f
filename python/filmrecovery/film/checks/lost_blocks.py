"""Blocks of a file that a copy or a file system left out, and that are read as zeros.

A program that is stopped while it copies, and a disk that fails, leave the file with its full length. Where the picture
lies in the file uncompressed, as in DPX, most TIFF, and EXR for ACES, such a block is decoded as black. Its ends show
that it was neither filmed nor drawn: they lie on the blocks of file systems, in the middle of a line that is not black,
below one that is not black either. Where the end of the picture is lost, zeros may begin anywhere: they are told from
black below a picture by the line above, which is not black to their right.
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
_LEAST_END, _LEAST_LEFT = 1 / 50, 1 / 8
"""Parts of the picture, and of the line amid which they begin, that zeros at the end have at least: below a picture
that was turned a little to hold it steady there is black too, but little, and it grows line by line."""
_NOT_BLACK, _ALIKE = 0.4, 0.9
"""Shares of bytes above that are no zeros, left and right of where the zeros begin, and how far the two are alike."""


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
    runs = [(int(begin), int(end)) for begin, end in changes.reshape(-1, 2) * _BLOCK]
    found = next((run for run in runs if _is_lost(content, place, *run)), None)
    if not found and runs:
        found = _lost_end(content, place, *runs[-1])
    if not found:
        return ""
    return (
        f"damaged (its bytes {found[0]} to {found[1] - 1} are zeros, amid a line and below one that are not, as a copy "
        "that was stopped or a failing disk leaves them); restore this file"
    )


def _lost_end(content: Codes, place: _Place, begin: int, end: int) -> tuple[int, int] | None:
    """The zeros in the place of the end of a picture, whose last whole blocks of zeros are these; None where not."""
    before = content[max(begin - _BLOCK, place.begin) : begin]
    if not before.any():
        return None
    start = begin - int((before[::-1] != 0).argmax())
    left = place.line - (start - place.begin) % place.line
    above = start - place.line
    if (
        content[end : place.end].any()
        or place.end - start < _LEAST_END * (place.end - place.begin)
        or not _LEAST_LEFT * place.line < left < place.line
        or above - left < place.begin
    ):
        return None
    # Of dark codes of 16 bits every second byte is 0, on both sides.
    shares = [np.count_nonzero(part) / part.size for part in (content[above - left : above], content[above:][:left])]
    return (start, place.end) if min(shares) > _NOT_BLACK and shares[1] > _ALIKE * shares[0] else None


def _is_lost(content: Codes, place: _Place, begin: int, end: int) -> bool:
    rest = content[end : place.end]
    above = begin - place.line
    return bool(
        above >= place.begin
        and content[begin - _BESIDE : begin].any()
        and _is_filled(content[above : above + _BESIDE])
        and (rest[:_BESIDE].any() or not rest.any())
        and ((begin - place.begin) % place.line or _ends_alone(content, place, end))
    )


def _ends_alone(content: Codes, place: _Place, end: int) -> bool:
    """Whether zeros that began with a line end amid one, and the line below is not black there, as beside a border."""
    below = end + place.line
    return bool(
        (end - place.begin) % place.line and below <= place.end and _is_filled(content[below - _BESIDE : below])
    )


def _is_filled(part: Codes) -> bool:
    return bool(np.count_nonzero(part) > _BESIDE // 2)


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
