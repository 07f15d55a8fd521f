"""What the header of a frame says of its colour: by itself it changes no value, since the user names the colour space.

But frames of one element that say different things were made in different ways, and a header that says another curve
than the user does shows that one of the two is wrong.

Standard library alone.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.film.headers.exr_header import read_exr_header
from filmrecovery.film.headers.file_magic import DPX, EXR, JPEG, PNG, TIFF, kind_of
from filmrecovery.film.headers.icc_profile import icc_profile
from filmrecovery.film.headers.png_chunks import chunks_of, unpacked
from filmrecovery.film.headers.tiff_directory import directory_of
from filmrecovery.picture.curve_kinds import DISPLAY, HDR, LINEAR, LOG


@dataclass(frozen=True)
class StatedColour:
    """`words` is what a header says, for people and to compare; `curve` a kind of `picture.curve_kinds`; `range` the
    codes of black and white where they are those of video; `wide` whether the primaries are wider than Rec.709's.

    Empty, or None, where it says nothing.
    """

    words: str = ""
    curve: str = ""
    range: str = ""
    wide: bool | None = None


_NOTHING = StatedColour()
_DPX_PLACE = 801
"""Where the transfer characteristic and the colorimetric specification of the first element are (SMPTE ST 268-1)."""
_DPX_LOW, _DPX_HIGH, _DPX_BITS = 784, 792, 803
"""Where the codes of the first element's lowest and highest value are, and the bits of a component."""
_DPX_NAMES = {
    1: "printing density",
    2: "linear",
    3: "logarithmic",
    4: "unspecified video",
    5: "SMPTE 274M",
    6: "ITU-R 709-4",
    7: "ITU-R 601-5 system B or G",
    8: "ITU-R 601-5 system M",
    9: "NTSC",
    10: "PAL",
    11: "Z, linear",
    12: "Z, homogeneous",
}
_DPX_CURVES = {1: LOG, 2: LINEAR, 3: LOG, **dict.fromkeys(range(4, 11), DISPLAY)}
_DPX_OF_FFMPEG = (2, 2)
"""FFmpeg writes these codes whatever is in the file: a colorimetry cannot be linear."""
_CHROMATICITIES, _INTEROP, _ACES = b"chromaticities", b"colorInteropID", b"acesImageContainerFlag"
_INTEROP_CURVES = {"lin": LINEAR, "srgb": DISPLAY, "g18": DISPLAY, "g22": DISPLAY, "g24": DISPLAY, "g26": DISPLAY}
_INTEROP_HDR = ("pq", "hlg")
_INTEROP_WIDE = {"rec709": False, **dict.fromkeys(("ap0", "ap1", "rec2020", "p3d65", "ciexyzd65"), True)}
_WIDE_AREA = 0.135
"""Of the triangle of primaries in x and y. Those of television and Rec.709 have up to 0.119, Adobe RGB and P3 0.15."""
_PRIMARIES_WIDE = {**dict.fromkeys((1, 5, 6, 7), False), **dict.fromkeys((9, 10, 11, 12), True)}
"""Code points of ITU-T H.273."""
_TRANSFERS = {
    **dict.fromkeys((1, 4, 5, 6, 7, 11, 12, 13, 14, 15, 17), DISPLAY),
    8: LINEAR,
    9: LOG,
    10: LOG,
    16: HDR,
    18: HDR,
}
"""Code points of ITU-T H.273."""
_LINEAR_GAMMA = 100_000
_ICC_MARKER, _ICC_SIGNATURE = 0xE2, b"ICC_PROFILE\0"
_START_OF_SCAN = 0xDA
_PRIMARIES, _TRANSFER_FUNCTION, _ICC_PROFILE = 319, 301, 34675
"""Tags of TIFF."""


def stated_colour(path: Path) -> StatedColour:
    """What a frame says of its colour. Raises OSError."""
    readers = {DPX: _of_dpx, EXR: _of_exr, PNG: _of_png, TIFF: _of_tiff, JPEG: _of_jpeg}
    read = readers.get(kind_of(path))
    return read(path) if read else _NOTHING


def _of_dpx(path: Path) -> StatedColour:
    with open(path, "rb") as file:
        file.seek(_DPX_PLACE)
        codes = tuple(file.read(2))
        file.seek(0)
        value_range = _video_range(file.read(_DPX_BITS + 1))
    if len(codes) < 2 or codes == _DPX_OF_FFMPEG:
        return StatedColour(range=value_range)
    named = [
        f"{what} {_DPX_NAMES[code]}"
        for what, code in zip(("transfer", "colorimetry"), codes, strict=True)
        if code in _DPX_NAMES
    ]
    return StatedColour(", ".join(named), _DPX_CURVES.get(codes[0], ""), value_range)


def _video_range(header: bytes) -> str:
    """The codes of black and white of a DPX file where they are those of limited range (ITU-R BT.601 and BT.709)."""
    if len(header) <= _DPX_BITS:
        return ""
    order = ">" if header.startswith(b"SDPX") else "<"
    (low,), (high,) = (struct.unpack_from(order + "I", header, place) for place in (_DPX_LOW, _DPX_HIGH))
    scale = 2 ** (header[_DPX_BITS] - 8) if 8 <= header[_DPX_BITS] <= 16 else 0
    return f"{low} to {high}" if scale and (low, high) == (16 * scale, 235 * scale) else ""


def _of_exr(path: Path) -> StatedColour:
    header = read_exr_header(path)
    if header is None:
        return _NOTHING
    words, curve, wide = [], "", None
    if content := header.attributes.get(_INTEROP):
        name = content.decode("utf-8", "replace")
        first, *others = name.split("_")
        wide = _INTEROP_WIDE.get(others[0]) if others else None
        curve = _INTEROP_CURVES.get(first, HDR if first in _INTEROP_HDR else "")
        words.append(f"colour space {name}")
    if len(content := header.attributes.get(_CHROMATICITIES, b"")) == 32:
        numbers = struct.unpack("<8f", content)
        words.append("chromaticities " + " ".join(f"{number:.3f}" for number in numbers))
        wide = _is_wide(numbers) if wide is None else wide
    if header.attributes.get(_ACES, b"").strip(b"\0"):
        words.append("ACES container")
        curve = curve or LINEAR
        wide = True if wide is None else wide
    return StatedColour(", ".join(words), curve, wide=wide)


def _is_wide(primaries: Sequence[float]) -> bool:
    """Whether the triangle of x and y of red, green and blue is larger than that of Rec.709 by far."""
    red_x, red_y, green_x, green_y, blue_x, blue_y = primaries[:6]
    area = red_x * (green_y - blue_y) + green_x * (blue_y - red_y) + blue_x * (red_y - green_y)
    return abs(area) / 2 > _WIDE_AREA


def _of_png(path: Path) -> StatedColour:
    """By the chunk that counts where there are several (W3C PNG, third edition)."""
    chunks = chunks_of(path, {b"cICP", b"iCCP", b"sRGB", b"gAMA"})
    if len(code_points := chunks.get(b"cICP", b"")) == 4:
        words = f"primaries {code_points[0]} and transfer {code_points[1]} of H.273"
        wide = _PRIMARIES_WIDE.get(code_points[0])
        return StatedColour(words, _TRANSFERS.get(code_points[1], ""), wide=wide)
    if profile := unpacked(chunks.get(b"iCCP", b"")):
        return _of_profile(profile)
    if b"sRGB" in chunks:
        return StatedColour("sRGB", DISPLAY)
    if len(content := chunks.get(b"gAMA", b"")) == 4:
        (gamma,) = struct.unpack(">I", content)
        return StatedColour(f"gamma {gamma / 100_000:.5g}", LINEAR if gamma == _LINEAR_GAMMA else DISPLAY)
    return _NOTHING


def _of_tiff(path: Path) -> StatedColour:
    tags = directory_of(path, {_PRIMARIES, _TRANSFER_FUNCTION, _ICC_PROFILE}).tags
    if profile := tags.get(_ICC_PROFILE):
        return _of_profile(bytes(int(number) & 0xFF for number in profile))
    words, wide = [], None
    if primaries := tags.get(_PRIMARIES):
        words.append("primaries " + " ".join(f"{number:.3f}" for number in primaries))
        wide = _is_wide(primaries) if len(primaries) == 6 else None
    if _TRANSFER_FUNCTION in tags:
        words.append("a transfer function")
    return StatedColour(", ".join(words), wide=wide)


def _of_jpeg(path: Path) -> StatedColour:
    parts = {}
    with open(path, "rb") as file:
        file.seek(2)
        while len(head := file.read(4)) == 4:
            begin, marker, length = struct.unpack(">2BH", head)
            if begin != 0xFF or marker == _START_OF_SCAN:
                break
            content = file.read(max(length - 2, 0))
            if marker == _ICC_MARKER and content.startswith(_ICC_SIGNATURE):
                number = content[len(_ICC_SIGNATURE) : len(_ICC_SIGNATURE) + 1]
                parts[number] = content[len(_ICC_SIGNATURE) + 2 :]
    return _of_profile(b"".join(parts[number] for number in sorted(parts))) if parts else _NOTHING


def _of_profile(content: bytes) -> StatedColour:
    profile = icc_profile(content)
    if profile is None:
        return StatedColour("an ICC profile that cannot be read")
    curve = {True: LINEAR, False: DISPLAY, None: ""}[profile.is_linear]
    return StatedColour(f"the ICC profile '{profile.name}' ({profile.mark})", curve)
