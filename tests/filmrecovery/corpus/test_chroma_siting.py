"""Where samples of colour lie is read of the movie: an edge of colour stays where it is."""

import fractions
from typing import Any

import numpy as np
import pytest
from movie_files import SITINGS, known_layout, write_movie

from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings

WIDTH, HEIGHT = 64, 48
EDGE = 24.3
"""Where the edge lies, in pixels across or down from the middle of the first one."""
_TAGS = {"top-left": "topleft", "bottom-left": "bottomleft"}


def edge_codes(siting, axis, pixel_format="yuv420p10le"):
    """Grey, and beyond the edge red of the same luma, with samples of colour that lie as `siting` says.

    The edge is as soft as four pixels, so that samples of every second one, and lines between them, keep its place.
    """
    layout = known_layout(pixel_format)
    scale = 2 ** (layout.bits - 8)
    first = SITINGS[siting]
    places = [
        first[0] * (layout.across - 1) + layout.across * np.arange(WIDTH // layout.across),
        first[1] * (layout.down - 1) + layout.down * np.arange(HEIGHT // layout.down),
    ]
    share = np.clip((places[axis] - EDGE) / 4 + 0.5, 0, 1)
    shape = (HEIGHT // layout.down, WIDTH // layout.across)
    red = np.broadcast_to(share if axis == 0 else share[:, np.newaxis], shape)
    return [np.full((HEIGHT, WIDTH), 126.0 * scale), np.full(shape, 128.0 * scale), (128 + 80 * red) * scale]


def edge_of(rgb, axis):
    """Where the edge lies in R'G'B', by how much of the picture is before it."""
    red = (rgb[..., 0] - rgb[..., 2]).mean(axis=axis)
    # The first pixel reaches half a pixel before its middle.
    return np.sum(1 - red / red[-4]) - 0.5


def unpacked(tmp_path, movie, **settings):
    output = str(tmp_path / "frames" / "video.####.exr")
    element = unpack(UnpackSettings(**settings), movie, output)
    return read_frame(element.path(1)).rgb, read_movie_record(record_path(output))


def tagged(tmp_path, siting, axis, codec="ffv1", suffix="mkv"):
    name, pixel_format = _TAGS.get(siting, siting), "yuv420p10le"
    options = {"chroma_sample_location": name, **({"qp": "0"} if codec == "libx264" else {})}
    codes = [edge_codes(siting, axis, pixel_format)] * 2
    return write_movie(tmp_path / f"video.{suffix}", codes, codec, pixel_format, options=options, matrix="bt709")


@pytest.mark.parametrize("axis", [0, 1], ids=["across", "down"])
@pytest.mark.parametrize(
    ("codec", "suffix", "siting"),
    [
        # Matroska has no word for the lowest line.
        *(("ffv1", "mkv", siting) for siting in ("left", "center", "top-left", "top")),
        *(("libx264", "mp4", siting) for siting in SITINGS),
    ],
)
def test_an_edge_of_colour_lies_where_the_movie_has_it(tmp_path, siting, codec, suffix, axis):
    rgb, record = unpacked(tmp_path, tagged(tmp_path, siting, axis, codec, suffix))
    assert (record.facts.siting, record.decided.siting, record.decided.siting_from) == (siting, siting, "the movie")
    assert edge_of(rgb, axis) == pytest.approx(EDGE, abs=0.02)


def test_another_siting_moves_the_edge_by_half_a_pixel(tmp_path):
    """What a tag that is not read costs: the figure of the guide."""
    movie = tagged(tmp_path, "top-left", 1)
    rgb, record = unpacked(tmp_path, movie, siting="left")
    assert record.decided.siting_from == "the settings"
    assert edge_of(rgb, 1) == pytest.approx(EDGE + 0.5, abs=0.02)


def test_what_nobody_says_is_told(tmp_path, caplog):
    caplog.set_level("INFO")
    path = write_movie(tmp_path / "video.mkv", [edge_codes("left", 0)] * 2, "ffv1", "yuv420p10le")
    _, record = unpacked(tmp_path, path)
    assert (record.facts.siting, record.decided.siting, record.decided.siting_from) == ("", "left", "nobody")
    assert "samples of colour lie at the left, as nobody says; give it if it is wrong" in caplog.text
    path = write_movie(tmp_path / "all.mkv", [[np.full((48, 64), 500)] * 3] * 2, "ffv1", "yuv444p10le")
    assert unpacked(tmp_path, path)[1].decided.siting == ""


@pytest.mark.parametrize(
    ("codec", "suffix", "siting"), [("mpeg1video", "mpg", "center"), ("mpeg2video", "mpg", "left")]
)
def test_a_codecs_standard_says_where_samples_lie(tmp_path, codec, suffix, siting):
    codes = [edge_codes(siting, 0, "yuv420p")] * 2
    rate = fractions.Fraction(25)
    options = {"qmin": "1", "qmax": "1"}
    context: dict[str, Any] = {"bit_rate": 20_000_000}
    path = write_movie(tmp_path / f"video.{suffix}", codes, codec, "yuv420p", rate=rate, options=options, **context)
    rgb, record = unpacked(tmp_path, path)
    assert (record.decided.siting, record.decided.siting_from) == (siting, "the movie")
    assert edge_of(rgb, 0) == pytest.approx(EDGE, abs=0.15)
