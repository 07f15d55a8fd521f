"""Movies are read right, or refused by name."""

import fractions
import re
import struct
import sys
from typing import Any

import av
import numpy as np
import pytest
from movie_cases import field_cases, lossless_cases, lossy_cases, refused_cases
from movie_files import frame_of, known_layout, ramp_codes, ramp_picture, write_movie
from movie_table import REFUSED, RIGHT, outcome

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.movies.movie_file import open_movie
from filmrecovery.film.movies.pixel_layout import components_of
from filmrecovery.film.movies.survey import survey
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.film.movies.ycbcr import alpha_of, rgb_of

SIZE = (66, 50)
GREY = [np.full(SIZE[::-1], 128)] * 3


def noise(pixel_format, size=SIZE, seed=0):
    """Codes of all values, of each component."""
    layout = known_layout(pixel_format)
    random = np.random.default_rng(seed)
    shapes = [(size[1], size[0])] + [(-(-size[1] // layout.down), -(-size[0] // layout.across))] * 2
    return [random.integers(0, 2**layout.bits, shape) for shape in (*shapes, *shapes[:1] * layout.alpha)]


def look(path, **settings):
    return survey(UnpackSettings(**settings), path, "")


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


def refused(path, said, **settings):
    with pytest.raises(ElementError, match=rf"{path.name}: .*{said}"):
        look(path, **settings)


def test_a_variable_rate_is_refused_by_the_picture(tmp_path):
    path = write_movie(tmp_path / "phone.mkv", [noise("yuv422p10le")] * 8, times=[0, 1, 2, 3, 6, 7, 8, 9])
    refused(path, "picture 4 is shown for 3 pictures' time")


def test_a_damaged_picture_is_named_and_not_filled_in(tmp_path):
    options = {"level": "3", "slicecrc": "1"}
    pictures = [noise("yuv422p10le", seed=seed) for seed in range(8)]
    path = write_movie(tmp_path / "scan.mkv", pictures, options=options)
    content = bytearray(path.read_bytes())
    content[len(content) * 9 // 16] ^= 1
    path.write_bytes(content)
    refused(path, "picture 5 is damaged.*CRC mismatch")


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


@pytest.mark.parametrize(
    ("suffix", "codec", "pixel_format", "said"),
    [
        ("mkv", "ffv1", "yuv422p", "is damaged.*ended prematurely"),
        ("mov", "prores_ks", "yuv422p10le", "cannot be read as a movie"),
        ("avi", "ffv1", "yuv422p", "ends after picture 16, and its header says 25"),
        ("mxf", "mpeg2video", "yuv422p", "ends after picture 16, and its header says 25"),
    ],
)
def test_a_movie_that_breaks_off_is_not_taken_for_a_shorter_one(tmp_path, suffix, codec, pixel_format, said):
    pictures = [noise(pixel_format, seed=seed) for seed in range(25)]
    path = write_movie(tmp_path / f"scan.{suffix}", pictures, codec, pixel_format, rate=fractions.Fraction(25))
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0)]
    path.write_bytes(path.read_bytes()[: places[16]])
    refused(path, said)


def test_a_movie_that_starts_late_is_not_taken_for_one_that_breaks_off(tmp_path):
    pictures = [noise("yuv422p10le", seed=seed) for seed in range(8)]
    late = write_movie(tmp_path / "late.mkv", pictures, times=range(240, 248))
    assert look(late).pictures == 8


def test_what_is_no_movie_is_refused(tmp_path):
    picture = tmp_path / "frame.mkv"
    av.VideoFrame.from_ndarray(np.zeros((50, 66, 3), np.uint8)).save(tmp_path / "frame.png")
    (tmp_path / "frame.png").rename(picture)
    refused(picture, "which is not read as a movie")
    (tmp_path / "text.mov").write_text("no movie")
    refused(tmp_path / "text.mov", "cannot be read as a movie")
    refused(tmp_path / "none.mov", "missing")


def test_texts_of_any_encoding_do_no_harm(tmp_path):
    path = write_movie(tmp_path / "scan.mkv", [noise("yuv422p10le")] * 2)
    content = path.read_bytes()
    assert content.count(b"Lavf") > 0
    path.write_bytes(content.replace(b"Lavf", b"\xff\xfe\xc3\x28"))
    assert look(path).pictures == 2


def test_a_playlist_leads_nowhere(tmp_path):
    write_movie(tmp_path / "film.mkv", [noise("yuv422p10le")] * 2)
    (tmp_path / "list.mkv").write_text(f"ffconcat version 1.0\nfile '{tmp_path / 'film.mkv'}'\n")
    refused(tmp_path / "list.mkv", "not read as a movie|cannot be read")


@pytest.mark.parametrize(("count", "said"), [(0, "has no track of pictures"), (2, "has 2 tracks of pictures")])
def test_a_movie_has_one_track_of_pictures(tmp_path, count, said):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("ffv1", rate=24) for _ in range(count)]
        for track in tracks:
            track.width, track.height, track.pix_fmt = *SIZE, "yuv422p10le"
        sound = container.add_stream("pcm_s16le", rate=48000)
        sound.layout = "mono"
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), layout="mono")
        samples.rate = 48000
        container.mux(sound.encode(samples))
        for track in tracks:
            container.mux(track.encode(frame_of(noise("yuv422p10le"), "yuv422p10le")))
        for track in (*tracks, sound):
            container.mux(track.encode())
    refused(path, said)


def test_an_encrypted_movie_is_refused(tmp_path):
    key = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    codes = noise("yuv420p")
    path = write_movie(tmp_path / "film.mp4", [codes] * 4, "libx264", "yuv420p", container_options=key)
    refused(path, "encrypted")


def test_pixel_formats_that_are_not_known_are_refused(tmp_path):
    picture = av.VideoFrame.from_ndarray(np.zeros((50, 66, 3), np.uint8)).reformat(format="rgb565le")
    path = tmp_path / "old.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "rgb565le"
        container.mux(stream.encode(picture))
        container.mux(stream.encode())
    refused(path, "pixel format, rgb5.5le, is not read")


def test_ranges_and_matrices_that_are_doubtful_are_asked_for(tmp_path):
    grey = write_movie(tmp_path / "grey.mkv", [[np.full((50, 66), 512)]] * 2, "ffv1", "gray10le")
    refused(grey, "is grey and does not say of which range")
    assert look(grey, range="limited").decided.range_from == "the settings"
    rgb = write_movie(tmp_path / "rgb.mp4", [noise("bgr0")] * 2, "libx264rgb", "bgr0", value_range="limited")
    refused(rgb, "R'G'B' that says its range is limited")
    assert look(rgb, range="full").decided.range == "full"
    odd = write_movie(tmp_path / "odd.mkv", [noise("yuv444p")] * 2, "ffv1", "yuv444p", colorspace=8)
    refused(odd, "matrix YCgCo")
    assert look(odd, matrix="bt709").decided.matrix == "bt709"


def test_a_header_that_says_otherwise_than_its_pictures_is_refused(tmp_path):
    # The parameters go into the pictures alone, the rest into the header of Matroska too.
    options = {"x264-params": "fullrange=on:colormatrix=bt709"}
    codes = ramp_codes(known_layout("yuv420p"), *SIZE)
    path = write_movie(
        *(tmp_path / "scan.mkv", [codes] * 2, "libx264", "yuv420p"),
        options=options,
        matrix="bt601",
        value_range="limited",
    )
    refused(path, "its header says the matrix bt601, and its pictures say bt709; give the matrix")
    refused(path, "its header says the range limited, and its pictures say full", matrix="bt709")
    assert look(path, matrix="bt709", range="full").decided.range == "full"


def test_prores_says_nothing_of_its_matrix_by_0_and_by_2(tmp_path):
    codes = [ramp_codes(known_layout("yuv422p10le"), *SIZE)] * 2
    # With primaries and a curve, MOV has a word for the matrix too.
    context: dict[str, Any] = {"color_primaries": 1, "color_trc": 1}
    path = write_movie(tmp_path / "scan.mov", codes, "prores_ks", "yuv422p10le", matrix="bt709", **context)
    content = path.read_bytes()
    places = [found.start() + 20 for found in re.finditer(b"icpf", content)]
    for code, said in ((0, None), (2, None), (6, "its header says the matrix bt709, and its pictures say bt601")):
        changed = bytearray(content)
        for place in places:
            changed[place] = code
        path.write_bytes(changed)
        if said:
            refused(path, said)
        else:
            assert (look(path).decided.matrix, look(path).decided.matrix_from) == ("bt709", "the movie")


def test_colour_that_changes_on_the_way_is_refused(tmp_path):
    codes = ramp_codes(known_layout("yuv420p"), *SIZE)
    parts = [
        write_movie(tmp_path / f"{matrix}.h264", [codes] * 2, "libx264", "yuv420p", matrix=matrix)
        for matrix in ("bt601", "bt709")
    ]
    path = tmp_path / "tape.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    refused(path, "picture 3 says the matrix and the range bt709 and limited, expected bt601 and limited as")


def test_a_movie_that_lies_on_its_side_is_refused(tmp_path):
    path = tmp_path / "phone.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("prores_ks", rate=24)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv422p10le"
        stream.set_display_rotation(90)
        container.mux(stream.encode(frame_of(noise("yuv422p10le"), "yuv422p10le")))
        container.mux(stream.encode())
    refused(path, "turned by -?90 degrees")


MATRICES = {
    "turned by -?180 degrees": (-1, 0, 0, -1, 66, 50),
    "mirrored|turned": (1, 0, 0, -1, 0, 50),
    "turned by": (-1, 0, 0, 1, 66, 0),
}
"""Of what is to be shown: upside down by a turn, by a mirror, and left for right."""


def moved(path, atom, change):
    """Changes the content of the first atom of a kind in MOV or MP4."""
    content = bytearray(path.read_bytes())
    change(content, content.index(atom) + 4)
    path.write_bytes(content)


@pytest.mark.parametrize("said", MATRICES)
def test_a_movie_that_is_to_be_shown_otherwise_is_refused(tmp_path, said):
    path = write_movie(tmp_path / "phone.mov", [noise("yuv422p10le")] * 2, "prores_ks", "yuv422p10le")
    across, slant, lean, down, right, below = (number << 16 for number in MATRICES[said])
    matrix = struct.pack(">9i", across, slant, 0, lean, down, 0, right, below, 1 << 30)
    moved(path, b"tkhd", lambda content, place: content.__setitem__(slice(place + 40, place + 76), matrix))
    refused(path, f"is to be shown .*({said})")


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


def test_pixels_of_a_shape_that_none_have_are_refused(tmp_path):
    path = write_movie(
        tmp_path / "scan.mov", [noise("yuv422p10le")] * 2, "prores_ks", "yuv422p10le", aspect=fractions.Fraction(16, 11)
    )
    moved(path, b"pasp", lambda content, place: struct.pack_into(">2I", content, place, 1000, 1))
    refused(path, "pixels are 1000 times as wide as high")
    assert look(path, pixels="stored").decided.width == 66


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    with (
        pytest.raises(SettingsError, match=r"movies need the package av; install it with: .*\[movies\]"),
        open_movie(tmp_path / "film.mkv"),
    ):
        pass
