"""A movie that is a master: FFV1 in Matroska, or ProRes in MOV, written whole, read back, with a hash of each picture.

FFV1 is of version 3 (RFC 9043), each picture by itself and in slices with checksums, so that damage is found and stays
small. Its R'G'B' codes are read back and compared. ProRes is lossy: that its pictures can be decoded, and how many they
are, is what is checked.
"""

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from filmrecovery.base.atomic import atomic_path, write_text
from filmrecovery.base.errors import ElementError, OutputError
from filmrecovery.film.movies.frame_list import frame_list, list_path, picture_hash
from filmrecovery.film.movies.movie_file import av_package
from filmrecovery.film.movies.pixel_layout import RGB, Component, PixelLayout, layout_of
from filmrecovery.film.movies.unpack_settings import FULL, LIMITED
from filmrecovery.film.movies.ycbcr import codes_of
from filmrecovery.picture.arrays import Picture

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer

UNKNOWN, BT709, SRGB = 2, 1, 13
"""Code points of primaries and transfer curves (ITU-T H.273)."""
_IDENTITY, _LIMITED, _FULL = 0, 1, 2
_MANY_SLICES, _FEW_SLICES = 16, 4
_LEAST_SIDE_OF_MANY = 256


@dataclass(frozen=True)
class MovieFormat:
    """What a master is coded as: `name` is what people say, the others are FFmpeg's names."""

    name: str
    suffix: str
    codec: str
    pixel_format: str
    options: Mapping[str, str]
    lossless: bool

    @property
    def layout(self) -> PixelLayout:
        layout = layout_of(self.pixel_format)
        assert layout
        return layout


_FFV1 = {"level": "3", "slicecrc": "1", "g": "1"}
MOVIE_FORMATS = {
    **{
        f"ffv1-{bits}": MovieFormat(f"FFV1 of {bits} bits", ".mkv", "ffv1", f"gbrp{bits}le", _FFV1, True)
        for bits in (10, 12, 16)
    },
    "prores-4444": MovieFormat("ProRes 4444", ".mov", "prores_ks", "yuv444p10le", {"profile": "4444"}, False),
    "prores-422hq": MovieFormat("ProRes 422 HQ", ".mov", "prores_ks", "yuv422p10le", {"profile": "hq"}, False),
}


@dataclass(frozen=True)
class MovieLabels:
    """What the headers of a movie say: pictures a second, time code of the first one and reel (both may be empty), how
    R'G'B' is to be understood (code points of H.273), width of a pixel for its height, texts by names of their own."""

    rate: Fraction
    timecode: str = ""
    reel: str = ""
    primaries: int = UNKNOWN
    transfer: int = UNKNOWN
    pixel_aspect: Fraction = Fraction(1)
    tags: Mapping[str, str] = field(default_factory=dict)


def write_movie(path: Path, kind: MovieFormat, pictures: Iterable[Picture], labels: MovieLabels) -> None:
    """Writes R'G'B' pictures in 0..1, (height, width, 3) and all of one size, as a movie, and beside it the list of the
    hashes of its pictures, which comes last. Both are written whole or not at all.

    Y'CbCr is of BT.709 and of limited range, R'G'B' of full range. Raises SettingsError where PyAV is not installed,
    and OutputError where the movie cannot be written, or is not read back as it was meant.
    """
    with atomic_path(path) as temporary:
        hashes = _encode(path, temporary, kind, pictures, labels)
        try:
            listed, found = frame_list(temporary)
        except ElementError as error:
            raise OutputError(f"{path}: cannot be read back ({error}); check the disk and its free space") from error
        if len(found) != len(hashes) or (kind.lossless and found != hashes):
            raise OutputError(
                f"{path}: {len(found)} of {len(hashes)} pictures can be read back, or are others than those that were "
                "written; check the disk, and call again"
            )
    write_text(list_path(path), listed)


def _encode(
    path: Path, temporary: Path, kind: MovieFormat, pictures: Iterable[Picture], labels: MovieLabels
) -> list[str]:
    """Writes the movie and returns the hash of each picture's codes."""
    av = av_package()
    layout, hashes = kind.layout, []
    value_range = FULL if layout.model == RGB else LIMITED
    # Names of its own stand in MOV only where they are asked for.
    container_options = {"movflags": "use_metadata_tags"} if kind.suffix == ".mov" else {}
    try:
        with av.open(str(temporary), "w", container_options=container_options) as container:
            container.metadata.update(labels.tags)
            stream = None
            for index, picture in enumerate(pictures):
                components = codes_of(picture, layout, "bt709", value_range)
                hashes.append(picture_hash(components, layout))
                if stream is None:
                    stream = _stream(container, kind, labels, picture.shape[1], picture.shape[0])
                frame = _av_frame(av, kind.pixel_format, components)
                frame.pts, frame.time_base = index, 1 / labels.rate
                container.mux(stream.encode(frame))
            if stream:
                container.mux(stream.encode())
    except av.FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise OutputError(f"{path}: no {kind.name} can be written ({error}); choose another master") from error
    return hashes


def _stream(
    container: "OutputContainer", kind: MovieFormat, labels: MovieLabels, width: int, height: int
) -> "av.VideoStream":
    many = min(width, height) >= _LEAST_SIDE_OF_MANY
    slices = {"slices": str(_MANY_SLICES if many else _FEW_SLICES)} if kind.codec == "ffv1" else {}
    added = container.add_stream(kind.codec, rate=labels.rate, options={**kind.options, **slices})
    stream = cast("av.VideoStream", added)
    stream.width, stream.height, stream.pix_fmt = width, height, kind.pixel_format
    coder = stream.codec_context
    is_rgb = kind.layout.model == RGB
    coder.colorspace, coder.color_range = (_IDENTITY, _FULL) if is_rgb else (BT709, _LIMITED)
    coder.color_primaries, coder.color_trc = labels.primaries, labels.transfer
    coder.sample_aspect_ratio = labels.pixel_aspect
    stated = {"timecode": labels.timecode, "reel_name": labels.reel}
    stream.metadata.update({name: text for name, text in stated.items() if text})
    return stream


def _av_frame(av: types.ModuleType, pixel_format: str, components: list[Component]) -> "av.VideoFrame":
    height, width = components[0].shape
    frame = av.VideoFrame(width, height, pixel_format)
    for part, codes in zip(frame.format.components, components, strict=True):
        plane = frame.planes[part.plane]
        lines = np.zeros((plane.height, plane.line_size), np.uint8)
        content = np.ascontiguousarray(codes).view(np.uint8)
        lines[:, : content.shape[1]] = content
        plane.update(lines.tobytes())
    return frame
