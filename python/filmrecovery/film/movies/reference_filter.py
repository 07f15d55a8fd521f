"""Blocks and bands that a video's codec left, smoothed for a reference by FFmpeg's filters `deblock` and `deband`.

They work on the picture as it was coded, before its pixels are made square and before it is aligned: later the blocks
lie at no regular places. Detail suffers too, so that a frame says what was done to it, and only colour is learnt of it.
"""

from fractions import Fraction

import numpy as np

from filmrecovery.film.movies.movie_file import av_package
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.picture.arrays import Picture

_LOWEST, _SPAN = -0.5, 2.0
"""R'G'B' that the filters see: limited range has values beyond black and white."""
_HIGHEST = 65535
_FORMAT = "gbrp16le"
_PLANES = (1, 2, 0)
_BLOCK = 8
_ALPHA, _OTHERS = 0.098, 0.05
"""FFmpeg's own thresholds of deblock, shares of white."""
_RANGE = 16
"""Pixels within which neighbours are looked for, FFmpeg's default."""


def filters_of(settings: UnpackSettings) -> str:
    """The filters that are asked for, as FFmpeg writes them; empty for none."""
    filters = []
    if settings.deblock:
        others = ":".join(f"{name}={_OTHERS / _SPAN:g}" for name in ("beta", "gamma", "delta"))
        filters.append(f"deblock=filter={settings.deblock}:block={_BLOCK}:alpha={_ALPHA / _SPAN:g}:{others}")
    if settings.deband is not None:
        thresholds = ":".join(f"{plane}thr={settings.deband / _SPAN:g}" for plane in (1, 2, 3))
        filters.append(f"deband={thresholds}:range={_RANGE}:blur=1")
    return ",".join(filters)


class ReferenceFilter:
    """Filters for pictures of one size, R'G'B' as float32 (height, width, 3)."""

    def __init__(self, filters: str, width: int, height: int) -> None:
        self._av = av_package()
        self._size = width, height
        graph = self._av.filter.Graph()
        size = f"video_size={width}x{height}:pix_fmt={_FORMAT}:time_base=1/1:pixel_aspect=1/1"
        last = graph.add("buffer", size)
        for text in filters.split(","):
            name, _, options = text.partition("=")
            added = graph.add(name, options)
            last.link_to(added)
            last = added
        last.link_to(graph.add("buffersink"))
        graph.configure()
        self._graph = graph
        self._count = 0

    def filtered(self, picture: Picture) -> Picture:
        """The picture, in which values that the filters leave are as they were."""
        width, height = self._size
        scaled = np.rint((picture - np.float32(_LOWEST)) * np.float32(_HIGHEST / _SPAN))
        codes = np.clip(scaled, 0, _HIGHEST).astype("<u2")
        frame = self._av.VideoFrame(width, height, _FORMAT)
        for plane, channel in enumerate(_PLANES):
            lines = np.zeros((height, frame.planes[plane].line_size // 2), "<u2")
            lines[:, :width] = codes[..., channel]
            frame.planes[plane].update(lines.tobytes())
        frame.pts, frame.time_base = self._count, Fraction(1)
        self._count += 1
        self._graph.push(frame)
        made = self._graph.pull()
        found = np.empty_like(codes)
        for plane, channel in enumerate(_PLANES):
            lines = np.frombuffer(bytes(made.planes[plane]), "<u2").reshape(-1, made.planes[plane].line_size // 2)
            found[..., channel] = lines[:height, :width]
        return np.where(found == codes, picture, found * np.float32(_SPAN / _HIGHEST) + np.float32(_LOWEST))
