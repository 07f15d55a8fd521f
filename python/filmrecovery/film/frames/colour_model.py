"""Pictures whose values are no red, green and blue: refused by name.

OpenImageIO turns inks into RGB by a formula that no printer follows, L*a*b* and sensors' values through 8 bits, and
palettes with an error of a code. What RGB they are is for a program with a profile to say, and in which colour space.

Standard library alone, so that Gaffer's own process can ask of what its reader says.
"""

from pathlib import Path

from filmrecovery.film.frames.file_kind import FileFacts
from filmrecovery.film.headers.file_magic import PNG, kind_of
from filmrecovery.film.headers.png_chunks import chunks_of

_PHOTOMETRIC = "tiff:PhotometricInterpretation"
_GREY, _RGB, _YCBCR = (0, 1), 2, 6
_OF_GREY = 2
"""Channels: grey, and alpha."""
_CODE_POINTS, _LIMITED = b"cICP", 0
"""The chunk of PNG with the code points of ITU-T H.273, and its last byte where white is not the highest code."""
_NAMES = {
    3: "a palette",
    4: "a mask",
    5: "CMYK or other inks",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a sensor's raw values",
    32844: "LogL",
    32845: "LogLuv",
    34892: "a sensor's raw values",
}
_REMEDY = "convert it to RGB by its profile, in the colour space that you give, and save it again"


def colour_model_problem(facts: FileFacts) -> str:
    """What is wrong with the values of a picture; empty where they are R, G and B, or grey."""
    model = facts.number(_PHOTOMETRIC, _RGB)
    if model not in (*_GREY, _RGB, _YCBCR):
        return f"holds {_NAMES.get(model, f'values of the kind {model}')}, expected RGB; {_REMEDY}"
    if model in _GREY and len(facts.numbers) > _OF_GREY:
        return f"says that it is grey, and has {len(facts.numbers)} channels; {_REMEDY}"
    if model == _YCBCR and facts.number("oiio:BitsPerSample", 8) != 8:
        return f"holds Y Cb Cr of more than 8 bits, expected RGB; {_REMEDY}"
    stated = facts.attributes.get("jpeg:ColorSpace")
    return f"holds {stated} (inks), expected RGB; {_REMEDY}" if stated else ""


def range_problem(path: Path) -> str:
    """What is wrong with the range of a file's codes, which Gaffer's OpenImageIO does not tell. Raises OSError."""
    if kind_of(path) != PNG:
        return ""
    code_points = chunks_of(path, {_CODE_POINTS}).get(_CODE_POINTS, b"")
    if len(code_points) == 4 and code_points[-1] == _LIMITED:
        return "says that its codes are of limited range, as those of video are; save it with full range"
    return ""
