"""Shots of edit decision lists, by the timecode in the headers of a scan."""

import pytest
from timecode_scan import scan

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.scope import Scope, read_scopes
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
        ([ROOF, "M2   PRINT   012.0   01:00:00:00"], r"holds clips that are retimed, to 012\.0 frames a second"),
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
