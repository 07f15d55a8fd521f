"""Frames of film on disk: EXR, DPX, TIFF, PNG and JPEG, read as float32 and written whole or not at all.

No function here converts colour: values are as in the file. Whole-number codes are scaled so that the highest is 1.
"""

import contextlib
import dataclasses
import io
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO
from PIL import Image

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.film.colour_model import colour_model_problem
from filmrecovery.film.dpx import Layout, is_dpx, read_layout, read_picture
from filmrecovery.film.film_metadata import carry_dpx_metadata, is_utf8, with_readable_texts
from filmrecovery.film.frame_encoding import ENCODINGS
from filmrecovery.film.frame_seal import SEAL_NAME, UNSEALED, sealed
from filmrecovery.film.orientation import NAME as ORIENTATION
from filmrecovery.film.orientation import orientation_of, upright_header, upright_pixels
from filmrecovery.picture.arrays import Channel, Picture, Values

SUFFIXES = (".exr", ".dpx", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
_LETTERS = {"red": "r", "green": "g", "blue": "b"}
_COMPRESSION = {"zip": "zip", "dwaa": "dwaa:45", "aces": "none", "float": "zip"}
_LARGEST_HALF = 65504.0
_WRITERS = {".exr": "openexr", ".dpx": "dpx", ".tif": "tiff", ".tiff": "tiff", ".png": "png"}
_PNG_END = b"IEND\xaeB`\x82"
_DPX_SIZE, _DPX_NAME, _DPX_NAME_LENGTH = slice(16, 20), slice(36, 136), 100
"""Of the file header of DPX (SMPTE 268M): the size of the file, and its name."""
_DPX_FORMATS = {
    8: OpenImageIO.UINT8,
    10: OpenImageIO.UINT16,
    12: OpenImageIO.UINT16,
    16: OpenImageIO.UINT16,
    32: OpenImageIO.FLOAT,
    64: OpenImageIO.DOUBLE,
}
_CAPTURED = "DateTime"
"""When the picture was taken, where the file that was read says so."""

# What describes the file that was read rather than the picture: it would be wrong in the file that is written.
_ENCODING_PREFIXES = ("oiio:", "openexr:", "tiff:", "jpeg:", "png:", "iccprofile", "exif:colorspace")
_ENCODING_NAMES = {
    "compression",
    "planarconfig",
    "chromaticities",
    "colorinteropid",
    "acesimagecontainerflag",
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


@dataclass(frozen=True)
class Frame:
    """One picture with all that came with it.

    `pixels` is float32 (height, width, channels) over the data window; `channels` names them in that order; `spec`
    holds the data window (x, y, width, height), the display window (full_*) and the metadata, less what describes the
    encoding of the file read. RGB is never multiplied or divided by alpha.
    """

    pixels: Values
    channels: tuple[str, ...]
    spec: OpenImageIO.ImageSpec

    @property
    def rgb(self) -> Picture:
        """The colour channels, float32 (height, width, 3), a copy."""
        return np.take(self.pixels, rgb_positions(self.channels), axis=-1)

    def with_rgb(self, rgb: Picture) -> "Frame":
        """The same frame with other colour, (height, width, 3); other channels, windows and metadata are kept."""
        pixels = self.pixels.copy()
        pixels[..., list(rgb_positions(self.channels))] = rgb
        return dataclasses.replace(self, pixels=pixels)

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, float32 (height, width), a copy; None where there is none."""
        return self.pixels[..., self.channels.index(name)].copy() if name in self.channels else None

    def with_channel(self, name: str, values: Channel) -> "Frame":
        """The same frame with a channel, (height, width), that is new or replaces the one of that name.

        A new one is half float, unless all of the file is written as float.
        """
        if name in self.channels:
            pixels = self.pixels.copy()
            pixels[..., self.channels.index(name)] = values
            return dataclasses.replace(self, pixels=pixels)
        spec = OpenImageIO.ImageSpec(self.spec)
        formats = [self.spec.channelformat(position) for position in range(len(self.channels))]
        return Frame(
            np.concatenate([self.pixels, values[..., np.newaxis].astype(np.float32)], axis=-1),
            channels := (*self.channels, name),
            _with_channels(spec, channels, [*formats, OpenImageIO.TypeDesc(OpenImageIO.HALF)]),
        )

    def with_windows_of(self, other: OpenImageIO.ImageSpec) -> "Frame":
        """The same pixels and channels, with the windows and the metadata of another frame of the same size."""
        formats = [self.spec.channelformat(position) for position in range(len(self.channels))]
        return dataclasses.replace(self, spec=_with_channels(OpenImageIO.ImageSpec(other), self.channels, formats))


def _with_channels(
    spec: OpenImageIO.ImageSpec, channels: tuple[str, ...], formats: list[OpenImageIO.TypeDesc]
) -> OpenImageIO.ImageSpec:
    spec.nchannels = len(channels)
    spec.channelnames = channels
    spec.channelformats = tuple(formats)
    return spec


def frame_from_rgb(rgb: Picture) -> Frame:
    """A frame of its own, without metadata, from (height, width, 3) values."""
    height, width, _ = rgb.shape
    return Frame(np.array(rgb, np.float32), ("R", "G", "B"), OpenImageIO.ImageSpec(width, height, 3, OpenImageIO.FLOAT))


def rgb_positions(channels: tuple[str, ...]) -> tuple[int, int, int]:
    """Where red, green and blue stand among channel names such as R, r or rgba.R.

    The words red, green and blue serve too. Plain names win over names with a layer. Raises ElementError where there is
    no RGB, or more than one layer of it.
    """
    layers: dict[str, dict[str, int]] = {}
    for position, name in enumerate(channels):
        layer, _, letter = name.rpartition(".")
        layers.setdefault(layer, {}).setdefault(_LETTERS.get(letter.lower(), letter.lower()), position)
    colour = {layer: found for layer, found in layers.items() if {"r", "g", "b"} <= found.keys()}
    if "" in colour:
        colour = {"": colour[""]}
    if not colour:
        raise ElementError(
            f"no RGB among the channels {', '.join(channels)}; expected R, G and B "
            "(write a grey picture as three equal channels)"
        )
    if len(colour) > 1:
        raise ElementError(
            f"more than one layer with RGB ({', '.join(colour)}); leave one, or name its channels R, G, B"
        )
    (found,) = colour.values()
    return found["r"], found["g"], found["b"]


def is_supported(path: str | Path) -> bool:
    """Whether frames with the suffix of this path can be read and written."""
    return Path(path).suffix.lower() in SUFFIXES


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
        raise ElementError(f"{path}: truncated or damaged ({_first_line(damage)}); restore this file")

    orientation = orientation_of(spec)
    pixels = upright_pixels(pixels.reshape(spec.height, spec.width, spec.nchannels), orientation)
    frame = Frame(pixels, tuple(spec.channelnames), upright_header(_without_encoding(spec), orientation))
    bad = int(np.count_nonzero(~np.isfinite(frame.rgb)))
    if bad:
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
    config = OpenImageIO.ImageSpec()
    # Otherwise RGB of PNG and TIFF would be multiplied by alpha, which in scans may be an infrared or dust channel.
    config.attribute("oiio:UnassociatedAlpha", 1)
    image = OpenImageIO.ImageInput.open(str(path), config)
    if image is None:
        raise ElementError(f"{path}: not readable ({_first_line(_said(OpenImageIO.geterror))}); restore this file")

    spec = _with_layout(image.spec(), layout) if layout else image.spec()
    problem = colour_model_problem(spec)
    if spec.deep:
        problem = "holds deep pixels; flatten it"
    elif not layout and _count_parts(image) > 1:
        problem = "holds more than one part or page; write each frame as a single-part file"
    elif OpenImageIO.UINT32 in spec.channelformats:
        problem = "holds whole-number channels beside RGB, which cannot be kept; leave them out"
    elif not all(is_utf8(attribute.name) for attribute in spec.extra_attribs):
        problem = "holds a name in its header that is no UTF-8; restore this file"
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


def _count_parts(image: OpenImageIO.ImageInput) -> int:
    stated = image.spec().get_int_attribute("oiio:subimages", 1)
    if image.format_name() != "tiff":
        return stated
    # TIFF does not state its number of pages; the failed try leaves an error that would count as damage.
    more = image.seek_subimage(1, 0)
    image.geterror()
    image.seek_subimage(0, 0)
    return 2 if more else 1


def _without_encoding(spec: OpenImageIO.ImageSpec) -> OpenImageIO.ImageSpec:
    kept = OpenImageIO.ImageSpec(spec)
    for attribute in spec.extra_attribs:
        name = attribute.name.lower()
        # Says of the picture, not of the file, that RGB is not multiplied by alpha.
        if name == "oiio:unassociatedalpha":
            continue
        if name in _ENCODING_NAMES or name.startswith(_ENCODING_PREFIXES):
            kept.erase_attribute(attribute.name)
    return kept


def write_frame(path: str | Path, frame: Frame, encoding: str = "zip") -> None:
    """Writes one frame atomically, in the format that the suffix names.

    EXR keeps all channels, windows, metadata and values outside 0..1, in one of the encodings: "zip" and "dwaa" are
    half float with that compression (other channels stay float where they were), "aces" is half float, uncompressed,
    for pixels that are ACES2065-1 (SMPTE ST 2065-4), "float" is 32-bit float with ZIP. The other formats are clamped
    to 0..1 and ignore the encoding: TIFF and PNG 16 bit, DPX 10 bit, JPEG 8 bit, for viewing, without metadata.

    Raises SettingsError for an unknown encoding, and OutputError, leaving nothing behind, where the file cannot be
    written, the format cannot hold the frame, or RGB holds NaN, Inf or more than half float can.
    """
    path = Path(path)
    if encoding not in ENCODINGS:
        raise SettingsError(f"encoding '{encoding}' is not one of {', '.join(ENCODINGS)}")
    if not is_supported(path):
        raise OutputError(f"{path}: not a supported format; expected one of {', '.join(SUFFIXES)}")
    if not np.isfinite(frame.rgb).all():
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
    spec = _plain_spec(frame, OpenImageIO.UINT16)
    if suffix == ".dpx":
        spec.attribute("oiio:BitsPerSample", 10)
        # The writer cuts 16 bits down to 10; on whole 10-bit codes that is exact.
        pixels = np.rint(pixels * 1023.0) / np.float32(1023.0)
    elif suffix != ".png":
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
    carry_dpx_metadata(spec)
    return spec


def _check_half_range(path: Path, frame: Frame, spec: OpenImageIO.ImageSpec) -> None:
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
            place, digits = sealed(content)
            content[place : place + len(digits)] = digits
        elif suffix == ".dpx":
            content[_DPX_NAME] = path.name.encode()[:_DPX_NAME_LENGTH].ljust(_DPX_NAME_LENGTH, b"\0")
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{path}: cannot be written ({error}); check the free memory and the limit on the size of files"
        ) from error
    write_bytes(path, content)


def _encoded(writer: str, spec: OpenImageIO.ImageSpec, pixels: Values) -> bytearray:
    """The file that a writer makes of a frame. Raises ValueError where it is not whole, and OSError."""
    with _scratch_file() as (file, name):
        image = OpenImageIO.ImageOutput.create(writer)
        if image is None:
            raise ValueError(_first_line(OpenImageIO.geterror()))
        written = image.open(name, spec) and image.write_image(pixels)
        closed = image.close()
        # PNG reports a failure by the error alone, DPX by close() alone.
        problem = image.geterror()
        if problem or not (written and closed):
            raise ValueError(_first_line(problem))
        content = bytearray(os.fstat(file.fileno()).st_size)
        file.readinto(content)
        if not _is_whole(writer, content, name):
            raise ValueError("it came out incomplete")
        return content


def _is_whole(writer: str, content: bytearray, name: str) -> bool:
    """Whether nothing of what a writer wrote was lost, which it would not say; of EXR see `sealed`."""
    if writer == "png":
        return content.endswith(_PNG_END)
    if writer == "dpx":
        return int.from_bytes(content[_DPX_SIZE], "little" if content.startswith(b"XPDS") else "big") == len(content)
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


def _said(error: Callable[[], str]) -> str:
    """What OpenImageIO says went wrong, which may hold names of the damaged file that are no UTF-8."""
    try:
        return error()
    except UnicodeDecodeError:
        return "it holds a name that is no UTF-8"


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].strip() if lines else "no reason given"
