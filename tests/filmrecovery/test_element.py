import re

import pytest

from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.film.elements.element import Element, find_element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.elements.spread_frames import evenly_spread, spread_frames


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("7", (7,)),
        ("1-4", (1, 2, 3, 4)),
        ("1-10x3,25", (1, 4, 7, 10, 25)),
        ("5, 1-3, 2", (1, 2, 3, 5)),
    ],
)
def test_ranges_are_sorted_and_unique(text, frames):
    assert parse_frames(text) == frames


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("1,,3", "empty"),
        ("10-1", "holds no frame"),
        ("1-10x0", "step"),
        ("-5-3", "negative"),
        ("1-x", "no range"),
        ("1-999999999", "more than"),
    ],
)
def test_a_bad_range_is_refused_with_its_text(text, reason):
    with pytest.raises(SettingsError, match=reason) as caught:
        parse_frames(text)
    assert f"'{text}'" in str(caught.value)


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ((), ""),
        ((1, 2, 3), "1-3"),
        ((1, 4, 7, 10, 25), "1-10x3,25"),
        ((1, 4, 5, 6), "1,4-6"),
        ((1, 3), "1,3"),
        ((8, 9, 20), "8-9,20"),
    ],
)
def test_frames_are_shown_in_short(frames, text):
    assert format_frames(frames) == text
    if frames:
        assert parse_frames(text) == frames


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a/shot.####.exr", "shot.0012.exr"),
        ("a/shot.%05d.exr", "shot.00012.exr"),
        ("a/shot_#.exr", "shot_12.exr"),
        ("a/#2/shot.##.dpx", "shot.12.dpx"),
    ],
)
def test_a_pattern_gives_the_path_of_a_frame(pattern, name):
    path = Element(pattern, (12,), "").path(12)
    assert path.name == name
    assert str(path.parent) == pattern.rpartition("/")[0]


@pytest.mark.parametrize("pattern", ["shot.0001.exr", "####.####.exr", "shot.####/plate.exr"])
def test_a_pattern_needs_one_placeholder(pattern):
    with pytest.raises(SettingsError, match=r"shot\.####\.exr"):
        Element(pattern, (1,), "")


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


def test_all_frames_on_disk_are_found_and_nothing_else(tmp_path):
    touch(tmp_path, "s.0001.exr", "s.0003.exr", "s.10000.exr", "s.0004.png", "other.0005.exr", ".s.0006.exr")
    assert find_element(str(tmp_path / "s.####.exr")).frames == (1, 3, 10000)


def test_missing_frames_are_named(tmp_path):
    touch(tmp_path, "s.0001.exr", "s.0002.exr", "s.0005.exr")
    pattern = str(tmp_path / "s.####.exr")
    assert find_element(pattern, "1-2,5").frames == (1, 2, 5)
    with pytest.raises(ElementError, match=r"s\.0003\.exr: missing.*: 3-4\)"):
        find_element(pattern, "1-5")


def test_no_file_and_no_folder_are_told_apart(tmp_path):
    with pytest.raises(ElementError, match="no file matches"):
        find_element(str(tmp_path / "s.####.exr"))
    with pytest.raises(ElementError, match="does not exist"):
        find_element(str(tmp_path / "nowhere" / "s.####.exr"))


def test_an_output_never_overwrites_its_input(tmp_path):
    plate = tmp_path / "plate.exr"
    plate.touch()
    refuse_overwriting([tmp_path / "result.exr"], [plate])
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "hard.exr").hardlink_to(plate)
    for output in (plate, tmp_path / "link" / "plate.exr", tmp_path / "hard.exr"):
        with pytest.raises(OutputError, match="overwrite its own input"):
            refuse_overwriting([output], [plate])
    # The frames of an earlier stage are not there yet when the work is checked.
    with pytest.raises(OutputError, match="overwrite its own input"):
        refuse_overwriting([tmp_path / "link" / "later.exr"], [tmp_path / "later.exr"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scan.0002.DPX", "other capitals"),
        ("scan.-001.dpx", "negative frame number"),
        ("scan.2.dpx", r"not written as the pattern has it \(0002\)"),
        ("scan.00002.dpx", r"not written as the pattern has it \(0002\)"),
        ("scan.1000000000.dpx", "above the highest, 999999999"),
    ],
)
def test_files_that_would_be_passed_over_are_named(tmp_path, name, message):
    for file in ("scan.0001.dpx", name, "Scan.0002.dpx", "scan.txt"):
        (tmp_path / file).touch()
    with pytest.raises(ElementError, match=rf"{re.escape(name)}: .*{message}"):
        find_element(str(tmp_path / "scan.####.dpx"))
    (tmp_path / name).unlink()
    assert find_element(str(tmp_path / "scan.####.dpx")).frames == (1,)


@pytest.mark.parametrize(("files", "pattern"), [("e\u0301t\u00e9", "\u00e9t\u00e9"), ("\u00e9", "e\u0301")])
def test_names_whose_accents_are_written_in_another_way_are_told(tmp_path, files, pattern):
    (tmp_path / f"{files}.0001.tif").touch()
    assert find_element(str(tmp_path / f"{files}.####.tif")).frames == (1,)
    with pytest.raises(ElementError, match="but some look the same: their accents are written in another way"):
        find_element(str(tmp_path / f"{pattern}.####.tif"))
    with pytest.raises(ElementError, match="check the name and the padding"):
        find_element(str(tmp_path / "other.####.tif"))


def test_evenly_spread_items_are_in_order_and_the_ends_among_them():
    assert evenly_spread(range(11), 3) == [0, 5, 10]
    assert evenly_spread("abcdefgh", 4) == ["a", "c", "f", "h"]
    assert evenly_spread((4, 7), 5) == [4, 7]
    assert evenly_spread((4, 7), 1) == [4]
    assert evenly_spread((), 5) == []


def test_spread_frames_are_runs_from_the_first_to_the_last():
    assert spread_frames(range(1, 9), 8) == tuple(range(1, 9))
    found = spread_frames(range(101, 1101), 60)
    assert len(found) == 60
    assert (found[:3], found[-3:]) == ((101, 102, 103), (1098, 1099, 1100))
    assert all(middle - 1 in found and middle + 1 in found for middle in found[1::3])
    assert spread_frames(range(1, 10), 4) == (4, 5, 6)
