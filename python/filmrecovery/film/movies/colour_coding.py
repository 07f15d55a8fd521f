"""How a movie says that its samples code colour: by which matrix, in which range, and where samples of colour lie.

Of a picture FFmpeg says what the codec's own header has, or what the codec's standard says where it leaves no choice.
"""

import re
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filmrecovery.film.movies.decoder_log import log_of
from filmrecovery.film.movies.unpack_settings import (
    BOTTOM_CENTER,
    BOTTOM_LEFT,
    CENTER,
    FULL,
    LEFT,
    LIMITED,
    TOP_CENTER,
    TOP_LEFT,
)

if TYPE_CHECKING:
    import av

_UNKNOWN = 2
"""Code point "unspecified" of ITU-T H.273."""
_UNKNOWN_OF = {"prores": 0}
"""By codec, another code point that says nothing (SMPTE RDD 36)."""
_MATRICES = {0: "rgb", 1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020"}
_OTHERS = {4: "FCC", 7: "SMPTE 240M", 8: "YCgCo", 10: "BT.2020 constant luminance", 11: "SMPTE 2085", 14: "ICtCp"}
_RANGES = {1: LIMITED, 2: FULL}
_SITING = re.compile(r"\bcl:(\w+)")
_SITINGS = {
    "left": LEFT,
    "center": CENTER,
    "topleft": TOP_LEFT,
    "top": TOP_CENTER,
    "bottomleft": BOTTOM_LEFT,
    "bottom": BOTTOM_CENTER,
}
"""By FFmpeg's names."""


@dataclass(frozen=True)
class ColourCoding:
    """Names of the matrix, the range and the siting; empty where nothing is said."""

    matrix: str = ""
    range: str = ""
    siting: str = ""


def colour_coding(source: "av.VideoFrame | av.VideoCodecContext", codec: str) -> ColourCoding:
    """The matrix and the range that a decoded picture, or the header of a movie, says. `codec` is FFmpeg's name."""
    matrix = int(source.colorspace)
    name = _MATRICES.get(matrix) or _OTHERS.get(matrix, f"number {matrix} of H.273")
    if matrix in (_UNKNOWN, _UNKNOWN_OF.get(codec)):
        name = ""
    return ColourCoding(name, _RANGES.get(int(source.color_range), ""))


def siting_of(av: types.ModuleType, picture: "av.VideoFrame") -> str:
    """Where samples of colour lie in a decoded picture, by the module `av`; empty where nothing is said.

    PyAV does not pass it on, so that FFmpeg's filter `showinfo` writes it into the log.
    """
    graph = av.filter.Graph()
    size = f"video_size={picture.width}x{picture.height}:pix_fmt={picture.format.name}"
    source = graph.add("buffer", f"{size}:time_base=1/1:pixel_aspect=1/1")
    show, sink = graph.add("showinfo", "checksum=0"), graph.add("buffersink")
    source.link_to(show)
    show.link_to(sink)
    graph.configure()
    with log_of(av, av.logging.INFO) as log:
        graph.push(picture)
        graph.pull()
    found = _SITING.search(" ".join(log.texts))
    return _SITINGS.get(found[1], "") if found else ""
