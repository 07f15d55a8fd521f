"""Writes frames whole or not at all.

No function here converts colour. Whole-number codes are scaled so that 1 is the highest.
"""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import numpy as np
import OpenImageIO
from PIL import Image

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.errors import OutputError, SettingsError
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.frame import SUFFIXES, Frame, first_line, is_supported
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.film.frames.frame_seal import SEAL_NAME, UNSEALED, sealed
from filmrecovery.film.frames.write_dpx import dpx_file
from filmrecovery.film.headers.exr_header import attributes_of
from filmrecovery.film.headers.film_metadata import with_dpx_metadata
from filmrecovery.picture.arrays import Picture, Values

_COMPRESSION = {"zip": "zip", "dwaa": "dwaa:45", "aces": "none", "float": "zip"}
_LARGEST_HALF = 65504.0
_WRITERS = {".exr": "openexr", ".tif": "tiff", ".tiff": "tiff", ".png": "png"}
_PNG_END = b"IEND\xaeB`\x82"
_RATES = (b"FramesPerSecond\0rational\0", b"framesPerSecond\0rational\0")
"""How the writer of EXR names the rate, and how the format does."""
_CAPTURED = "DateTime"
"""When the picture was taken, where the file that was read says so."""


def write_frame(path: str | Path, frame: Frame, encoding: str = "zip") -> None:
    """Writes one frame atomically, in the format that the suffix names.

    EXR keeps all channels, windows, metadata and values outside 0..1, in one of the encodings: "zip" and "dwaa" are
    half float with that compression (other channels stay float where they were), "aces" is half float, uncompressed,
    for pixels that are ACES2065-1 (SMPTE ST 2065-4), "float" is 32-bit float with ZIP. The other formats are clamped
    to 0..1 and ignore the encoding: TIFF and PNG 16 bit, DPX 10 bit with what the frame says of film and scan, JPEG
    8 bit, for viewing, without metadata.

    Raises SettingsError for an unknown encoding, and OutputError, leaving nothing behind, where the file cannot be
    written, the format cannot hold the frame or its alpha, or RGB holds NaN, Inf or more than half float can.
    """
    path = Path(path)
    if encoding not in ENCODINGS:
        raise SettingsError(f"encoding '{encoding}' is not one of {', '.join(ENCODINGS)}")
    if not is_supported(path):
        raise OutputError(f"{path}: not a supported format; expected one of {', '.join(SUFFIXES)}")
    if frame.not_finite:
        raise OutputError(f"{path}: the frame to be written holds NaN or Inf; expected finite values")

    suffix = path.suffix.lower()
    if suffix == ".exr":
        spec = _exr_spec(path, frame, encoding)
        _write(path, spec, frame.pixels)
        return

    _check_integer_format(path, frame)
    pixels = np.clip(frame.pixels, 0.0, 1.0)
    if suffix in (".jpg", ".jpeg"):
        _write_jpeg(path, pixels[..., list(rgb_positions(frame.channels))])
        return
    if suffix == ".dpx":
        places = [*rgb_positions(frame.channels), *(place for place, name in enumerate(frame.channels) if name == "A")]
        write_bytes(path, dpx_file(path.name, frame.spec, pixels[..., places]))
        return
    spec = _plain_spec(frame, OpenImageIO.UINT16)
    if suffix != ".png":
        spec.attribute("compression", "zip")
        # The Exif directory fails to be written even when it is empty, and would hide true errors.
        spec.attribute("tiff:write_exif", 0)
    _write(path, spec, pixels)


def _plain_spec(frame: Frame, pixel_format: OpenImageIO.BASETYPE) -> OpenImageIO.ImageSpec:
    spec = OpenImageIO.ImageSpec(frame.spec)
    spec.set_format(pixel_format)
    spec.channelformats = ()
    spec.channelnames = frame.channels
    spec.tile_width = spec.tile_height = spec.tile_depth = 0
    if not spec.get_string_attribute(_CAPTURED):
        # Otherwise the library takes the present time for it, and the same frame is never the same file again.
        spec.attribute(_CAPTURED, "")
    return spec


def _exr_spec(path: Path, frame: Frame, encoding: str) -> OpenImageIO.ImageSpec:
    spec = _plain_spec(frame, OpenImageIO.FLOAT if encoding == "float" else OpenImageIO.HALF)
    spec.attribute("compression", _COMPRESSION[encoding])
    spec.attribute(SEAL_NAME, UNSEALED)
    if encoding == "aces":
        if not set(frame.channels) <= {"R", "G", "B", "A"}:
            raise OutputError(
                f"{path}: an ACES container holds the channels R, G, B and A alone, and this frame has "
                f"{', '.join(frame.channels)}; choose the encoding zip or dwaa"
            )
        spec.attribute("openexr:ACESContainerPolicy", "strict")
    if encoding in ("zip", "dwaa"):
        colour = rgb_positions(frame.channels)
        spec.channelformats = tuple(
            OpenImageIO.FLOAT
            if position not in colour and frame.spec.channelformat(position) == OpenImageIO.FLOAT
            else OpenImageIO.HALF
            for position in range(len(frame.channels))
        )
    _check_half_range(path, frame, spec)
    return with_dpx_metadata(spec)


def _check_half_range(path: Path, frame: Frame, spec: OpenImageIO.ImageSpec) -> None:
    # The usual case, found quickly. NaN does not pass it.
    if frame.pixels.size and frame.pixels.min() >= -_LARGEST_HALF and frame.pixels.max() <= _LARGEST_HALF:
        return
    for position, name in enumerate(frame.channels):
        if spec.channelformat(position) != OpenImageIO.HALF:
            continue
        values = frame.pixels[..., position]
        # Inf in other channels, as in depth, is theirs to keep; a finite value must not become one.
        largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
        if largest > _LARGEST_HALF:
            raise OutputError(
                f"{path}: channel {name} holds a value of {largest:g}, and half float ends at {_LARGEST_HALF:g}; "
                "check the scale of the element or choose the encoding float"
            )


def _check_integer_format(path: Path, frame: Frame) -> None:
    if not set(frame.channels) <= {"R", "G", "B", "A"}:
        raise OutputError(
            f"{path}: {path.suffix} holds the channels R, G, B and A alone, and this frame has "
            f"{', '.join(frame.channels)}; write EXR"
        )
    if not np.isfinite(frame.pixels).all():
        raise OutputError(f"{path}: the alpha holds NaN or Inf, which {path.suffix} cannot hold; write EXR")
    spec = frame.spec
    data = (spec.x, spec.y, spec.width, spec.height)
    if data != (spec.full_x, spec.full_y, spec.full_width, spec.full_height):
        raise OutputError(f"{path}: {path.suffix} holds no data window apart from the display window; write EXR")


def _write_jpeg(path: Path, rgb: Picture) -> None:
    # OpenImageIO's JPEG writer ends the whole process when the disk is full.
    content = io.BytesIO()
    picture = Image.fromarray(np.rint(rgb * 255.0).astype(np.uint8))
    picture.save(content, "JPEG", quality=95, subsampling=0)
    write_bytes(path, content.getbuffer())


def _write(path: Path, spec: OpenImageIO.ImageSpec, pixels: Values) -> None:
    """Writes a frame by way of memory: OpenImageIO is silent where the disk fills within the last block."""
    suffix = path.suffix.lower()
    try:
        content = _encoded(_WRITERS[suffix], spec, pixels)
        if suffix == ".exr":
            _name_rate(content)
            place, digits = sealed(content)
            content[place : place + len(digits)] = digits
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: cannot be written ({error}); check the free memory and the limit on the size of files"
        ) from error
    write_bytes(path, content)


def _name_rate(content: bytearray) -> None:
    """Gives the rate in the header of an EXR file the name by which other programs look for it."""
    written, known = _RATES
    _, end = attributes_of(content)
    place = content.find(written, 0, end)
    if place >= 0:
        content[place : place + len(known)] = known


def _encoded(writer: str, spec: OpenImageIO.ImageSpec, pixels: Values) -> bytearray:
    """The file that a writer makes of a frame. Raises ValueError where it is not whole, and OSError."""
    with _scratch_file() as (file, name):
        image = OpenImageIO.ImageOutput.create(writer)
        if image is None:
            raise ValueError(first_line(OpenImageIO.geterror()))
        written = image.open(name, spec) and image.write_image(pixels)
        closed = image.close()
        # PNG reports a failure by the error alone.
        problem = image.geterror()
        if problem or not (written and closed):
            raise ValueError(first_line(problem))
        content = bytearray(os.fstat(file.fileno()).st_size)
        file.readinto(content)
        if not _is_whole(writer, content, name):
            raise ValueError("it came out incomplete")
        return content


def _is_whole(writer: str, content: bytearray, name: str) -> bool:
    """Whether the file of a writer is complete, which the writer itself does not report; for EXR see `sealed`."""
    if writer == "png":
        return content.endswith(_PNG_END)
    if writer != "tiff":
        return True
    image = OpenImageIO.ImageInput.open(name)
    if image is None:
        # Fetched so that it does not show up elsewhere.
        OpenImageIO.geterror()
        return False
    pixels = image.read_image(0, 0, 0, image.spec().nchannels, OpenImageIO.UINT16)
    damage = image.geterror()
    image.close()
    return pixels is not None and not damage


@contextlib.contextmanager
def _scratch_file() -> Generator[tuple[io.FileIO, str]]:
    """An empty file to be read from, in memory where the system can, and the path that others write to."""
    if sys.platform == "linux":
        with open(os.memfd_create("frame"), "rb", buffering=0) as file:
            yield file, f"/proc/self/fd/{file.fileno()}"
        return
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "frame", "w+b", buffering=0) as file:
        yield file, file.name
