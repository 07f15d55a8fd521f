"""The list of the hashes of a movie's decoded pictures, as `ffmpeg -i movie.mkv -f framemd5 movie.framemd5` writes it.

So anybody can find out without this program, and in any other container, whether the pictures are still these.
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmrecovery.film.movies.movie_file import av_package, open_movie
from filmrecovery.film.movies.pixel_layout import RGB, Component, PixelLayout

_PLANES_OF_RGB = (1, 2, 0)
"""FFmpeg has G, B and R in this order."""


def list_path(movie: Path) -> Path:
    """Where the list of a movie lies: video.framemd5 beside video.mkv."""
    return movie.with_suffix(".framemd5")


def picture_hash(components: Sequence[Component], layout: PixelLayout) -> str:
    """The MD5 of the codes of a picture in planes, R, G, B or Y, Cb, Cr, whole numbers of one or two bytes."""
    order = _PLANES_OF_RGB if layout.model == RGB else range(len(components))
    digest = hashlib.md5(usedforsecurity=False)
    for place in order:
        codes = components[place]
        digest.update(np.ascontiguousarray(codes, "<u2" if codes.itemsize == 2 else "u1").data)
    return digest.hexdigest()


def frame_list(movie: Path) -> tuple[str, list[str]]:
    """The text of the list of a movie in planes, and the hashes in it. Every picture is decoded.

    Raises ElementError as `open_movie` and `Movie.pictures` do.
    """
    lines, hashes = [], []
    with open_movie(movie) as opened:
        facts, rate = opened.facts, opened.rate
        for picture in opened.pictures():
            hashes.append(picture_hash(picture.components, opened.layout))
            size = sum(part.nbytes for part in picture.components)
            index = picture.index
            lines.append(f"0, {index:10d}, {index:10d}, {1:8d}, {size:8d}, {hashes[-1]}")
    version = av_package().library_versions["libavformat"]
    head = (
        "#format: frame checksums",
        "#version: 2",
        "#hash: MD5",
        f"#software: Lavf{'.'.join(map(str, version))}",
        f"#tb 0: {_as_ratio(1 / rate)}",
        "#media_type 0: video",
        "#codec_id 0: rawvideo",
        f"#dimensions 0: {facts.width}x{facts.height}",
        f"#sar 0: {_as_ratio(Fraction(facts.pixel_aspect or 0))}",
        "#stream#, dts,        pts, duration,     size, hash",
    )
    return "\n".join([*head, *lines, ""]), hashes


def _as_ratio(fraction: Fraction) -> str:
    return f"{fraction.numerator}/{fraction.denominator}"
