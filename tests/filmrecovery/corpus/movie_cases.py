"""The movies of the table: depth, range, matrix, chroma, siting, fields and container, and what has to be refused."""

import fractions
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from movie_files import (
    MATRIX_CODES,
    RANGE_CODES,
    known_layout,
    ramp_codes,
    ramp_picture,
    woven_codes,
    woven_picture,
    write_movie,
)

from filmrecovery.film.movies.pixel_layout import GREY, RGB, PixelLayout
from filmrecovery.film.movies.unpack_settings import FIELDS, FRAMES, STORED, UnpackSettings
from filmrecovery.picture.arrays import Picture

EDGE = 4
"""Pixels at the edges that are not compared: colour that would lie outside the picture is not there."""
CODES = 1.45
"""Of luma, that half a code of Y, Cb and Cr each make at most in R', G' or B'."""
HIGH_RATE = {"bit_rate": 20_000_000}
BEST = {"qmin": "1", "qmax": "1"}
TFF, BFF = "tff", "bff"
_ORDERS = {TFF: "top", BFF: "bottom"}
_STEEP = (22, 18)
"""A picture so small that colour half a pixel off is more than what the codes lose."""
_SILENT = "log-level=none"
_FFMPEG_NAMES = {"top-left": "topleft", "bottom-left": "bottomleft"}


@dataclass(frozen=True)
class MovieCase:
    """A movie of the known picture. `loss` is what the codec may lose, in codes; `refusal` what is to be said of one
    that has to be refused."""

    group: str
    codec: str
    pixel_format: str
    suffix: str = "mkv"
    matrix: str = "bt709"
    value_range: str = "limited"
    siting: str = "left"
    said: bool = True
    loss: float = 0.0
    size: tuple[int, int] = (66, 50)
    fields: str = ""
    options: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    settings: UnpackSettings = field(default_factory=UnpackSettings)
    refusal: str = ""
    rate: fractions.Fraction = fractions.Fraction(25)

    def write(self, folder: Path) -> Path:
        """Writes the movie."""
        look = self.matrix, self.value_range, self.siting
        if self.fields:
            codes = woven_codes(self.layout, *self.size, *look, top_first=self.fields == TFF)
        else:
            codes = ramp_codes(self.layout, *self.size, *look)
        if self.layout.model == GREY:
            codes = codes[:1]
        return write_movie(
            folder / f"movie.{self.suffix}",
            [codes] * self.pictures,
            self.codec,
            self.pixel_format,
            rate=self.rate,
            options=self.options,
            matrix=self.matrix if self.said and self.layout.model != RGB else None,
            value_range=self.value_range if self.said and self.layout.model != RGB else None,
            fields=self.fields,
            **self.context,
        )

    @property
    def pictures(self) -> int:
        """How many there are: FFmpeg knows a transport stream by several packets."""
        return 8 if self.suffix == "ts" else 2

    @property
    def layout(self) -> PixelLayout:
        """The layout of the pixel format."""
        return known_layout(self.pixel_format)

    @property
    def tolerance(self) -> float:
        """How far R', G' and B' may be off."""
        codes = 0.5 if self.layout.model == RGB else CODES
        span = 2.0**self.layout.bits - 1 if self.value_range == "full" else 219 * 2.0 ** (self.layout.bits - 8)
        return (codes + self.loss) / span + 1e-6

    def truth(self) -> list[Picture]:
        """The R'G'B' of each frame that is to come out."""
        if not self.fields:
            return [ramp_picture(*self.size)] * self.pictures
        if self.settings.pictures == FRAMES:
            return [woven_picture(*self.size, self.fields == TFF)] * self.pictures
        return [ramp_picture(*self.size, moment) for moment in (0, 1)] * self.pictures


def lossless_cases() -> Iterator[MovieCase]:
    """FFV1, of which every code is known."""
    name = "FFV1 Y'CbCr, 8 to 16 bits, 4:2:0 to 4:4:4"
    for chroma, bits in itertools.product(("420", "422", "444"), ("", "10le", "12le", "16le")):
        for matrix, value_range in itertools.product(MATRIX_CODES, RANGE_CODES):
            yield MovieCase(name, "ffv1", f"yuv{chroma}p{bits}", "mkv", matrix, value_range)
    for matrix in MATRIX_CODES:
        yield MovieCase(name, "ffv1", "yuv411p", "mkv", matrix)
    for matrix, value_range in (("bt601", "full"), ("bt2020", "limited")):
        settings = UnpackSettings(matrix=matrix, range=value_range)
        yield MovieCase(name, "ffv1", "yuv422p10le", "mkv", matrix, value_range, said=False, settings=settings)
    # Pictures that say nothing are of limited range, and by their lines of BT.601 or BT.709.
    yield MovieCase(name, "ffv1", "yuv422p10le", "mkv", "bt601", said=False)
    yield MovieCase(name, "ffv1", "yuv422p10le", "mkv", "bt709", said=False, size=(64, 720))
    for pixel_format in ("bgr0", "gbrp10le", "gbrp12le", "gbrp14le", "gbrp16le"):
        yield MovieCase("FFV1 R'G'B', to the last bit", "ffv1", pixel_format, value_range="full")
    name = "where samples of colour lie, as the movie says"
    for siting, bits in itertools.product(("left", "center", "top-left", "top"), ("", "10le", "16le")):
        yield MovieCase(name, "ffv1", f"yuv420p{bits}", siting=siting, size=_STEEP, options=_tag(siting))
    name = "the same as you say, where it says nothing"
    for siting, bits in itertools.product(("left", "center", "top-left", "top", "bottom-left", "bottom"), ("", "16le")):
        yield MovieCase(
            name, "ffv1", f"yuv420p{bits}", siting=siting, size=_STEEP, settings=UnpackSettings(siting=siting)
        )


def lossy_cases() -> Iterator[MovieCase]:
    """The codecs of editors, tapes and discs."""
    for matrix in ("bt601", "bt709"):
        for suffix in ("mpg", "vob", "mkv", "ts"):
            yield MovieCase("MPEG-2, MPEG-1", "mpeg2video", "yuv420p", suffix, matrix, loss=4, **_BEST)
        for pixel_format in ("yuv420p", "yuv422p"):
            yield MovieCase("MPEG-2, MPEG-1", "mpeg2video", pixel_format, "mxf", matrix, loss=4, **_BEST)
        for profile, pixel_format in (("3", "yuv422p10le"), ("4", "yuv444p10le")):
            yield MovieCase("ProRes", "prores_ks", pixel_format, "mov", matrix, loss=4, options={"profile": profile})
    for suffix in ("vob", "ts"):
        yield MovieCase("MPEG-2, MPEG-1", "mpeg2video", "yuv420p", suffix, "bt601", said=False, loss=4, **_BEST)
    yield MovieCase(
        "MPEG-2, MPEG-1", "mpeg1video", "yuv420p", "mpg", "bt601", siting="center", said=False, loss=4, **_BEST
    )
    yield MovieCase("ProRes", "prores_ks", "yuv422p10le", "mov", "bt601", said=False, loss=4, options={"profile": "3"})
    for suffix, (profile, pixel_format) in itertools.product(
        ("mov", "mxf"), (("dnxhr_hqx", "yuv422p10le"), ("dnxhr_444", "yuv444p10le"))
    ):
        yield MovieCase("DNxHR", "dnxhd", pixel_format, suffix, loss=4, size=(256, 128), options={"profile": profile})
    stored = UnpackSettings(pixels=STORED, pictures=FRAMES)
    for suffix in ("dv", "avi", "mov", "mxf"):
        yield MovieCase(
            *("DV", "dvvideo", "yuv420p", suffix, "bt601", "limited", "top-left", False, 6, (720, 576), TFF),
            settings=stored,
        )
        yield MovieCase(
            *("DV", "dvvideo", "yuv411p", suffix, "bt601", "limited", "left", False, 6, (720, 480), TFF),
            settings=stored,
            rate=fractions.Fraction(30000, 1001),
        )
    name = "v210, r210, raw, HuffYUV, Ut Video"
    for suffix in ("mov", "avi"):
        yield MovieCase(name, "v210", "yuv422p10le", suffix, "bt601", said=False)
    yield MovieCase(name, "r210", "gbrp10le", "mov", value_range="full")
    for pixel_format in ("uyvy422", "yuyv422"):
        yield MovieCase(name, "rawvideo", pixel_format, "avi", "bt601", said=False)
    yield MovieCase(name, "rawvideo", "bgr24", "avi", value_range="full")
    for codec, pixel_format in (("huffyuv", "yuv422p"), ("ffvhuff", "yuv420p"), ("utvideo", "yuv422p")):
        yield MovieCase(name, codec, pixel_format, "avi", "bt601", said=False)
    for chroma, bits in itertools.product(("420", "422", "444"), ("", "10le")):
        for matrix, value_range in itertools.product(MATRIX_CODES, RANGE_CODES):
            lossless = {"qp": "0"}
            yield MovieCase(
                *("H.264, 8 and 10 bits", "libx264", f"yuv{chroma}p{bits}", "mp4", matrix, value_range),
                loss=0.3,
                options=lossless,
            )
    for suffix in ("mov", "mkv", "ts"):
        yield MovieCase(
            "H.264, 8 and 10 bits", "libx264", "yuv420p", suffix, "bt601", said=False, loss=0.3, options={"qp": "0"}
        )
    name = "H.265, 8 to 12 bits"
    for chroma, bits in itertools.product(("420", "422", "444"), ("", "10le", "12le")):
        for matrix, value_range in (("bt709", "limited"), ("bt2020", "limited"), ("bt709", "full")):
            yield MovieCase(
                *(name, "libx265", f"yuv{chroma}p{bits}", "mp4", matrix, value_range),
                options={"x265-params": f"lossless=1:{_SILENT}"},
            )
    for siting in ("center", "top-left", "top", "bottom-left", "bottom"):
        yield MovieCase(
            *("where samples of colour lie, as the movie says", "libx264", "yuv420p10le", "mp4", "bt2020"),
            siting=siting,
            size=_STEEP,
            loss=0.3,
            options={"qp": "0", **_tag(siting)},
        )
        yield MovieCase(
            *("where samples of colour lie, as the movie says", "libx265", "yuv420p10le", "mkv", "bt2020"),
            siting=siting,
            size=(34, 18),
            options={"x265-params": f"lossless=1:{_SILENT}", **_tag(siting)},
        )
    for pixel_format in ("yuvj420p", "yuvj422p", "yuvj444p"):
        yield MovieCase("Motion JPEG", "mjpeg", pixel_format, "avi", "bt601", "full", "center", loss=3, options=BEST)


def field_cases() -> Iterator[MovieCase]:
    """Interlaced video whose fields show two moments: woven, parted into fields, and taken for film."""
    wanted = ("woven fields as they are", "a picture of each field", "interlaced video taken for film")
    movies: list[dict[str, Any]] = [
        *({"codec": "ffv1", "pixel_format": f"yuv420p{bits}", "suffix": "mkv"} for bits in ("", "10le", "16le")),
        *({"codec": "ffv1", "pixel_format": f"yuv{chroma}p10le", "suffix": "mkv"} for chroma in ("422", "444")),
        *(
            {"codec": "mpeg2video", "pixel_format": "yuv420p", "suffix": suffix, "loss": 5, **_BEST}
            for suffix in ("mpg", "vob", "ts", "mxf")
        ),
        *(
            {"codec": "libx264", "pixel_format": f"yuv420p{bits}", "suffix": suffix, "loss": 0.3}
            for bits in ("", "10le")
            for suffix in ("mp4", "mkv")
        ),
        {"codec": "prores_ks", "pixel_format": "yuv422p10le", "suffix": "mov", "loss": 4, "options": {"profile": "3"}},
        {"codec": "v210", "pixel_format": "yuv422p10le", "suffix": "mov", "matrix": "bt601", "said": False},
        {"codec": "utvideo", "pixel_format": "yuv422p", "suffix": "avi", "matrix": "bt601", "said": False},
    ]
    for movie, order in itertools.product(movies, (TFF, BFF)):
        movie = {"fields": order, "size": (66, 64), **movie}
        if movie["codec"] == "libx264":
            movie["options"] = {"qp": "0", "x264-params": f"{order}=1"}
        yield MovieCase(wanted[0], **movie, settings=UnpackSettings(pictures=FRAMES))
        yield MovieCase(wanted[1], **movie, settings=UnpackSettings(pictures=FIELDS, field_order=_ORDERS[order]))
        yield MovieCase(wanted[2], **movie, refusal="is interlaced video, whose fields show two moments")


def refused_cases() -> Iterator[MovieCase]:
    """What nobody can know, or is not read."""
    name = "what is doubtful or not read"
    yield MovieCase(name, "v308", "yuv444p", "mov", refusal="its pixel format, vyu444, is not read")
    yield MovieCase(name, "v410", "yuv444p10le", "mov", refusal="its pixel format, v30xle, is not read")
    yield MovieCase(name, "ffv1", "gray10le", said=False, refusal="is grey and does not say of which range")
    yield MovieCase(
        *(name, "libx264rgb", "bgr0", "mp4"), context={"color_range": 1}, refusal="says its range is limited"
    )
    for code, said in ((4, "FCC"), (7, "SMPTE 240M"), (8, "YCgCo"), (10, "constant luminance"), (14, "ICtCp")):
        yield MovieCase(
            *(name, "ffv1", "yuv444p10le"), said=False, context={"colorspace": code}, refusal=f"of the matrix .*{said}"
        )
    for parameters, refusal in (
        ("fullrange=off:colormatrix=bt470bg", "header says the matrix bt709, and its pictures say bt601"),
        ("fullrange=on:colormatrix=bt709", "header says the range limited, and its pictures say full"),
    ):
        yield MovieCase(name, "libx264", "yuv420p", options={"x264-params": parameters}, refusal=refusal)


_BEST: dict[str, Any] = {"options": BEST, "context": HIGH_RATE}


def _tag(siting: str) -> dict[str, str]:
    return {"chroma_sample_location": _FFMPEG_NAMES.get(siting, siting)}


def off(rgb: Picture, truth: Picture) -> float:
    """The largest error of a picture, but for its edges."""
    inner = slice(EDGE, -EDGE)
    return float(np.abs(rgb - truth)[inner, inner].max())
