"""A movie becomes numbered frames, which are made once and tell what they are of."""

import fractions
import json
from pathlib import Path

import numpy as np
import pytest
from movie_files import known_layout, ramp_codes, ramp_picture, write_movie, write_soft_pulldown
from scipy import ndimage

from filmrecovery.base.errors import ElementError, OutputError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.checks.parity import check_element
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.headers.film_timecode import timecode_text
from filmrecovery.film.movies.movie_record import read_movie_record, record_path
from filmrecovery.film.movies.unpack import unpack
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.film.products.folder_lock import locked

NTSC = fractions.Fraction(30000, 1001)


def scan(count=6):
    """R'G'B' of 16 bits with every code of noise, and one for each frame to tell it by."""
    random = np.random.default_rng(2)
    pictures = random.integers(0, 1 << 16, (count, 3, 50, 66))
    pictures[:, 0, 0, 0] = np.arange(count)
    return pictures


@pytest.fixture
def movie(tmp_path):
    return write_movie(tmp_path / "scan.mkv", scan(), "ffv1", "gbrp16le")


@pytest.fixture
def output(tmp_path):
    return str(tmp_path / "frames" / "scan.####.exr")


def record_of(output):
    return read_movie_record(record_path(output))


def changes(element):
    return {path.name: path.stat().st_mtime_ns for path in element.paths()}


def test_sixteen_bits_come_back_to_the_last(movie, output):
    element = unpack(UnpackSettings(), movie, output)
    assert element.frames == (1, 2, 3, 4, 5, 6)
    for path, truth in zip(element.paths(), scan(), strict=True):
        assert np.array_equal(np.rint(read_frame(path).rgb * np.float64(65535)), np.moveaxis(truth, 0, -1))
    check_element(element)


def test_half_float_is_as_near_as_it_can_be(tmp_path, output):
    layout = known_layout("yuv422p10le")
    path = write_movie(tmp_path / "scan.mkv", [ramp_codes(layout, 66, 50)] * 2, matrix="bt709")
    element = unpack(UnpackSettings(encoding="zip"), path, output)
    off = np.abs(read_frame(element.path(1)).rgb - ramp_picture(66, 50))[4:-4, 4:-4]
    assert off.max() < 1.45 / 876 + 0.25 / 1023


def test_the_record_says_what_the_movie_said_and_what_was_decided(movie, output, capsys):
    unpack(UnpackSettings(), movie, output)
    record = record_of(output)
    assert (record.movie, record.pictures, record.facts.codec, record.facts.pixel_format) == (
        *("scan.mkv", 6),
        *("ffv1", "gbrp16le"),
    )
    assert (record.decided.range, record.decided.range_from, record.decided.rate) == ("full", "nobody", "24")
    assert [frame.top for frame in record.frames] == list(range(6))
    spec = read_header(output.replace("####", "0003"))
    assert spec.getattribute("FramesPerSecond") == (24, 1)


def test_nothing_is_done_again(movie, output):
    element = unpack(UnpackSettings(), movie, output)
    before = changes(element)
    unpack(UnpackSettings(), movie, output)
    assert changes(element) == before
    # A frame that is missing, or was damaged, is made again, and no other.
    element.path(2).unlink()
    content = bytearray(element.path(5).read_bytes())
    content[-1] ^= 1
    element.path(5).write_bytes(content)
    unpack(UnpackSettings(), movie, output)
    after = changes(element)
    assert {name for name in before if before[name] != after[name]} == {"scan.0002.exr", "scan.0005.exr"}
    assert read_frame(element.path(5)).rgb[0, 0, 0] * np.float64(65535) == pytest.approx(4)


def test_what_was_made_of_something_else_is_made_again(movie, output):
    element = unpack(UnpackSettings(), movie, output)
    before = changes(element)
    write_movie(movie, scan()[::-1], "ffv1", "gbrp16le")
    unpack(UnpackSettings(), movie, output)
    assert not before.items() & changes(element).items()
    before = changes(element)
    unpack(UnpackSettings(range="limited"), movie, output)
    assert not before.items() & changes(element).items()
    assert record_of(output).decided.range_from == "the settings"


def test_a_call_that_was_stopped_is_continued(movie, output, monkeypatch):
    written = []

    def stop(path, frame, encoding):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(path.name)
        write_frame(path, frame, encoding)

    monkeypatch.setattr("filmrecovery.film.movies.unpack.write_frame", stop)
    with pytest.raises(KeyboardInterrupt):
        unpack(UnpackSettings(), movie, output)
    monkeypatch.undo()
    before = {name: Path(output).with_name(name).stat().st_mtime_ns for name in written}
    element = unpack(UnpackSettings(), movie, output)
    assert before.items() <= changes(element).items()
    assert len(find_element(output).frames) == 6


def test_a_range_of_frames_and_another_first_number(movie, output):
    element = unpack(UnpackSettings(first=1001), movie, output, "1003-1004")
    assert find_element(output).frames == (1003, 1004)
    assert read_frame(element.path(1004)).rgb[0, 0, 0] * np.float64(65535) == pytest.approx(3)
    with pytest.raises(SettingsError, match=r"scan.mkv: has the frames 1001-1006, but not 1007"):
        unpack(UnpackSettings(first=1001), movie, output, "1003-1007")


def test_outputs_that_would_lose_or_replace_something_are_refused(movie, output, tmp_path):
    with pytest.raises(SettingsError, match=r"scan\.####\.tif: expected a name that ends in \.exr"):
        unpack(UnpackSettings(), movie, output.replace(".exr", ".tif"))
    record = record_path(output)
    record.parent.mkdir()
    record.write_text(json.dumps({"version": 1, "made_from": "crop 3; settings a; content b; code c"}))
    with pytest.raises(OutputError, match="holds something other"):
        unpack(UnpackSettings(), movie, output)
    with locked(tmp_path / "frames", "unpacking a movie into", ".scan.movie.lock"), pytest.raises(RunError):
        unpack(UnpackSettings(), movie, output)


@pytest.mark.parametrize(
    ("aspect", "size"), [("16/11", (96, 50)), ("8/9", (66, 56)), ("1", (66, 50))], ids=["wide", "narrow", "square"]
)
def test_pixels_that_are_not_square_become_square(tmp_path, output, aspect, size):
    codes = ramp_codes(known_layout("yuv444p10le"), 66, 50)
    path = write_movie(
        *(tmp_path / "video.mp4", [codes] * 2, "libx264", "yuv444p10le"),
        options={"qp": "0"},
        matrix="bt709",
        aspect=fractions.Fraction(aspect),
    )
    element = unpack(UnpackSettings(), path, output)
    header = read_header(element.path(1))
    assert (header.width, header.height) == size
    assert header.get_float_attribute("PixelAspectRatio", 1.0) == 1.0
    # The picture lies where it was.
    middle = read_frame(element.path(1)).rgb[size[1] // 2 - 1 : size[1] // 2 + 1, size[0] // 2 - 1 : size[0] // 2 + 1]
    assert np.abs(middle.mean(axis=(0, 1)) - ramp_picture(66, 50)[24:26, 32:34].mean(axis=(0, 1))).max() < 0.003
    stored = unpack(UnpackSettings(pixels="stored"), path, output)
    header = read_header(stored.path(1))
    assert (header.width, header.height) == (66, 50)
    assert header.get_float_attribute("PixelAspectRatio", 1.0) == pytest.approx(float(fractions.Fraction(aspect)))


def film(count, speed=3):
    """Grey pictures of a pan over a ground, in 0..1."""
    ground = ndimage.gaussian_filter(np.random.default_rng(4).standard_normal((96, 128 + speed * count)), 1.2)
    ground = np.clip(0.5 + 0.12 * ground / ground.std(), 0, 1)
    return [ground[:, speed * frame : speed * frame + 128] for frame in range(count)]


def woven(order, frames):
    """Pictures in Y'CbCr of 4:2:2 and 10 bits, whose fields, the top one first, are of frames in this order."""
    for top, bottom in zip(order[0::2], order[1::2], strict=False):
        luma = np.empty_like(frames[0])
        luma[0::2], luma[1::2] = frames[top][0::2], frames[bottom][1::2]
        yield [64 + 876 * luma, *[np.full((96, 64), 512)] * 2]


def test_the_frames_of_a_telecine_come_back_in_number_and_order(tmp_path, output):
    frames = film(40)
    order = [frame for frame in range(40) for _ in range(2 + frame % 2) if frame != 20]
    path = write_movie(tmp_path / "tape.mov", woven(order, frames), "v210", rate=NTSC)
    element = unpack(UnpackSettings(), path, output)
    record = record_of(output)
    assert (record.decided.cadence, record.decided.rate, record.decided.first_field) == ("2:3", "24000/1001", "top")
    assert len(element.frames) == 39
    assert record.breaks in ((20,), (21,), (22,))
    for number, truth in zip(element.paths(), [*frames[:20], *frames[21:]], strict=True):
        assert np.abs(read_frame(number).rgb[..., 1] - truth).max() < 0.6 / 876


@pytest.mark.parametrize("suffix", ["vob", "mkv"])
def test_pulldown_by_flags_is_none(tmp_path, output, suffix):
    frames = film(24)
    codes = [[16 + 219 * frame, *[np.full((48, 64), 128)] * 2] for frame in frames]
    element = unpack(UnpackSettings(), write_soft_pulldown(tmp_path / f"disc.{suffix}", codes), output)
    record = record_of(output)
    assert (record.decided.cadence, record.decided.rate, record.breaks) == ("2:3 by flags", "24000/1001", ())
    assert len(element.frames) == 24
    for number, truth in zip(element.paths(), frames, strict=True):
        assert np.abs(read_frame(number).rgb[..., 1] - truth).mean() < 0.01


def test_a_frame_of_which_a_cut_left_one_field_is_told(tmp_path, output):
    frames = film(20)
    path = write_movie(
        tmp_path / "tape.mov", woven([0, *np.repeat(range(1, 20), 2)], frames), "v210", rate=fractions.Fraction(25)
    )
    element = unpack(UnpackSettings(), path, output)
    record = record_of(output)
    assert (record.decided.cadence, record.halves) == ("2:2", (1, 20))
    first = read_frame(element.path(1)).rgb[..., 1]
    assert np.abs(first[0::2] - frames[0][0::2]).max() < 0.6 / 876
    assert np.abs(first[1:-1:2] - (frames[0][0:-2:2] + frames[0][2::2]) / 2).max() < 0.6 / 876


def test_interlaced_video_is_made_what_is_asked_for(tmp_path, output):
    frames = film(24)
    path = write_movie(tmp_path / "tape.mov", woven(range(24), frames), "v210", rate=fractions.Fraction(25))
    with pytest.raises(ElementError, match=r"tape.mov: is interlaced video.*choose the pictures 'fields'"):
        unpack(UnpackSettings(), path, output)
    assert not find_files(output)
    with pytest.raises(ElementError, match="give the order of the fields"):
        unpack(UnpackSettings(pictures="fields"), path, output)
    element = unpack(UnpackSettings(pictures="fields", field_order="top"), path, output)
    assert record_of(output).decided.rate == "50"
    for index, number in enumerate(element.paths()):
        lines = slice(index % 2, None, 2)
        assert np.abs(read_frame(number).rgb[lines, :, 1] - frames[index][lines]).max() < 0.6 / 876
    assert len(unpack(UnpackSettings(pictures="frames"), path, output).frames) == 12


def find_files(output):
    return list(Path(output).parent.glob("*.exr"))


def test_the_verb_says_what_it_wrote_and_names_a_damaged_movie(movie, output, capsys):
    assert main(["unpack", str(movie), output, "--frames", "2-3"]) == 0
    assert capsys.readouterr().out == f"unpacked: {output}, frames 2-3\n"
    movie.write_bytes(movie.read_bytes()[:3000])
    assert main(["unpack", str(movie), output]) == 1
    assert "scan.mkv: " in capsys.readouterr().err


def timecodes_of(element):
    words = [read_header(path).getattribute("smpte:TimeCode") for path in element.paths()]
    return [timecode_text(word[0]) if word else None for word in words]


@pytest.mark.parametrize(
    ("suffix", "codec", "pixel_format"), [("mkv", "ffv1", "gbrp16le"), ("mov", "prores_ks", "yuv422p10le")]
)
def test_time_code_and_reel_of_a_movie_are_in_the_frames(suffix, codec, pixel_format, tmp_path, output):
    pictures = scan(3) if codec == "ffv1" else [ramp_codes(known_layout(pixel_format), 66, 50)] * 3
    metadata = {"timecode": "00:00:59;29", "reel_name": "A001", "title": "Roll 7"}
    path = write_movie(tmp_path / f"scan.{suffix}", pictures, codec, pixel_format, rate=NTSC, metadata=metadata)
    element = unpack(UnpackSettings(), path, output)
    assert timecodes_of(element) == ["00:00:59;29", "00:01:00;02", "00:01:00;03"]
    assert {read_header(path).get_string_attribute("reelName") for path in element.paths()} == {"A001"}
    facts = record_of(output).facts
    assert (facts.timecode, facts.reel) == ("00:00:59;29", "A001")
    assert ("title", "Roll 7") in [(tag.name, tag.value) for tag in facts.tags]


def test_frames_of_a_telecine_have_the_time_code_of_their_first_picture(tmp_path, output):
    order = [frame for frame in range(24) for _ in range(2 + frame % 2)]
    tape = tmp_path / "tape.mov"
    path = write_movie(tape, woven(order, film(24)), "v210", rate=NTSC, metadata={"timecode": "01:00:00:00"})
    element = unpack(UnpackSettings(), path, output)
    assert record_of(output).decided.cadence == "2:3"
    assert [code[-2:] for code in timecodes_of(element)[:8]] == ["00", "01", "02", "04", "05", "06", "07", "09"]


@pytest.mark.parametrize(
    ("timecode", "told"), [("01:00:00;00", "drop-frame"), ("01:00:00:30", "is no time code at 24 frames a second")]
)
def test_a_time_code_that_cannot_be_counted_is_named(timecode, told, tmp_path, output, caplog):
    path = write_movie(tmp_path / "scan.mkv", scan(2), "ffv1", "gbrp16le", metadata={"timecode": timecode})
    element = unpack(UnpackSettings(), path, output)
    assert timecodes_of(element) == [None, None]
    assert told in record_of(output).decided.no_timecode
    assert f"{path}: its timecode is not in the frames" in caplog.text


def test_doubled_fields_that_are_not_stored_leave_no_count(tmp_path, output):
    codes = [[16 + 219 * frame, *[np.full((48, 64), 128)] * 2] for frame in film(24)]
    path = write_soft_pulldown(tmp_path / "disc.mkv", codes, {"timecode": "01:00:00:00"})
    element = unpack(UnpackSettings(), path, output)
    assert set(timecodes_of(element)) == {None}
    assert "shown twice" in record_of(output).decided.no_timecode
