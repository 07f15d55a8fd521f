"""What a picture file can hold that is not read, or not read for certain: refused by name.

OpenImageIO goes by the content of a file and reads a hundred kinds; what the name says is another one was never tried
here. Of TIFF it reads the first picture, which need not be the whole one, and any kind of number.

Standard library alone, so that Gaffer's own process can ask of what its reader says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FACT_NAMES = (
    *("tiff:PhotometricInterpretation", "tiff:subfiletype", "oiio:BitsPerSample", "jpeg:ColorSpace"),
    *("XResolution", "YResolution", "ResolutionUnit"),
)
"""The attributes that are asked for."""
_KINDS = ("openexr", "dpx", "tiff", "png", "jpeg")
_EXPECTED = "EXR, DPX, TIFF, PNG or JPEG"
_SMALLER, _MASK = 1, 4
"""Bits of NewSubfileType of TIFF."""
_WITH_SIGN = {"int8", "int16", "int", "int32"}
_WHOLE = {"uint", "uint32"}
_UNREAD_BITS = 24
"""A component, whole numbers or not: the library mixes up their bytes."""
_DENSITY_UNITS = ("in", "cm")


@dataclass(frozen=True)
class FileFacts:
    """What OpenImageIO says of a file: its kind, the number types of its channels, and its `attributes` by name."""

    kind: str
    numbers: tuple[str, ...]
    attributes: Mapping[str, Any]

    def number(self, name: str, otherwise: int = 0) -> int:
        """A whole number that the file says; a value otherwise."""
        value = self.attributes.get(name)
        return value if isinstance(value, int) else otherwise


def kind_problem(facts: FileFacts) -> str:
    """Why a picture cannot be read for certain, other than by its channels and its colour; empty where it can."""
    if facts.kind not in _KINDS:
        return f"is a file of the kind {facts.kind} by its content, expected {_EXPECTED}; save it as one of these"
    if facts.kind == "dpx":
        # Its layout is read here, and says what it holds.
        return ""
    if facts.number("tiff:subfiletype") & (_SMALLER | _MASK):
        return "begins with a smaller copy of its picture, or with a mask; write the picture alone"
    return _number_problem(facts) or (_density_problem(facts) if facts.kind == "jpeg" else "")


def _number_problem(facts: FileFacts) -> str:
    numbers = set(facts.numbers)
    if numbers & _WITH_SIGN:
        return "holds whole numbers with a sign; convert it to whole numbers without one, or to floating point"
    if numbers & _WHOLE and len(numbers) > 1:
        return "holds whole-number channels beside RGB, which cannot be kept; leave them out"
    if numbers & _WHOLE and facts.kind == "openexr":
        return "holds whole numbers, of which EXR does not say how many are white; convert it to half or float"
    if facts.kind == "tiff" and facts.number("oiio:BitsPerSample") == _UNREAD_BITS:
        return f"has {_UNREAD_BITS} bits a component; convert it to 16 or 32"
    return ""


def _density_problem(facts: FileFacts) -> str:
    """JFIF says how many pixels a unit of length has; libraries take the two numbers for the shape of a pixel."""
    across, down = (facts.attributes.get(name) for name in ("XResolution", "YResolution"))
    if across == down or facts.attributes.get("ResolutionUnit") not in _DENSITY_UNITS:
        return ""
    return (
        f"has {across:g} pixels a unit across and {down:g} down, of which programs make pixels of different shapes; "
        "save it with equal ones"
    )
