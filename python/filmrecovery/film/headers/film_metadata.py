"""Metadata of film as one format has it, made fit for another: texts, frame rates, and the user data of DPX."""

import base64
from fractions import Fraction
from typing import Any

import numpy as np
import OpenImageIO

from filmrecovery.film.headers.frame_rate import exact_rate

_RATE = "FramesPerSecond"
_FILM_RATE, _VIDEO_RATE = "dpx:FrameRate", "dpx:TemporalFrameRate"
_UNDEFINED = b"\xff"
"""What DPX has in each byte of a field that nobody filled in."""


def with_readable_texts(spec: OpenImageIO.ImageSpec) -> OpenImageIO.ImageSpec:
    """Reads texts of a header that are no UTF-8 as Latin-1, so that they can be written again.

    Texts that are undefined are left out.
    """
    readable = OpenImageIO.ImageSpec(spec)
    for attribute in spec.extra_attribs:
        if not isinstance(attribute.value, str) or attribute.value.isascii():
            continue
        # The library gives bytes that are no UTF-8 as codes that cannot be written.
        content = attribute.value.encode(errors="surrogateescape")
        if not content.strip(_UNDEFINED):
            readable.erase_attribute(attribute.name)
        elif not is_utf8(attribute.value):
            readable.attribute(attribute.name, content.decode("latin-1"))
    return readable


def with_dpx_metadata(spec: OpenImageIO.ImageSpec) -> OpenImageIO.ImageSpec:
    """Adds `dpx/Name` for each `dpx:Name`, as Nuke does: an EXR writer drops names with the prefix of another format.

    The frame rate is stated as EXR does. User data become a text in base64, and user bits one of eight digits.
    """
    # A copy: what the library gives of an attribute is lost when the header that it is of grows.
    carried = OpenImageIO.ImageSpec(spec)
    for attribute in spec.extra_attribs:
        if attribute.name.startswith("dpx:"):
            carried.attribute(*_as_exr_has_it(attribute))
    if rate := stated_rate(spec):
        carried.attribute(_RATE, OpenImageIO.TypeDesc("rational"), (rate.numerator, rate.denominator))
    return carried


def _as_exr_has_it(attribute: OpenImageIO.ParamValue) -> tuple[str, OpenImageIO.TypeDesc, Any]:
    name, value = "dpx/" + attribute.name.removeprefix("dpx:"), attribute.value
    text = OpenImageIO.TypeDesc("string")
    if name == "dpx/UserData":
        return name, text, base64.b64encode(np.asarray(value, np.uint8).tobytes()).decode()
    if name == "dpx/UserBits":
        # EXR has whole numbers with a sign: half of the values would be negative.
        return name, text, f"{value:08x}"
    return name, OpenImageIO.TypeDesc(attribute.type), value


def stated_rate(spec: OpenImageIO.ImageSpec) -> Fraction | None:
    """The frames a second that a header states, exact: of film where DPX gives those of video too. None without."""
    stated = spec.getattribute(_RATE)
    if isinstance(stated, tuple):
        numerator, denominator = stated
        return exact_rate(numerator / denominator) if denominator else None
    # 0 is no rate, as what DPX leaves undefined is none.
    rates = [exact_rate(spec.get_float_attribute(name)) for name in (_FILM_RATE, _VIDEO_RATE)]
    return next((rate for rate in rates if rate), None)


def is_utf8(text: str) -> bool:
    """Whether a text of a header is UTF-8: the library gives other bytes as codes that cannot be written again."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
