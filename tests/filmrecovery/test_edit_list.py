"""Shots of edit decision lists, by the timecode in the headers of a scan."""

from fractions import Fraction

import numpy as np
import OpenImageIO
import pytest
from timecode_scan import scan

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.scope import Scope, read_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.headers.film_timecode import TIMECODE, count_from
from filmrecovery.reference.curation.shot_list import listed_shots, read_shots

EVENT = "{number:03}  {reel}  {track}  C  {source} {source_end} {record} {record_end}"


def edit_list(folder, *events):
    """A list of (name, first, end) of the source's timecode, and of lines as they are."""
    lines = ["TITLE: reel", "FCM: NON-DROP FRAME"]
    for number, event in enumerate(events, 1):
        if isinstance(event, str):
            lines.append(event)
            continue
        name, first, end, *reel = event
        where = {"source": first, "source_end": end, "record": first, "record_end": end}
        lines.append(EVENT.format(number=number, reel=(*reel, "PRINT")[0], track="V", **where))
        if name:
            lines.append(f"* FROM CLIP NAME: {name}")
    path = folder / "reel.edl"
    path.write_text("\n".join(lines) + "\n")
    return path


def ranges(shots):
    return [(shot.name, shot.first, shot.last) for shot in shots]


ROOF = ("roof", "01:00:00:00", "01:00:01:00")
STREET = ("street", "01:00:01:00", "01:00:01:12")


@pytest.mark.parametrize("rate", [(24, 1), (24000, 1001), (25, 1)])
def test_events_are_the_files_that_have_their_timecode(tmp_path, rate):
    whole = round(rate[0] / rate[1])
    source = scan(tmp_path, range(1001, 1041), rate)
    shots = read_shots(edit_list(tmp_path, ROOF, STREET), source)
    assert ranges(shots) == [("roof", 1001, 1000 + whole), ("street", 1001 + whole, 1012 + whole)]


def test_dpx_files_say_their_timecode_too(tmp_path):
    source = scan(tmp_path, range(1, 40), suffix="dpx", first="01:00:00:06")
    shots = read_shots(edit_list(tmp_path, ("roof", "01:00:00:06", "01:00:00:10")), source)
    assert ranges(shots) == [("roof", 1, 4)]


def test_sound_and_black_are_no_shots_and_names_are_told_apart(tmp_path):
    source = scan(tmp_path, range(1, 41))
    path = edit_list(
        tmp_path,
        ("roof", "01:00:00:00", "01:00:00:10"),
        ("roof", "01:00:00:10", "01:00:00:20"),
        ("", "01:00:01:00", "01:00:01:04"),
        "004  PRINT  A  C  01:00:00:00 01:00:01:00 01:00:00:00 01:00:01:00",
        "005  BL  V  C  00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00",
    )
    assert ranges(read_shots(path, source)) == [("roof", 1, 10), ("roof 2", 11, 20), ("003", 25, 28)]


@pytest.mark.parametrize("upper_first", [False, True])
def test_what_an_event_of_an_upper_track_hides_is_no_shot(tmp_path, caplog, upper_first):
    source = scan(tmp_path, range(1, 41))
    events = [
        "001  PRINT  V   C  01:00:00:00 01:00:00:10 01:00:00:10 01:00:00:20",
        "002  PRINT  V2  C  01:00:01:00 01:00:01:02 01:00:00:14 01:00:00:16",
    ]
    path = edit_list(tmp_path, *(events[::-1] if upper_first else events))
    assert [(first, last) for _, first, last in ranges(read_shots(path, source))] == [(1, 4), (7, 10), (25, 26)]
    assert "whose frames are left out: part of" in caplog.text


def test_the_shots_are_kept_for_what_knows_no_timecode(tmp_path, capsys):
    scan(tmp_path, range(1, 41))
    path = edit_list(tmp_path, ROOF, STREET)
    shots = tmp_path / "shots.json"
    assert main(["shots", str(tmp_path / "print.####.exr"), str(shots), "--list", str(path)]) == 0
    assert read_scopes(shots) == (Scope("roof", "shot", 1, 24), Scope("street", "shot", 25, 36))
    with pytest.raises(FileError, match=r"reel\.edl: names no files; .*shots SCAN shots\.json --list"):
        listed_shots(path)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([ROOF, (*STREET, "OTHER")], "has the reels OTHER, PRINT; leave"),
        ([ROOF, "M2   PRINT   012.0   01:00:00:00"], r"holds a clip that is retimed .*012\.0"),
        ([("roof", "01:00:00:00", "01:00:01:24")], "cannot be read as an edit decision list .*beyond 23"),
        (["no event at all"], "cannot be read as an edit decision list"),
        (
            ["001  BL  V  C  00:00:00:00 00:00:01:00 01:00:02:00 01:00:03:00"],
            "has no events of picture; expected shots",
        ),
    ],
)
def test_lists_that_cannot_be_right_are_refused(tmp_path, events, message):
    source = scan(tmp_path, range(1, 41))
    with pytest.raises(FileError, match=rf"reel\.edl: .*{message}"):
        read_shots(edit_list(tmp_path, *events), source)


def test_a_scan_without_timecode_or_with_a_gap_in_it_is_refused(tmp_path):
    path = edit_list(tmp_path, ROOF)
    with pytest.raises(ElementError, match=r"print\.0001\.exr: has no timecode, by which the list names its frames"):
        read_shots(path, scan(tmp_path, range(1, 41), missing={1}))
    source = scan(tmp_path, range(1, 41))
    (tmp_path / "print.0040.exr").rename(tmp_path / "print.0050.exr")
    with pytest.raises(ElementError, match=r"print\.0050\.exr: their timecode does not count 24 frames a second"):
        read_shots(path, find_element(source.pattern))


def line(source, source_end, number="001", reel="PRINT", kind="V     C"):
    return f"{number}  {reel}  {kind}  {source} {source_end} {source} {source_end}"


@pytest.mark.parametrize(
    "retime",
    ["m2   PRINT   048.0   01:00:00:00", "M2   MY REEL   012.0   01:00:00:00", "M2   PRINT   24.4   01:00:00:00"],
)
def test_a_retime_is_found_however_it_is_written(tmp_path, retime):
    source = scan(tmp_path, range(1, 41))
    with pytest.raises(FileError, match=r"reel\.edl: holds a clip that is retimed"):
        read_shots(edit_list(tmp_path, ROOF, retime), source)
    same = "M2   PRINT   024.0   01:00:00:00"
    assert ranges(read_shots(edit_list(tmp_path, ROOF, same), source)) == [("roof", 1, 24)]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (line("01:00:00:00", "01:00:01:00", reel="MY REEL"), "'001  MY REEL.*is no event of CMX 3600"),
        (line("01:00:00:00", "01:00:01:00", reel=""), "is no event of CMX 3600"),
        (line("01:00:01:00", "01:00:00:00"), "ends before it has begun"),
        (line("01:00:01:00", "01:00:01:00"), "ends before it has begun"),
    ],
)
def test_an_event_that_is_none_is_no_shot(tmp_path, event, message):
    source = scan(tmp_path, range(1, 41))
    with pytest.raises(FileError, match=rf"reel\.edl: .*{message}"):
        read_shots(edit_list(tmp_path, event), source)


def test_the_line_from_which_a_dissolve_goes_lasts_no_time(tmp_path):
    source = scan(tmp_path, range(1, 41))
    lines = line("01:00:00:10", "01:00:00:10", "002"), line("01:00:01:00", "01:00:01:10", "002", kind="V     D  006")
    # The picture of the record goes on after the first event.
    lines = [
        each.rsplit(maxsplit=2)[0] + f" 01:00:00:10 01:00:00:{end}" for each, end in zip(lines, (10, 20), strict=True)
    ]
    path = edit_list(tmp_path, ("roof", "01:00:00:00", "01:00:00:10"), *lines)
    assert ranges(read_shots(path, source)) == [("roof", 1, 16), ("002", 25, 34)]


def test_a_name_of_other_letters_and_a_mark_at_the_start_do_no_harm(tmp_path):
    source = scan(tmp_path, range(1, 41))
    path = edit_list(tmp_path, ("屋上", "01:00:00:00", "01:00:01:00"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert ranges(read_shots(path, source)) == [("屋上", 1, 24)]


def test_a_list_of_one_file_needs_no_reel(tmp_path):
    source = scan(tmp_path, range(1, 41))
    roof = ("print.0001.exr", "01:00:00:00", "01:00:01:00", "AX")
    street = ("print.0001.exr", "01:00:01:00", "01:00:01:12", "AX")
    found = [(1, 24), (25, 36)]
    assert [shot[1:] for shot in ranges(read_shots(edit_list(tmp_path, roof, street), source))] == found
    path = edit_list(
        tmp_path, ("roof", *roof[1:]), "* SOURCE FILE: print", ("street", *street[1:]), "* source file:print"
    )
    assert [shot[1:] for shot in ranges(read_shots(path, source))] == found
    assert ranges(read_shots(edit_list(tmp_path, ("", *roof[1:])), source)) == [("001", 1, 24)]


@pytest.mark.parametrize(
    ("other", "named"), [("AX", r"AX \(a\.mov\), AX \(b\.mov\)"), ("PRINT", r"AX \(a\.mov\), PRINT")]
)
def test_a_list_of_several_files_without_a_reel_is_refused(tmp_path, other, named):
    source = scan(tmp_path, range(1, 41))
    events = ("a.mov", "01:00:00:00", "01:00:01:00", "AX"), ("b.mov", "01:00:01:00", "01:00:01:12", other)
    with pytest.raises(FileError, match=rf"reel\.edl: has the reels {named}; leave .* or give them its reel"):
        read_shots(edit_list(tmp_path, *events), source)


def drop_frame_scan(folder):
    """Files 1 to 100, whose drop-frame timecode begins at 00:01:58;00, and leaves out no number after 00:02:00;02."""
    start = count_from("00:01:58;00", Fraction(30000, 1001))
    for number in range(1, 101):
        frame = frame_from_rgb(np.full((4, 6, 3), 0.5, np.float32))
        frame.spec.attribute(TIMECODE, OpenImageIO.TypeDesc("timecode"), (start.word(number - 1), 0))
        frame.spec.attribute("FramesPerSecond", OpenImageIO.TypeDesc("rational"), (30000, 1001))
        write_frame(folder / f"print.{number:04}.exr", frame)
    return find_element(str(folder / "print.####.exr"))


def test_drop_frame_is_counted_as_the_clock_does(tmp_path):
    source = drop_frame_scan(tmp_path)
    # Two numbers are left out where the minute begins: it is the 61st frame.
    found = [("roof", 31, 60), ("street", 61, 70)]
    for sign in (";", ":"):
        path = edit_list(
            tmp_path,
            ("roof", f"00:01:59{sign}00", f"00:02:00{sign}02"),
            ("street", f"00:02:00{sign}02", f"00:02:00{sign}12"),
        )
        path.write_text(path.read_text().replace("NON-DROP", "DROP"))
        assert ranges(read_shots(path, source)) == found
    path.write_text(path.read_text().replace("DROP", "NON-DROP"))
    with pytest.raises(FileError, match="counts its timecode as non-drop-frame, and the scan as drop-frame"):
        read_shots(path, source)


@pytest.mark.parametrize("times", [("00:01:59;00", "00:02:00;01"), ("00:02:00;00", "00:02:00;12")])
def test_a_number_that_drop_frame_leaves_out_is_no_frame(tmp_path, times):
    source = drop_frame_scan(tmp_path)
    path = edit_list(tmp_path, ("roof", *times))
    path.write_text(path.read_text().replace("NON-DROP", "DROP"))
    with pytest.raises(FileError, match=r"reel\.edl: '.*' names no frame"):
        read_shots(path, source)
