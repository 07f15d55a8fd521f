"""A DPX file of 10 bits (SMPTE ST 268-1:2014) with what the header of a frame says of film and scan.

OpenImageIO's writer leaves out the KeyCode, the scanned size and the user data. Big-endian, filled by method A, as
scanners write it and all programs read it. Texts for which there is no field are user data (see `dpx_user_data`).
"""

import base64
import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import OutputError
from filmrecovery.film.frames.frame_header import texts_of_picture
from filmrecovery.film.headers import dpx_fields
from filmrecovery.film.headers.dpx_user_data import user_data_of
from filmrecovery.film.headers.film_metadata import stated_rate
from filmrecovery.film.headers.film_timecode import TIMECODE
from filmrecovery.picture.arrays import Values

_IN_EXR = "dpx/"
_DESCRIPTORS = {3: 50, 4: 51}
"""The image descriptors of RGB and RGBA, by the number of channels."""
_GENERIC, _INDUSTRY = 1664, 384
_LOWEST_USER_DATA = 32
"""The name that user data begin with."""
_LARGEST_USER_DATA = 1 << 20
_LARGEST_RATIO = 1000
_LARGEST_FLOAT = 3.4e38
_USER_BITS, _BORDER = re.compile(r"[0-9a-f]{8}"), re.compile(r"\d{1,5}( \d{1,5}){3}")
"""As `with_dpx_metadata` and `with_film_header` write them. What other programs write by these names is left out."""


_DATE = "DateTime"
_FIELDS = (
    *(*dpx_fields.TEXTS, *dpx_fields.WHOLE_NUMBERS, *dpx_fields.NUMBERS, *dpx_fields.BYTES),
    *("SourceDateTime", "FilmEdgeCode", "Border", "UserData"),
)
_WITH_A_FIELD = {
    *dpx_fields.FILE_TEXTS,
    *(_DATE, "timeCode", "keyCode", "framesPerSecond"),
    *(prefix + name for prefix in (dpx_fields.PREFIX, _IN_EXR) for name in _FIELDS),
}


def dpx_file(name: str, spec: OpenImageIO.ImageSpec, pixels: Values) -> bytearray:
    """The bytes of a file of that name, of pixels (height, width, 3 or 4), RGB or RGBA within 0..1, scaled to 0..1023.

    Fields that the header of the frame does not have are undefined. Texts that are too long for their field are cut.
    The transfer curve and the colorimetry are not stated, since the frame's header does not know them. Raises
    OutputError for texts of more than 1 MiB.
    """
    height, width, count = pixels.shape
    user_data = user_data_of(_other_texts(spec), _user_data(spec))
    if len(user_data) > _LARGEST_USER_DATA:
        raise OutputError(f"{name}: its texts have {len(user_data)} bytes, and DPX takes 1 MiB; write EXR")
    picture = _ten_bits(pixels.reshape(height, width * count))
    begin = dpx_fields.HEADER + len(user_data)
    header = _Header()
    header.put(0, "4s", b"SDPX")
    header.put(4, "I", begin)
    header.text(8, 8, "V2.0")
    header.put(16, "5I", begin + len(picture), 1, _GENERIC, _INDUSTRY, len(user_data))
    header.text(*dpx_fields.FILE_NAME, name)
    header.put(768, "2H2I", 0, 1, width, height)
    header.put(780, "72s", b"")
    header.put(800, "4B", _DESCRIPTORS[count], 0, 0, 10)
    header.put(804, "2H3I", 1, 0, begin, 0, 0)
    header.put(1628, "2I", *_aspect(spec))
    _put_texts(header, spec)
    _put_numbers(header, spec)
    return header.content + user_data + picture


class _Header:
    """The bytes of a header, undefined at first."""

    def __init__(self) -> None:
        self.content = bytearray(b"\xff" * dpx_fields.HEADER)

    def put(self, place: int, kind: str, *values: Any) -> None:
        """Writes values of a kind, as `struct` names it."""
        struct.pack_into(">" + kind, self.content, place, *values)

    def text(self, place: int, length: int, value: str) -> None:
        """Writes a text of so many bytes at most, and zeros after it."""
        whole = value.encode(errors="replace")[:length]
        # A letter that is cut in two is left out.
        self.content[place : place + length] = whole.decode(errors="ignore").encode().ljust(length, b"\0")


def _put_texts(header: _Header, spec: OpenImageIO.ImageSpec) -> None:
    for stated, (place, length) in dpx_fields.FILE_TEXTS.items():
        header.text(place, length, spec.get_string_attribute(stated))
    header.text(*dpx_fields.FILE_DATE, _date(spec.get_string_attribute(_DATE)))
    header.text(*dpx_fields.SOURCE_DATE, _date(_stated_text(spec, "SourceDateTime")))
    for stated, (place, length) in dpx_fields.TEXTS.items():
        header.text(place, length, _stated_text(spec, stated))
    for (place, length), part in zip(dpx_fields.EDGE.values(), _edge_code(spec), strict=True):
        header.text(place, length, part)


def _put_numbers(header: _Header, spec: OpenImageIO.ImageSpec) -> None:
    for stated, place in dpx_fields.WHOLE_NUMBERS.items():
        number = _stated(spec, stated)
        if isinstance(number, str) and _USER_BITS.fullmatch(number):
            number = int(number, 16)
        if isinstance(number, int):
            # EXR has whole numbers with a sign: it holds the upper half as negative ones.
            header.put(place, "I", number & 0xFFFFFFFF)
    for stated, place in dpx_fields.NUMBERS.items():
        number = _stated(spec, stated)
        if isinstance(number, float) and abs(number) <= _LARGEST_FLOAT:
            header.put(place, "f", number)
    for stated, place in dpx_fields.BYTES.items():
        number = _stated(spec, stated)
        if isinstance(number, int) and 0 <= number <= 0xFF:
            header.put(place, "B", number)
    border = _stated(spec, "Border")
    if isinstance(border, str) and _BORDER.fullmatch(border):
        header.put(dpx_fields.BORDER, "4H", *(min(int(part), 0xFFFF) for part in border.split()))
    if (rate := stated_rate(spec)) is not None:
        header.put(dpx_fields.NUMBERS["FrameRate"], "f", float(rate))
    timecode = spec.getattribute(TIMECODE)
    if isinstance(timecode, tuple):
        header.put(dpx_fields.TIMECODE, "2I", *(word & 0xFFFFFFFF for word in timecode))


def _stated(spec: OpenImageIO.ImageSpec, name: str) -> Any:
    """A field as DPX or EXR had it; None where neither did."""
    value = spec.getattribute(dpx_fields.PREFIX + name)
    return spec.getattribute(_IN_EXR + name) if value is None else value


def _stated_text(spec: OpenImageIO.ImageSpec, name: str) -> str:
    value = _stated(spec, name)
    return value if isinstance(value, str) else ""


def _aspect(spec: OpenImageIO.ImageSpec) -> tuple[int, int]:
    """Width of a pixel for its height; those of no picture count as square."""
    stated = spec.get_float_attribute("PixelAspectRatio", 1.0)
    if not 1 / _LARGEST_RATIO <= stated <= _LARGEST_RATIO:
        return 1, 1
    return Fraction(stated).limit_denominator(_LARGEST_RATIO).as_integer_ratio()


def _edge_code(spec: OpenImageIO.ImageSpec) -> Sequence[str]:
    """Its parts, of the text, or otherwise of the KeyCode."""
    code = _stated_text(spec, dpx_fields.EDGE_CODE.removeprefix(dpx_fields.PREFIX))
    keycode = spec.getattribute(dpx_fields.KEYCODE)
    if not code and isinstance(keycode, tuple):
        maker, kind, prefix, count, offset, *_ = keycode
        code = f"{maker:02d}{kind:02d}{offset:02d}{prefix:06d}{count:04d}"
    parts = []
    for _, length in dpx_fields.EDGE.values():
        parts.append(code[:length].rstrip())
        code = code[length:]
    return parts


def _other_texts(spec: OpenImageIO.ImageSpec) -> dict[str, str]:
    return {name: text for name, text in texts_of_picture(spec).items() if name not in _WITH_A_FIELD}


def _user_data(spec: OpenImageIO.ImageSpec) -> bytes:
    stated = _stated(spec, "UserData")
    if stated is None:
        return b""
    try:
        data = base64.b64decode(stated, validate=True) if isinstance(stated, str) else np.asarray(stated).tobytes()
    except ValueError:
        # Another program's text by this name: binascii.Error is a ValueError, and letters beyond ASCII are one too.
        data = stated.encode()
    return data.ljust(_LOWEST_USER_DATA, b"\0") if len(data) <= _LARGEST_USER_DATA else b""


def _date(text: str) -> str:
    """Date and time as DPX has them, with a colon between the two."""
    return text.replace(" ", ":", 1)


def _ten_bits(lines: Values) -> bytes:
    """Three components a 32-bit word, the first in the highest bits."""
    codes = np.rint(np.asarray(lines, np.float64) * 1023).astype(np.uint32)
    codes = np.pad(codes, ((0, 0), (0, -codes.shape[1] % 3))).reshape(len(codes), -1, 3)
    return ((codes[..., 0] << 22) | (codes[..., 1] << 12) | (codes[..., 2] << 2)).astype(">u4").tobytes()
