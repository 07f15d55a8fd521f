"""What the header of a DPX file says of the film and the scan (SMPTE ST 268-1:2014, tables 3 to 6).

OpenImageIO leaves some of these fields out, reads the scanned size of big-endian files with its bytes in the wrong
order, makes a KeyCode or a date of fields that nobody filled in, reads a text that fills its field on into the next
one, and takes every film for one of 35 mm. So they are read here, and put in the place of what it says.
"""

import math
import re
import struct
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.film.headers import dpx_fields
from filmrecovery.film.headers.dpx_layout import Layout
from filmrecovery.film.headers.dpx_user_data import texts_of_user_data
from filmrecovery.film.headers.film_timecode import TIMECODE, is_timecode_word

_USER_DATA = dpx_fields.PREFIX + "UserData"
_FIELDS = (*dpx_fields.TEXTS, *dpx_fields.WHOLE_NUMBERS, *dpx_fields.NUMBERS, *dpx_fields.BYTES)
_DATES = {"DateTime": dpx_fields.FILE_DATE, dpx_fields.PREFIX + "SourceDateTime": dpx_fields.SOURCE_DATE}
_DATE = re.compile(r"(\d{4}:\d\d:\d\d)[: ](\d\d:\d\d:\d\d)")
"""A date and a time of day, with a colon between as in DPX, or a blank as in other headers."""
_PERFORATIONS = (
    (re.compile(r"vista|8[- ]?perf", re.I), (8, 64)),
    (re.compile(r"\b16[- ]?mm|\b(super|s)[- ]?16\b", re.I), (1, 20)),
    (re.compile(r"15[- ]?perf|imax", re.I), (15, 120)),
    (re.compile(r"5[- ]?perf|65 ?mm", re.I), (5, 120)),
    (re.compile(r"3[- ]?perf", re.I), (3, 64)),
    (re.compile(r"2[- ]?perf|techniscope", re.I), (2, 64)),
)
"""Perforations of a frame, and from one number of the KeyCode to the next (SMPTE ST 254), by the format's name."""
_FOUR_PERFORATIONS = (4, 64)
"""Those of 35 mm film, which EXR assumes too where nobody says."""


def with_film_header(spec: OpenImageIO.ImageSpec, path: Path, layout: Layout) -> OpenImageIO.ImageSpec:
    """Replaces the fields of scan, film and television by those in the file; undefined ones are left out.

    A KeyCode is one where all its digits are there; the edge code is kept as a text in any case. A time code whose
    digits are none of a time is left out. So that other programs know a date, it is written as in other headers. Texts
    that were written here as user data are attributes again.
    """
    with open(path, "rb") as file:
        # Files that leave out the headers of film and television have their picture in this place.
        content = file.read(min(dpx_fields.HEADER, *(element.offset for element in layout.elements)))
    content = content.ljust(dpx_fields.HEADER, b"\xff")
    whole = OpenImageIO.ImageSpec(spec)
    for name in ("Border", "TimeCode", *_FIELDS):
        whole.erase_attribute(dpx_fields.PREFIX + name)
    for name in (TIMECODE, dpx_fields.KEYCODE, dpx_fields.EDGE_CODE, *dpx_fields.FILE_TEXTS, *_DATES):
        whole.erase_attribute(name)

    texts = {dpx_fields.PREFIX + name: field for name, field in dpx_fields.TEXTS.items()}
    for name, (place, length) in {**texts, **dpx_fields.FILE_TEXTS, **_DATES}.items():
        if text := _text(content[place : place + length]):
            date = _DATE.match(text) if name in _DATES else None
            whole.attribute(name, f"{date[1]} {date[2]}" if date else text)
    for name, place in dpx_fields.WHOLE_NUMBERS.items():
        if (number := _whole_number(content, place, layout.order)) is not None:
            whole.attribute(dpx_fields.PREFIX + name, OpenImageIO.TypeDesc("uint"), number)
    for name, place in dpx_fields.NUMBERS.items():
        (value,) = struct.unpack_from(layout.order + "f", content, place)
        # What is undefined is not a number either.
        if math.isfinite(value):
            whole.attribute(dpx_fields.PREFIX + name, value)
    for name, place in dpx_fields.BYTES.items():
        if content[place] != 0xFF:
            whole.attribute(dpx_fields.PREFIX + name, content[place])
    border = struct.unpack_from(layout.order + "4H", content, dpx_fields.BORDER)
    if any(border) and 0xFFFF not in border:
        whole.attribute(dpx_fields.PREFIX + "Border", " ".join(map(str, border)))
    _state_codes(whole, content, layout.order)
    _state_user_data(whole)
    return whole


def _state_user_data(spec: OpenImageIO.ImageSpec) -> None:
    stated = spec.getattribute(_USER_DATA)
    if stated is None or isinstance(stated, str):
        return
    found = texts_of_user_data(np.asarray(stated, np.uint8).tobytes())
    if found is None:
        return
    texts, of_scan = found
    spec.erase_attribute(_USER_DATA)
    for name, text in texts.items():
        spec.attribute(name, text)
    if of_scan:
        spec.attribute(_USER_DATA, OpenImageIO.TypeDesc(f"uint8[{len(of_scan)}]"), np.frombuffer(of_scan, np.uint8))


def _state_codes(spec: OpenImageIO.ImageSpec, content: bytes, order: str) -> None:
    parts = {name: _text(content[place : place + length]) for name, (place, length) in dpx_fields.EDGE.items()}
    if any(parts.values()):
        # A part that is not there leaves its place empty: the others would be taken for it.
        spec.attribute(
            dpx_fields.EDGE_CODE,
            "".join(parts[name].ljust(length) for name, (_, length) in dpx_fields.EDGE.items()).rstrip(),
        )
    if all(text.isascii() and text.isdigit() for text in parts.values()):
        perforations = _perforations(spec.get_string_attribute(dpx_fields.PREFIX + "Format"))
        maker, kind, offset, prefix, count = (int(parts[name]) for name in dpx_fields.EDGE)
        spec.attribute(
            dpx_fields.KEYCODE, OpenImageIO.TypeDesc("keycode"), (maker, kind, prefix, count, offset, *perforations)
        )
    timecode = _whole_number(content, dpx_fields.TIMECODE, order)
    if timecode is not None and is_timecode_word(timecode):
        bits = _whole_number(content, dpx_fields.USER_BITS, order) or 0
        spec.attribute(TIMECODE, OpenImageIO.TypeDesc("timecode"), (timecode, bits))


def _perforations(film_format: str) -> tuple[int, int]:
    return next((found for pattern, found in _PERFORATIONS if pattern.search(film_format)), _FOUR_PERFORATIONS)


def _whole_number(content: bytes, place: int, order: str) -> int | None:
    (value,) = struct.unpack_from(order + "I", content, place)
    return None if value == 0xFFFFFFFF else value


def _text(content: bytes) -> str:
    text = content.split(b"\0")[0].rstrip(b"\xff").strip()
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
