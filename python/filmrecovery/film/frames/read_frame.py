"""Reads frames of EXR, DPX, TIFF, PNG and JPEG as float32.

No function here converts colour: values are as in the file. Whole-number codes are scaled so that the highest is 1.
"""

from collections.abc import Callable
from pathlib import Path

import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.colour_model import colour_model_problem, range_problem
from filmrecovery.film.frames.file_kind import FACT_NAMES, FileFacts, kind_problem
from filmrecovery.film.frames.file_parts import parts_problem
from filmrecovery.film.frames.frame import SUFFIXES, Frame, first_line, is_supported
from filmrecovery.film.frames.frame_seal import SEAL_NAME
from filmrecovery.film.frames.orientation import NAME as ORIENTATION
from filmrecovery.film.frames.orientation import drop_senseless_aspect, orientation_of, upright_header, upright_pixels
from filmrecovery.film.headers.dpx_header import with_film_header
from filmrecovery.film.headers.dpx_layout import Layout, is_dpx, read_layout
from filmrecovery.film.headers.dpx_picture import read_picture
from filmrecovery.film.headers.film_metadata import is_utf8, with_readable_texts
from filmrecovery.film.headers.jpeg_scans import scans_problem
from filmrecovery.film.headers.png_orientation import hidden_orientation_problem
from filmrecovery.film.headers.tiff_strips import strips_problem

_DPX_FORMATS = {
    8: OpenImageIO.UINT8,
    10: OpenImageIO.UINT16,
    12: OpenImageIO.UINT16,
    16: OpenImageIO.UINT16,
    32: OpenImageIO.FLOAT,
    64: OpenImageIO.DOUBLE,
}

# What describes the file that was read rather than the picture: it would be wrong in the file that is written.
_ENCODING_PREFIXES = ("oiio:", "openexr:", "tiff:", "jpeg:", "png:", "iccprofile", "exif:colorspace")
_ENCODING_NAMES = {
    "compression",
    "planarconfig",
    "chromaticities",
    "colorinteropid",
    "acesimagecontainerflag",
    "textureformat",
    SEAL_NAME,
    "dpx:imagedescriptor",
    "dpx:transfer",
    "dpx:colorimetric",
    "dpx:packing",
    "dpx:signal",
    "dpx:version",
    "dpx:dittokey",
    "dpx:endoflinepadding",
    "dpx:endofimagepadding",
    "dpx:lowdata",
    "dpx:lowquantity",
    "dpx:highdata",
    "dpx:highquantity",
}


def read_header(path: str | Path) -> OpenImageIO.ImageSpec:
    """Windows, channel names and metadata of a frame as `read_frame` gives it, without its pixels.

    Raises ElementError for a file that is missing, no picture, without RGB, or of a kind that cannot be kept whole.
    """
    image, spec, _ = _open(Path(path))
    image.close()
    return upright_header(spec, orientation_of(spec))


def read_frame(path: str | Path) -> Frame:
    """One frame as float32, upright, with its other channels, windows and metadata.

    Raises ElementError for a file that is missing, truncated or damaged, without RGB, or with NaN or Inf in RGB.
    """
    path = Path(path)
    image, spec, layout = _open(path)
    pixels = None if layout else image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    # A truncated JPEG comes back as pixels, padded with grey: only the error tells.
    damage = _said(image.geterror)
    image.close()
    if layout:
        pixels = read_picture(path, layout)
    elif pixels is None or damage:
        raise ElementError(f"{path}: truncated or damaged ({first_line(damage)}); restore this file")

    orientation = orientation_of(spec)
    pixels = upright_pixels(pixels.reshape(spec.height, spec.width, spec.nchannels), orientation)
    frame = Frame(pixels, tuple(spec.channelnames), upright_header(_without_encoding(spec), orientation))
    if bad := frame.not_finite:
        raise ElementError(
            f"{path}: {bad} values of RGB are NaN or Inf; expected finite values, render this frame again"
        )
    return frame


def _open(path: Path) -> tuple[OpenImageIO.ImageInput, OpenImageIO.ImageSpec, Layout | None]:
    """An open file, the header of its picture as stored, and of DPX the layout by which it is to be decoded."""
    if not is_supported(path):
        raise ElementError(f"{path}: not a supported format; expected one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ElementError(f"{path}: missing; expected a picture file")
    layout = read_layout(path) if is_dpx(path) else None
    if fault := strips_problem(path) or hidden_orientation_problem(path) or scans_problem(path):
        raise ElementError(f"{path}: {fault}")
    config = OpenImageIO.ImageSpec()
    # Otherwise RGB of PNG and TIFF would be multiplied by alpha, which in scans may be an infrared or dust channel.
    config.attribute("oiio:UnassociatedAlpha", 1)
    image = OpenImageIO.ImageInput.open(str(path), config)
    if image is None:
        reason = first_line(_said(OpenImageIO.geterror))
        raise ElementError(f"{path}: not readable ({reason}); restore this file, or convert it to RGB of another kind")

    spec = with_film_header(_with_layout(image.spec(), layout), path, layout) if layout else image.spec()
    drop_senseless_aspect(spec)
    facts = _facts(image, spec)
    problem = kind_problem(facts) or colour_model_problem(facts) or range_problem(path) or parts_problem(path)
    if not all(is_utf8(attribute.name) for attribute in spec.extra_attribs):
        problem = problem or "holds a name in its header that is no UTF-8; restore this file"
    if not all(map(is_utf8, spec.channelnames)):
        problem = problem or "has a channel whose name is no UTF-8; rename it, or leave it out"
    try:
        rgb_positions(tuple(spec.channelnames))
        if orientation_of(spec) != 1 and image.format_name() == "openexr":
            problem = problem or "has an orientation, which EXR does not know; turn it upright, or remove the attribute"
    except ElementError as error:
        problem = problem or str(error)
    if problem:
        image.close()
        raise ElementError(f"{path}: {problem}")
    return image, with_readable_texts(spec), layout


def _with_layout(spec: OpenImageIO.ImageSpec, layout: Layout) -> OpenImageIO.ImageSpec:
    """The header of a DPX file, with the picture that its layout says it holds."""
    whole = OpenImageIO.ImageSpec(spec)
    whole.width = whole.full_width = layout.width
    whole.height = whole.full_height = layout.height
    whole.x = whole.y = whole.full_x = whole.full_y = 0
    whole.nchannels, whole.channelnames, whole.channelformats = len(layout.channels), layout.channels, ()
    whole.set_format(_DPX_FORMATS[layout.bits])
    whole.attribute(ORIENTATION, layout.orientation)
    return whole


def _facts(image: OpenImageIO.ImageInput, spec: OpenImageIO.ImageSpec) -> FileFacts:
    numbers = tuple(str(spec.channelformat(channel)) for channel in range(spec.nchannels))
    stated = {name: spec.getattribute(name) for name in FACT_NAMES}
    return FileFacts(
        image.format_name(),
        numbers,
        {name: value for name, value in stated.items() if value is not None},
    )


def _without_encoding(spec: OpenImageIO.ImageSpec) -> OpenImageIO.ImageSpec:
    kept = OpenImageIO.ImageSpec(spec)
    for attribute in spec.extra_attribs:
        if describes_encoding(attribute.name):
            kept.erase_attribute(attribute.name)
    return kept


def describes_encoding(name: str) -> bool:
    """Whether an attribute is of the file that was read, and not of its picture: `read_frame` leaves it out."""
    lower = name.lower()
    # Says of the picture that RGB is not multiplied by alpha.
    if lower == "oiio:unassociatedalpha":
        return False
    return lower in _ENCODING_NAMES or lower.startswith(_ENCODING_PREFIXES)


def _said(error: Callable[[], str]) -> str:
    """What OpenImageIO says went wrong, which may hold names of the damaged file that are no UTF-8."""
    try:
        return error()
    except UnicodeDecodeError:
        return "it holds a name that is no UTF-8"
