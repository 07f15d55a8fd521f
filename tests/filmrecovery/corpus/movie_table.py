"""Unpacks movies of every codec, depth, range, matrix and chroma, and prints how many come out right, refused
and wrong.

    python tests/filmrecovery/corpus/movie_table.py

The picture in them is known, and what the codes and the codec lose of it is allowed for. Beside the engine stands
FFmpeg's own conversion (swscale). Ends with status 1 where the engine gets one wrong.
"""

import collections
import fractions
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from movie_files import MATRIX_CODES, RANGE_CODES, known_layout, ramp_codes, ramp_picture, write_movie

from filmrecovery.base.errors import RecoveryError
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.pixel_layout import RGB, PixelLayout
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.picture.arrays import Picture

RIGHT, REFUSED, WRONG = "right", "refused", "wrong"
EDGE = 4
"""Pixels at the edges that are not compared: colour that would lie outside the picture is not there."""
CODES = 1.45
"""Of luma, that half a code of Y, Cb and Cr each make at most in R', G' or B'."""
HIGH_RATE = {"bit_rate": 20_000_000}
BEST = {"qmin": "1", "qmax": "1"}


@dataclass(frozen=True)
class MovieCase:
    """A movie of the known picture. `loss` is what the codec may lose, in codes."""

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
    options: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    settings: UnpackSettings = field(default_factory=UnpackSettings)

    def write(self, folder: Path) -> Path:
        """Writes the movie, two pictures long."""
        codes = ramp_codes(self.layout, *self.size, self.matrix, self.value_range, self.siting)
        return write_movie(
            folder / f"movie.{self.suffix}",
            [codes] * 2,
            self.codec,
            self.pixel_format,
            rate=fractions.Fraction(25),
            options=self.options,
            matrix=self.matrix if self.said and self.layout.model != RGB else None,
            value_range=self.value_range if self.said and self.layout.model != RGB else None,
            **self.context,
        )

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


def lossless_cases() -> Iterator[MovieCase]:
    """FFV1, of which every code is known."""
    for chroma in ("420", "422", "444"):
        for bits in ("", "10le", "12le", "16le"):
            for matrix in MATRIX_CODES:
                for value_range in RANGE_CODES:
                    yield MovieCase("FFV1 Y'CbCr", "ffv1", f"yuv{chroma}p{bits}", "mkv", matrix, value_range)
    for matrix in MATRIX_CODES:
        yield MovieCase("FFV1 Y'CbCr", "ffv1", "yuv411p", "mkv", matrix)
    for siting in ("left", "center", "top-left"):
        for bits in ("", "10le", "16le"):
            settings = UnpackSettings(siting=siting)
            yield MovieCase("FFV1 Y'CbCr", "ffv1", f"yuv420p{bits}", siting=siting, settings=settings)
    for matrix, value_range in (("bt601", "full"), ("bt2020", "limited")):
        settings = UnpackSettings(matrix=matrix, range=value_range)
        yield MovieCase("FFV1 Y'CbCr", "ffv1", "yuv422p10le", "mkv", matrix, value_range, said=False, settings=settings)
    # Small pictures that say nothing are of BT.601 and limited range.
    yield MovieCase("FFV1 Y'CbCr", "ffv1", "yuv422p10le", "mkv", "bt601", said=False)
    for pixel_format in ("bgr0", "gbrp10le", "gbrp12le", "gbrp14le", "gbrp16le"):
        yield MovieCase("FFV1 R'G'B'", "ffv1", pixel_format, value_range="full")


def lossy_cases() -> Iterator[MovieCase]:
    """The codecs of editors, tapes and discs."""
    for matrix in ("bt601", "bt709"):
        for suffix in ("mpg", "vob", "mkv"):
            yield MovieCase("MPEG-2", "mpeg2video", "yuv420p", suffix, matrix, loss=4, options=BEST, context=HIGH_RATE)
        yield MovieCase("MPEG-2", "mpeg2video", "yuv422p", "mxf", matrix, loss=4, options=BEST, context=HIGH_RATE)
        for profile, pixel_format in (("3", "yuv422p10le"), ("4", "yuv444p10le")):
            yield MovieCase("ProRes", "prores_ks", pixel_format, "mov", matrix, loss=4, options={"profile": profile})
    yield MovieCase(
        "MPEG-1", "mpeg1video", "yuv420p", "mpg", "bt601", siting="center", loss=4, options=BEST, context=HIGH_RATE
    )
    for suffix in ("mov", "mxf"):
        for profile, pixel_format in (("dnxhr_hqx", "yuv422p10le"), ("dnxhr_444", "yuv444p10le")):
            yield MovieCase(
                "DNxHR", "dnxhd", pixel_format, suffix, loss=4, size=(256, 128), options={"profile": profile}
            )
    yield MovieCase("v210", "v210", "yuv422p10le", "mov", "bt601", said=False)
    yield MovieCase("v210", "v210", "yuv422p10le", "avi", "bt601", said=False)
    for chroma in ("420", "422", "444"):
        for bits in ("", "10le"):
            for matrix in MATRIX_CODES:
                for value_range in RANGE_CODES:
                    pixel_format = f"yuv{chroma}p{bits}"
                    options = {"qp": "0"}
                    yield MovieCase(
                        "H.264", "libx264", pixel_format, "mp4", matrix, value_range, loss=0.3, options=options
                    )
    for pixel_format in ("yuvj420p", "yuvj422p", "yuvj444p"):
        yield MovieCase("Motion JPEG", "mjpeg", pixel_format, "avi", "bt601", "full", "center", loss=3, options=BEST)


def outcome(case: MovieCase, folder: Path) -> tuple[str, float]:
    """What becomes of a movie, and by how many codes of luma it is off at most."""
    movie = case.write(folder)
    try:
        element = unpack(case.settings, movie, str(folder / "frame.####.exr"))
    except RecoveryError:
        return REFUSED, 0.0
    error = max(off(read_frame(path).rgb, case.size) for path in element.paths())
    right = len(element.frames) == 2 and error <= case.tolerance
    return RIGHT if right else WRONG, error


def off(rgb: Picture, size: tuple[int, int]) -> float:
    """The largest error of a picture, but for its edges."""
    inner = slice(EDGE, -EDGE)
    return float(np.abs(rgb - ramp_picture(*size))[inner, inner].max())


def by_swscale(case: MovieCase, movie: Path) -> float:
    """The largest error of FFmpeg's own conversion into float, at its most accurate."""
    accurate = 4 | 0x40000 | 0x2000 | 0x4000  # bicubic, accurate rounding, full chroma in and out
    with av.open(str(movie)) as container:
        picture = next(container.decode(video=0))
        code = MATRIX_CODES[case.matrix]
        spans = RANGE_CODES[case.value_range], RANGE_CODES["full"]
        result = picture.reformat(
            format="gbrpf32le",
            src_colorspace=code,
            dst_colorspace=code,
            src_color_range=spans[0],
            dst_color_range=spans[1],
            interpolation=accurate,
            threads=1,
        )
        return off(np.asarray(result.to_ndarray(), np.float32), case.size)


def main() -> int:
    """Prints the table."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    worst: dict[int, float] = collections.defaultdict(float)
    others: dict[int, float] = collections.defaultdict(float)
    for case in (*lossless_cases(), *lossy_cases()):
        with tempfile.TemporaryDirectory() as folder:
            found, error = outcome(case, Path(folder))
            counts[case.group][found] += 1
            if found == WRONG:
                print(f"wrong by {error:.2g}: {case}", file=sys.stderr)
            if case.group == "FFV1 Y'CbCr" and case.siting == "left" and case.pixel_format.startswith("yuv444"):
                bits = case.layout.bits
                worst[bits] = max(worst[bits], error)
                others[bits] = max(others[bits], by_swscale(case, Path(folder) / f"movie.{case.suffix}"))
    print("| movies | right | refused | wrong |\n|---|---|---|---|")
    for group, found in counts.items():
        print(f"| {group} | {found[RIGHT]} | {found[REFUSED]} | {found[WRONG]} |")
    print("\n| 4:4:4 of | largest error | of FFmpeg's conversion |\n|---|---|---|")
    for bits, error in worst.items():
        print(f"| {bits} bits | {error:.6f} | {others[bits]:.6f} |")
    return any(found[WRONG] for found in counts.values())


if __name__ == "__main__":
    sys.exit(main())
