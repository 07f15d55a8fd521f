"""ICC profiles: they tell a paint program the working space of a frame, and tell us the space of a painted frame.

Profiles are of version 4 (ICC.1:2010): three primaries and a curve, adapted to the D50 white of the profile connection
space by the linearised Bradford transform.
"""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from filmrecovery.picture import colour

_D50 = (0.9642, 1.0, 0.8249)
# Rec.709 and sRGB, adapted to D50: X, Y, Z of each primary.
_PRIMARIES = ((0.4360747, 0.2225045, 0.0139322), (0.3850649, 0.7168786, 0.0971045), (0.1430804, 0.0606169, 0.7141733))
_ADAPTATION = (1.0478112, 0.0228866, -0.0501270, 0.0295424, 0.9904844, -0.0170491, -0.0092345, 0.0150436, 0.7521316)
# Function types of parametricCurveType, and their parameters.
_CURVES = {
    "srgb_tx": ("sRGB (IEC 61966-2-1)", 3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    "g24_rec709": ("Rec.709, gamma 2.4 (BT.1886)", 0, (2.4,)),
}
# In codes of 8 bits: profiles of one space by different makers differ by this much, in the darkest tones.
_TOLERANCE = 3


def profile_of(space: str) -> bytes | None:
    """The ICC profile of a working space, or None where it is none of those that `colour.PRESETS` names."""
    return next((_profile(name) for name in _CURVES if colour.same_space(space, name)), None)


def profile_name(profile: bytes) -> str:
    """What an ICC profile calls itself; "unreadable" for a damaged one."""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    except (ImageCms.PyCMSError, OSError):
        return "unreadable"


def is_profile_of(profile: bytes, space: str) -> bool | None:
    """Whether an ICC profile describes this working space; None where the space has no profile to compare with.

    What colours the profile gives counts, not its name: every maker has an sRGB of his own.
    """
    expected = profile_of(space)
    if expected is None:
        return None
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    colours = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3))
    try:
        given, wanted = (ImageCms.ImageCmsProfile(io.BytesIO(content)) for content in (profile, expected))
        converted = ImageCms.profileToProfile(
            colours, given, wanted, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        # Grey, CMYK, or damaged.
        return False
    difference = np.asarray(converted, np.int16) - np.asarray(colours, np.int16)
    return bool(np.abs(difference).max() <= _TOLERANCE)


@functools.cache
def _profile(space: str) -> bytes:
    name, function, parameters = _CURVES[space]
    curve = struct.pack(">4s4xHxx", b"para", function) + _fixed(*parameters)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(*_D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(*_ADAPTATION),
    }
    for letter, primary in zip("rgb", _PRIMARIES, strict=True):
        tags[f"{letter}XYZ".encode()] = b"XYZ \0\0\0\0" + _fixed(*primary)
        tags[f"{letter}TRC".encode()] = curve
    table, contents = struct.pack(">I", len(tags)), b""
    for signature, content in tags.items():
        table += struct.pack(">4sII", signature, 128 + 4 + 12 * len(tags) + len(contents), len(content))
        contents += content + b"\0" * (-len(content) % 4)
    size = 128 + len(table) + len(contents)
    # Size, version 4.2, class and spaces, a date of creation that is the same each time, signature, flags to model,
    # perceptual intent, white.
    header = struct.pack(
        ">I4xI4s4s4s6H4s24x", size, 0x04200000, b"mntr", b"RGB ", b"XYZ ", 2020, 1, 1, 0, 0, 0, b"acsp"
    )
    header += struct.pack(">4x") + _fixed(*_D50)
    return header.ljust(128, b"\0") + table + contents


def _fixed(*values: float) -> bytes:
    """s15Fixed16Number."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _text(text: str) -> bytes:
    """multiLocalizedUnicodeType, in English."""
    encoded = text.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(encoded), 28) + encoded
