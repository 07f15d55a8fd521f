"""Movies made on the run: a picture that is known at every place, in any codec, pixel format, matrix, range and siting.

R'G'B' is linear across the picture. Whatever reads samples of colour at the right places, and is linear between them,
gets it back as exactly as the codes allow; what reads them half a pixel off does not.
"""

import fractions
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np

from filmrecovery.film.movies.movie_record import MovieRecord
from filmrecovery.film.movies.pixel_layout import RGB, Component, PixelLayout, layout_of
from filmrecovery.film.movies.survey import survey
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.picture.arrays import Indices

# As ITU-R BT.601, BT.709 and BT.2020 print them: the reader computes its own from two weights.
LUMA = {
    "bt601": (0.299, 0.587, 0.114),
    "bt709": (0.2126, 0.7152, 0.0722),
    "bt2020": (0.2627, 0.678, 0.0593),
}
BLUE, RED = {"bt601": 1.772, "bt709": 1.8556, "bt2020": 1.8814}, {"bt601": 1.402, "bt709": 1.5748, "bt2020": 1.4746}
MATRIX_CODES = {"bt601": 6, "bt709": 1, "bt2020": 9}
RANGE_CODES = {"limited": 1, "full": 2}
SITINGS = {
    "left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "top-left": (0.0, 0.0),
    "top": (0.5, 0.0),
    "bottom-left": (0.0, 1.0),
    "bottom": (0.5, 1.0),
}
"""Of 4:2:0, across and down, in pixels of luma."""

SIZE = (66, 50)
GREY = [np.full(SIZE[::-1], 128)] * 3
"""Codes of a picture of `SIZE`, width and height, in three components of 8 bits."""


def known_layout(pixel_format: str) -> PixelLayout:
    """The layout of a pixel format that is read."""
    layout = layout_of(pixel_format)
    assert layout
    return layout


def ramp(x, y, width, height, moment=0):
    """The known picture, R'G'B' at places (x, y) in pixels, (..., 3). A moment later it has more red."""
    across, down = x / width, y / height
    red = 0.2 + 0.5 * across + 0.1 * down + 0.1 * moment
    return np.stack([red, 0.7 - 0.3 * across + 0.1 * down, 0.3 + 0.1 * across + 0.4 * down], axis=-1)


def ramp_picture(width, height, moment=0):
    """The known picture at the middle of each pixel, (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    return ramp(x, y, width, height, moment)


def ramp_codes(layout: PixelLayout, width, height, matrix="bt709", value_range="limited", siting="left"):
    """The codes of each component of the known picture, floating, not rounded."""
    across, down = _first_sample(layout, siting)
    x = layout.across * np.arange(-(-width // layout.across)) + across
    y = layout.down * np.arange(-(-height // layout.down)) + down
    return _codes_at(layout, (width, height), (np.arange(width), np.arange(height)), (x, y), matrix, value_range)


def woven_codes(
    layout: PixelLayout, width, height, matrix="bt709", value_range="limited", siting="left", top_first=True
):
    """The codes of the known picture coded in two fields, of which the second shows it a moment later.

    Each field has samples of colour of its own. Those of all lines lie as far apart as a whole picture's (H.262,
    6.1.1.8), unless they lie on lines of the field.
    """
    fields = []
    across, down = _first_sample(layout, siting)
    x = layout.across * np.arange(-(-width // layout.across)) + across
    for parity in (0, 1):
        lines = np.arange(parity, height, 2)
        shift = down + (parity - 0.5) * 0.5 if down == 0.5 else down
        # In lines of the field, then in those of the picture.
        y = parity + 2 * (layout.down * np.arange(-(-len(lines) // layout.down)) + (shift if layout.down > 1 else 0))
        moment = (parity == 1) == top_first
        fields.append(
            _codes_at(layout, (width, height), (np.arange(width), lines), (x, y), matrix, value_range, moment)
        )
    return [_weave(top, bottom) for top, bottom in zip(*fields, strict=True)]


def woven_picture(width, height, top_first=True):
    """R'G'B' of `woven_codes`."""
    return _weave(*(ramp_picture(width, height, (p == 1) == top_first)[p::2] for p in (0, 1)))


def _weave(top, bottom):
    whole = np.empty((len(top) + len(bottom), *top.shape[1:]))
    whole[0::2], whole[1::2] = top, bottom
    return whole


def _first_sample(layout, siting):
    return SITINGS[siting][0] * (layout.across > 1), SITINGS[siting][1] * (layout.down > 1)


def _codes_at(layout, size, lumas, chromas, matrix, value_range, moment=0):
    """The codes where luma, or R, G and B, lies at these places across and down, and colour at those."""
    low, span = _luma(layout, value_range)
    picture = ramp(*np.meshgrid(*lumas), *size, moment)
    if layout.model == RGB:
        return [low + span * channel for channel in np.moveaxis(picture, -1, 0)]
    luma = picture @ LUMA[matrix]
    rgb = ramp(*np.meshgrid(*chromas), *size, moment)
    middle = 2.0 ** (layout.bits - 1)
    chroma_span = 224 * 2.0 ** (layout.bits - 8) if value_range == "limited" else 2.0**layout.bits - 1
    of_luma = rgb @ LUMA[matrix]
    blue, red = (rgb[..., 2] - of_luma) / BLUE[matrix], (rgb[..., 0] - of_luma) / RED[matrix]
    return [low + span * luma, middle + chroma_span * blue, middle + chroma_span * red]


def _luma(layout, value_range):
    if value_range == "limited":
        return 16 * 2.0 ** (layout.bits - 8), 219 * 2.0 ** (layout.bits - 8)
    return 0.0, 2.0**layout.bits - 1


def frame_of(components: Sequence[Component], pixel_format: str) -> av.VideoFrame:
    """A picture of codes, in planes or packed as the pixel format asks for. R, G, B or Y, Cb, Cr, alpha."""
    if pixel_format in ("uyvy422", "yuyv422"):
        return frame_of(components, "yuv422p").reformat(format=pixel_format, threads=1)
    height, width = components[0].shape
    frame = av.VideoFrame(width, height, pixel_format)
    layout = known_layout(pixel_format)
    kind = "<u2" if layout.bits > 8 else "u1"
    codes = [np.rint(np.clip(part, 0, 2**layout.bits - 1)).astype(kind) for part in components]
    if len(frame.planes) == 1 and len(codes) > 1:
        letters = {"bgr0": "BGR0", "rgb24": "RGB", "bgr24": "BGR", "bgra": "BGRA", "rgb48le": "RGB"}[pixel_format]
        empty = np.zeros_like(codes[0])
        parts = [codes["RGBA".index(letter)] if letter in "RGBA" else empty for letter in letters]
        _fill(frame.planes[0], np.stack(parts, axis=-1).reshape(height, -1))
        return frame
    for part, code in zip(frame.format.components, codes, strict=False):
        _fill(frame.planes[part.plane], code)
    return frame


def _fill(plane, codes):
    lines = np.zeros((plane.height, plane.line_size), np.uint8)
    content = np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), -1)
    lines[: len(codes), : content.shape[1]] = content
    plane.update(lines.tobytes())


def write_movie(
    path: Path,
    pictures: Iterable[Sequence[Component]],
    codec: str = "ffv1",
    pixel_format: str = "yuv422p10le",
    *,
    rate: fractions.Fraction = fractions.Fraction(24),
    options: Mapping[str, str] = {},
    matrix: str | None = None,
    value_range: str | None = None,
    aspect: fractions.Fraction | None = None,
    interlaced: bool = False,
    fields: str = "",
    times: Sequence[int] | None = None,
    container_options: Mapping[str, str] = {},
    metadata: Mapping[str, str] = {},
    **context: Any,
) -> Path:
    """Writes components of pictures as a movie, in the container that the suffix names.

    `fields` is tff or bff where they are to be marked as two fields, of which the top or the bottom one comes first.
    """
    with av.open(str(path), "w", container_options=dict(container_options)) as container:
        container.metadata.update(metadata)
        stream: av.VideoStream | None = None
        for index, components in enumerate(pictures):
            frame = frame_of(components, pixel_format)
            if stream is None:
                added = container.add_stream(codec, rate=rate, options=dict(options))
                assert isinstance(added, av.VideoStream)
                stream = added
                stream.metadata.update(metadata)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, pixel_format
                coder = stream.codec_context
                if aspect:
                    coder.sample_aspect_ratio = aspect
                if interlaced or fields:
                    coder.flags |= 1 << 18 | 1 << 29  # interlaced DCT and motion
                for name, value in context.items():
                    setattr(coder, name, value)
                if matrix:
                    coder.colorspace = MATRIX_CODES[matrix]
                if value_range:
                    coder.color_range = RANGE_CODES[value_range]
            if matrix:
                frame.colorspace = MATRIX_CODES[matrix]
            if value_range:
                frame.color_range = RANGE_CODES[value_range]
            frame.pts = times[index] if times else index
            frame.time_base = 1 / rate
            container.mux(stream.encode(_marked(frame, fields) if fields else frame))
        assert stream
        container.mux(stream.encode())
    return path


def _marked(frame: av.VideoFrame, fields: str) -> av.VideoFrame:
    """The picture as two fields; PyAV has no way of its own to say so."""
    graph = av.filter.Graph()
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
    source, mark = graph.add("buffer", f"{size}:time_base=1/1:pixel_aspect=1/1"), graph.add("setfield", fields)
    sink = graph.add("buffersink")
    source.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    time, base = frame.pts, frame.time_base
    graph.push(frame)
    marked = graph.vpull()
    marked.pts, marked.time_base = time, base
    return marked


def write_soft_pulldown(path: Path, pictures: Iterable[Sequence[Component]], metadata: Mapping[str, str] = {}) -> Path:
    """Writes film as most discs have it: 24 pictures a second in MPEG-2, and flags that say which fields to show twice.

    No encoder at hand sets these flags, so that they are set in what it has written (H.262, 6.2.3.1).
    """
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata)
        stream = container.add_stream("mpeg2video", rate=fractions.Fraction(30000, 1001))
        stream.codec_context.bit_rate = 8_000_000
        time = count = 0
        for given, components in enumerate((*pictures, None)):
            frame = None
            if components is not None:
                frame = frame_of(components, "yuv420p")
                if given == 0:
                    stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
                frame.pts, frame.time_base = given, fractions.Fraction(1001, 30000)
            for packet in stream.encode(frame):
                flagged = av.Packet(_with_flags(bytes(packet), count % 4))
                flagged.stream, flagged.time_base = stream, fractions.Fraction(1, 90000)
                flagged.pts = flagged.dts = time
                flagged.is_keyframe = packet.is_keyframe
                container.mux(flagged)
                time += (3003, 4504, 3003, 4505)[count % 4]
                count += 1
    return path


def _with_flags(packet: bytes, phase: int) -> bytes:
    content = bytearray(packet)
    place = content.find(b"\0\0\1\xb5")
    while place >= 0:
        if content[place + 4] >> 4 == 1:
            content[place + 5] &= ~8  # no progressive sequence, in which the flag would mean whole pictures
        if content[place + 4] >> 4 == 8:
            content[place + 7] = content[place + 7] & ~0x82 | (phase < 2) << 7 | (phase % 2) << 1
            content[place + 8] |= 0x80
        place = content.find(b"\0\0\1\xb5", place + 4)
    return bytes(content)


def noise(pixel_format: str, size: tuple[int, int] = SIZE, seed: int = 0) -> list[Indices]:
    """Codes of all values, of each component."""
    layout = known_layout(pixel_format)
    random = np.random.default_rng(seed)
    shapes = [(size[1], size[0])] + [(-(-size[1] // layout.down), -(-size[0] // layout.across))] * 2
    return [random.integers(0, 2**layout.bits, shape) for shape in (*shapes, *shapes[:1] * layout.alpha)]


def moved(path: Path, atom: bytes, change: Callable[[bytearray, int], None]) -> None:
    """Changes the content of the first atom of a kind in MOV or MP4."""
    content = bytearray(path.read_bytes())
    change(content, content.index(atom) + 4)
    path.write_bytes(content)


def look(path: Path, **settings: Any) -> MovieRecord:
    """The record of a movie, as `unpack` decides with these settings."""
    return survey(UnpackSettings(**settings), path, "")
