"""What a picture file can hold that is not read, or not read for certain: refused by name.

OpenImageIO goes by the content of a file and reads a hundred kinds; what the name says is another one was never tried
here. Of TIFF it reads the first picture, which need not be the whole one, and any kind of number.
"""

import OpenImageIO

_KINDS = ("openexr", "dpx", "tiff", "png", "jpeg")
_EXPECTED = "EXR, DPX, TIFF, PNG or JPEG"
_SMALLER, _MASK = 1, 4
"""Bits of NewSubfileType of TIFF."""
_WITH_SIGN = (OpenImageIO.INT8, OpenImageIO.INT16, OpenImageIO.INT32)
_UNREAD_BITS = 24
"""A component, whole numbers or not: the library mixes up their bytes."""
_DENSITY_UNITS = ("in", "cm")


def file_problem(image: OpenImageIO.ImageInput) -> str:
    """Why an open file cannot be read for certain, other than by its channels and its colour; empty where it can."""
    spec, kind = image.spec(), image.format_name()
    if kind not in _KINDS:
        return f"is a file of the kind {kind} by its content, expected {_EXPECTED}; save it as one of these"
    if spec.deep:
        return "holds deep pixels; flatten it"
    if kind == "dpx":
        # Its layout is read here, and says what it holds.
        return ""
    if _count_parts(image) > 1:
        return "holds more than one part or page; write each frame as a single-part file"
    if spec.get_int_attribute("tiff:subfiletype") & (_SMALLER | _MASK):
        return "begins with a smaller copy of its picture, or with a mask; write the picture alone"
    return _number_problem(spec, kind) or (_density_problem(spec) if kind == "jpeg" else "")


def _number_problem(spec: OpenImageIO.ImageSpec, kind: str) -> str:
    kinds = [spec.format, *spec.channelformats]
    if any(each in kinds for each in _WITH_SIGN):
        return "holds whole numbers with a sign; convert it to whole numbers without one, or to floating point"
    if OpenImageIO.UINT32 in spec.channelformats:
        return "holds whole-number channels beside RGB, which cannot be kept; leave them out"
    if kind == "openexr" and spec.format == OpenImageIO.UINT32:
        return "holds whole numbers, of which EXR does not say how many are white; convert it to half or float"
    if kind == "tiff" and spec.get_int_attribute("oiio:BitsPerSample") == _UNREAD_BITS:
        return f"has {_UNREAD_BITS} bits a component; convert it to 16 or 32"
    return ""


def _density_problem(spec: OpenImageIO.ImageSpec) -> str:
    """JFIF says how many pixels a unit of length has; libraries take the two numbers for the shape of a pixel."""
    across, down = (spec.get_float_attribute(name) for name in ("XResolution", "YResolution"))
    if across == down or spec.get_string_attribute("ResolutionUnit") not in _DENSITY_UNITS:
        return ""
    return (
        f"has {across:g} pixels a unit across and {down:g} down, of which programs make pixels of different shapes; "
        "save it with equal ones"
    )


def _count_parts(image: OpenImageIO.ImageInput) -> int:
    stated = image.spec().get_int_attribute("oiio:subimages", 1)
    if image.format_name() != "tiff":
        return stated
    # TIFF does not state its number of pages; the failed try leaves an error that would count as damage.
    more = image.seek_subimage(1, 0)
    image.geterror()
    image.seek_subimage(0, 0)
    return 2 if more else 1
