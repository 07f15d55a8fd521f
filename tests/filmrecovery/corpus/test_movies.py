"""Movies are read right."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from movie_cases import field_cases, lossless_cases, lossy_cases, refused_cases
from movie_files import GREY, SIZE, frame_of, known_layout, look, moved, noise, ramp_codes, ramp_picture, write_movie
from movie_table import REFUSED, RIGHT, outcome
from PIL import Image

from filmrecovery.base.errors import ElementError
from filmrecovery.film.movies.movie_file import open_movie
from filmrecovery.film.movies.pixel_layout import components_of
from filmrecovery.film.movies.ycbcr import alpha_of, rgb_of


@pytest.mark.parametrize(
    "case",
    [
        *list(lossless_cases())[::7],
        *list(lossy_cases())[::5],
        *list(field_cases())[::7],
        *list(refused_cases())[::2],
    ],
    ids=str,
)
def test_the_picture_comes_back_as_exactly_as_codes_allow_or_is_refused(tmp_path, case):
    found, error = outcome(case, tmp_path)
    assert found == (REFUSED if case.refusal else RIGHT), error


@pytest.mark.parametrize("pixel_format", ["bgr0", "gbrp10le", "gbrp12le", "gbrp16le", "gbrap16le", "yuv422p16le"])
def test_every_code_of_a_lossless_movie_is_read(tmp_path, pixel_format):
    pictures = [noise(pixel_format, seed=seed) for seed in range(3)]
    with open_movie(write_movie(tmp_path / "scan.mkv", pictures, "ffv1", pixel_format)) as movie:
        for truth, picture in zip(pictures, movie.pictures(), strict=True):
            for codes, found in zip(truth, picture.components, strict=True):
                assert np.array_equal(codes, found)


@pytest.mark.parametrize(
    "pixel_format", ["rgb24", "bgr24", "rgba", "bgra", "argb", "0bgr", "rgb48le", "rgb48be", "bgra64le", "gbrp12be"]
)
def test_rgb_is_found_however_it_is_packed(pixel_format):
    truth = np.random.default_rng(1).integers(0, 256, (50, 66, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(truth, "rgb24").reformat(format=pixel_format, threads=1)
    found = rgb_of(components_of(picture), known_layout(pixel_format), "", "full", "")
    # FFmpeg makes more bits of 8 by zeros, which is up to a code of 8 bits too dark.
    assert np.abs(found * 255 - truth).max() < 1.2


@pytest.mark.parametrize("pixel_format", ["uyvy422", "yuyv422"])
def test_y_cb_cr_that_is_packed_is_read_as_that_in_planes(pixel_format):
    planes = frame_of([np.rint(codes) for codes in ramp_codes(known_layout("yuv422p"), 66, 50)], "yuv422p")
    packed = components_of(planes.reformat(format=pixel_format, threads=1))
    for found, expected in zip(packed, components_of(planes), strict=True):
        assert np.array_equal(found, expected)


def test_alpha_is_of_full_range():
    layout = known_layout("yuva444p10le")
    assert np.array_equal(alpha_of([np.array([[0, 1023]])] * 4, layout), [[0, 1]])


def test_what_ffmpeg_converts_is_the_same_to_its_own_accuracy():
    layout = known_layout("yuv444p12le")
    codes = [np.rint(part) for part in ramp_codes(layout, *SIZE)]
    picture = frame_of(codes, "yuv444p12le")
    # By one thread: several write over each other's first pixels where they meet, 62 of 3,000 times (PyAV 18.1).
    theirs = picture.reformat(
        format="gbrpf32le", src_colorspace=1, dst_colorspace=1, src_color_range=1, dst_color_range=2, threads=1
    )
    ours = rgb_of([codes.astype(int) for codes in codes], layout, "bt709", "limited", "left")
    assert np.abs(ours - ramp_picture(*SIZE)).max() < 0.0005
    assert np.abs(ours - theirs.to_ndarray()).max() < 0.005


def test_values_beyond_black_and_white_are_kept():
    layout = known_layout("yuv444p")
    grey = [np.array([[codes]]) for codes in (255, 128, 128)]
    assert rgb_of(grey, layout, "bt709", "limited", "")[0, 0] == pytest.approx([(255 - 16) / 219] * 3)


def test_a_field_has_its_own_samples_of_colour():
    # Colour that grows by a code a line of the picture: a field's lies a quarter of its lines off the middle of them.
    layout = known_layout("yuv420p")
    lines = np.arange(32.0)
    for field, start in (("top", 0), ("bottom", 1)):
        luma = np.full((16, 4), 126)
        place = 4 * np.arange(8.0) + {"top": 0.5, "bottom": 2.5}[field]
        chroma = np.repeat((128 + place)[:, np.newaxis], 2, axis=1)
        red = rgb_of([luma, np.full((8, 2), 128), chroma], layout, "bt709", "limited", "left", field)[..., 0]
        expected = (126 - 16) / 219 + 1.5748 * lines[start::2] / 224
        assert np.abs(red[2:-2, 1] - expected[2:-2]).max() < 1e-4


def test_pictures_come_in_the_order_in_which_they_are_shown(tmp_path):
    pictures = [[np.full(SIZE[::-1], 20 + 8 * index), *GREY[1:]] for index in range(24)]
    half = [[part[:: 1 if n == 0 else 2, :: 1 if n == 0 else 2] for n, part in enumerate(each)] for each in pictures]
    path = write_movie(tmp_path / "film.mp4", half, "libx264", "yuv420p", options={"qp": "1"}, max_b_frames=3)
    with open_movie(path) as movie:
        found = [float(picture.components[0].mean()) for picture in movie.pictures()]
    assert np.abs(np.array(found) - [20 + 8 * index for index in range(24)]).max() < 2


def test_a_movie_that_says_nothing_is_read_by_the_rules_of_television(tmp_path):
    codes = noise("yuv422p10le")
    small = look(write_movie(tmp_path / "small.mkv", [codes] * 2)).decided
    assert (small.matrix, small.matrix_from, small.range, small.siting) == ("bt601", "nobody", "limited", "left")
    large = [np.full((720, 64), 500), *[np.full((720, 32), 512)] * 2]
    assert look(write_movie(tmp_path / "large.mkv", [large] * 2)).decided.matrix == "bt709"


def test_zeros_behind_a_picture_of_a_disc_are_no_damage(tmp_path):
    grey = [[part[:: 1 if n == 0 else 2, :: 1 if n == 0 else 2] for n, part in enumerate(GREY)]] * 6
    path = write_movie(tmp_path / "disc.m2v", grey, "mpeg2video", "yuv420p", options={"g": "3"})
    before = outcome_of(path)
    path.write_bytes(path.read_bytes().replace(b"\0\0\1\0", bytes(40) + b"\0\0\1\0"))
    assert outcome_of(path) == before
    assert len(before) == 6


def test_jpeg_pictures_with_exif_are_read(tmp_path):
    content = io.BytesIO()
    exif = Image.Exif()
    exif[271] = "a camera"
    Image.new("L", SIZE, 100).convert("RGB").save(content, "JPEG", exif=exif, quality=100)
    path = tmp_path / "camera.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuvj420p"
        for time in range(2):
            packet = av.Packet(content.getvalue())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, time, time, Fraction(1, 24)
            container.mux(packet)
    with open_movie(path) as movie:
        assert [picture.components[0].mean() for picture in movie.pictures()] == [100, 100]


def outcome_of(path):
    """What is read of a movie, or which picture of it is damaged; of several slices in it, any may be told of first."""
    try:
        with open_movie(path) as movie:
            return [[bytes(part) for part in picture.components] for picture in movie.pictures()]
    except ElementError as error:
        return str(error).partition(" (")[0]


@pytest.mark.parametrize(
    ("suffix", "codec", "pixel_format", "options"),
    [
        ("mkv", "ffv1", "gbrp12le", {"level": "3", "slices": "16", "slicecrc": "0"}),
        ("mov", "prores_ks", "yuv422p10le", {}),
        ("mov", "dnxhd", "yuv422p10le", {"profile": "dnxhr_hqx"}),
    ],
)
def test_several_threads_see_what_one_sees(tmp_path, monkeypatch, suffix, codec, pixel_format, options):
    """Slices that are damaged are told of by threads of the decoder's own."""
    pictures = [noise(pixel_format, (256, 128), seed) for seed in range(3)]
    path = write_movie(tmp_path / f"scan.{suffix}", pictures, codec, pixel_format, options=options)
    content = path.read_bytes()
    random = np.random.default_rng(3)
    refusals = 0
    for _ in range(12):
        damaged = bytearray(content)
        for place in random.integers(len(content) // 20, len(content), 2):
            damaged[place] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        found = []
        for count in (1, 4):
            monkeypatch.setattr("filmrecovery.film.movies.movie_file.cores", lambda count=count: count)
            found.append(outcome_of(path))
        assert found[0] == found[1]
        refusals += isinstance(found[0], str)
    assert refusals > 1


def test_a_movie_that_starts_late_is_not_taken_for_one_that_breaks_off(tmp_path):
    pictures = [noise("yuv422p10le", seed=seed) for seed in range(8)]
    late = write_movie(tmp_path / "late.mkv", pictures, times=range(240, 248))
    assert look(late).pictures == 8


def test_texts_of_any_encoding_do_no_harm(tmp_path):
    path = write_movie(tmp_path / "scan.mkv", [noise("yuv422p10le")] * 2)
    content = path.read_bytes()
    assert content.count(b"Lavf") > 0
    path.write_bytes(content.replace(b"Lavf", b"\xff\xfe\xc3\x28"))
    assert look(path).pictures == 2


def test_what_an_edit_list_leaves_out_is_not_taken_for_missing(tmp_path, caplog):
    pictures = [[np.full(SIZE[::-1], 20 + 8 * index), *GREY[1:]] for index in range(24)]
    half = [[part[:: 1 if n == 0 else 2, :: 1 if n == 0 else 2] for n, part in enumerate(each)] for each in pictures]
    path = write_movie(tmp_path / "film.mp4", half, "libx264", "yuv420p", options={"qp": "1"}, max_b_frames=3)

    def shorten(content, place):
        length, start = struct.unpack_from(">2i", content, place + 8)
        # In thousandths of a second, and in the 12,288ths of the track.
        struct.pack_into(">2i", content, place + 8, length - 250, start + 4 * 512)

    moved(path, b"elst", shorten)
    with open_movie(path) as movie:
        found = [float(picture.components[0].mean()) for picture in movie.pictures()]
    assert np.abs(np.array(found) - [20 + 8 * index for index in range(4, 4 + len(found))]).max() < 2
    assert look(path).pictures == len(found) == 18
    assert "its edit list leaves out 6 of the 24 pictures" in caplog.text
