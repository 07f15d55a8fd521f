"""Movies that cannot be read right for certain are refused by name."""

import fractions
import re
import struct
import sys
from typing import Any

import av
import numpy as np
import pytest
from movie_files import SIZE, frame_of, known_layout, look, moved, noise, ramp_codes, write_movie

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.movies.movie_file import open_movie


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


def test_what_is_no_movie_is_refused(tmp_path):
    picture = tmp_path / "frame.mkv"
    av.VideoFrame.from_ndarray(np.zeros((50, 66, 3), np.uint8)).save(tmp_path / "frame.png")
    (tmp_path / "frame.png").rename(picture)
    refused(picture, "which is not read as a movie")
    (tmp_path / "text.mov").write_text("no movie")
    refused(tmp_path / "text.mov", "cannot be read as a movie")
    refused(tmp_path / "none.mov", "missing")


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


@pytest.mark.parametrize("said", MATRICES)
def test_a_movie_that_is_to_be_shown_otherwise_is_refused(tmp_path, said):
    path = write_movie(tmp_path / "phone.mov", [noise("yuv422p10le")] * 2, "prores_ks", "yuv422p10le")
    across, slant, lean, down, right, below = (number << 16 for number in MATRICES[said])
    matrix = struct.pack(">9i", across, slant, 0, lean, down, 0, right, below, 1 << 30)
    moved(path, b"tkhd", lambda content, place: content.__setitem__(slice(place + 40, place + 76), matrix))
    refused(path, f"is to be shown .*({said})")


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


def _cut(path, packets):
    """Bytes of MPEG-TS from one packet to another."""
    content = path.read_bytes()
    path.write_bytes(content[packets.start * 188 : packets.stop * 188])
    return path


def _capture(path, count=18):
    options = {"qmin": "1", "qmax": "1", "g": "6", "bf": "2"}
    pictures = [ramp_codes(known_layout("yuv420p"), *SIZE)] * count
    return write_movie(path, pictures, "mpeg2video", "yuv420p", rate=fractions.Fraction(25), options=options)


def test_pictures_at_the_start_that_cannot_be_decoded_are_told(tmp_path, caplog):
    whole = look(_capture(tmp_path / "tape.ts"))
    assert "that cannot be decoded" not in caplog.text
    packets = (tmp_path / "tape.ts").stat().st_size // 188
    # Of the first group of pictures the first packets are gone.
    record = look(_cut(tmp_path / "tape.ts", range(packets // 9, packets)))
    assert 0 < record.pictures < whole.pictures
    found = re.search(r"tape\.ts: begins with (\d+) pictures that cannot be decoded", caplog.text)
    assert found
    assert 0 < int(found[1]) <= whole.pictures - record.pictures


def test_a_movie_that_does_not_say_its_length_is_told(tmp_path, caplog):
    path = _capture(tmp_path / "tape.ts")
    record = look(path)
    said = "nothing in it says how many pictures it has, so that a missing end is not seen: see whether picture {} is"
    assert said.format(record.pictures) in caplog.text
    caplog.clear()
    disc = _capture(tmp_path / "disc.vob", 4)
    disc.write_bytes(disc.read_bytes() + b"\0\0\1\xb9")
    look(disc)
    look(write_movie(tmp_path / "scan.mkv", [noise("yuv422p10le")] * 2))
    assert not caplog.messages


def test_a_last_picture_that_is_gone_is_told(tmp_path, caplog):
    path = write_movie(tmp_path / "scan.avi", [noise("yuv422p10le", seed=seed) for seed in range(6)])
    assert look(path).pictures == 6
    assert not caplog.messages
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0)]
    path.write_bytes(path.read_bytes()[: places[5]])
    assert look(path).pictures == 5
    (said,) = caplog.messages
    assert said.endswith("its header says 6 pictures, and 5 are in it: see whether picture 5 is the last one")
