"""Shots of Final Cut Pro 7 XML, as the adapter of OpenTimelineIO writes it, by the timecode of a scan."""

import os
import subprocess
import sys

import opentimelineio as otio
import pytest
from timecode_scan import scan

from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.cli import main
from filmrecovery.film.elements.scope import Scope, read_scopes
from filmrecovery.reference.curation.shot_list import listed_shots, read_shots

TIME = otio.opentime.RationalTime
HOUR = 86400
"""In frames of 24 a second: the timecode of the scan's first file."""


def span(first, count, rate=24.0):
    return otio.opentime.TimeRange(TIME(first, rate), TIME(count, rate))


def clip(name, first, count, file="reel.mov", rate=24.0):
    media = otio.schema.ExternalReference(f"file:///scans/{file}", span(HOUR, 50, rate))
    media.name = file
    return otio.schema.Clip(name, media, span(HOUR + first, count, rate))


def write(path, *items, sound=False):
    timeline = otio.schema.Timeline("cut", global_start_time=TIME(0, 24.0))
    kinds = ["Video", "Audio"] if sound else ["Video"]
    for kind in kinds:
        timeline.tracks.append(otio.schema.Track(kind[0] + "1", kind=kind))
        timeline.tracks[-1].extend(item.clone() for item in items)
    otio.adapters.write_to_file(timeline, str(path))
    return path


@pytest.fixture(scope="module")
def print_scan(tmp_path_factory):
    """Files 101 to 150, from the timecode 01:00:00:00 on."""
    return scan(tmp_path_factory.mktemp("scan"), range(101, 151))


def test_clips_are_shots_by_the_timecode_of_their_media(tmp_path, print_scan):
    gap = otio.schema.Gap(source_range=span(0, 10))
    path = write(tmp_path / "cut.xml", clip("street", 10, 8), gap, clip("roof", 0, 6), sound=True)
    shots = Scope("roof", "shot", 101, 106), Scope("street", "shot", 111, 118)
    assert read_shots(path, print_scan) == shots


def test_a_name_that_comes_again_has_a_number(tmp_path, print_scan):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6), clip("street", 10, 8), clip("roof", 30, 5))
    assert read_shots(path, print_scan) == (
        Scope("roof", "shot", 101, 106),
        Scope("street", "shot", 111, 118),
        Scope("roof 2", "shot", 131, 135),
    )


def test_what_is_switched_off_is_no_shot(tmp_path, print_scan):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6), clip("street", 10, 8))
    text = path.read_text()
    assert text.count("</clipitem>") == 2
    path.write_text(text.replace("</clipitem>", "<enabled>FALSE</enabled></clipitem>", 1))
    assert [shot.name for shot in read_shots(path, print_scan)] == ["street"]


def write_tracks(path, *tracks):
    timeline = otio.schema.Timeline("cut", global_start_time=TIME(0, 24.0))
    for items in tracks:
        timeline.tracks.append(otio.schema.Track("V", kind="Video"))
        timeline.tracks[-1].extend(items)
    otio.adapters.write_to_file(timeline, str(path))
    return path


def test_what_a_clip_of_an_upper_track_hides_is_no_shot(tmp_path, print_scan, caplog):
    above = [otio.schema.Gap(source_range=span(0, 3)), clip("street", 20, 4)]
    assert read_shots(write_tracks(tmp_path / "cut.xml", [clip("roof", 0, 10)], above), print_scan) == (
        Scope("roof", "shot", 101, 103),
        Scope("roof 2", "shot", 108, 110),
        Scope("street", "shot", 121, 124),
    )
    assert "part of 'roof' by 'street'" in caplog.text


def test_media_that_hide_others_are_of_the_same_file(tmp_path, print_scan):
    path = write_tracks(tmp_path / "cut.xml", [clip("roof", 0, 10)], [clip("video", 0, 10, "video.mov")])
    with pytest.raises(FileError, match="has media of 2 files"):
        read_shots(path, print_scan)


def with_retime(text):
    effect = "<filter><effect><name>Time Remap</name><effectid>timeremap</effectid></effect></filter>"
    return text.replace("</clipitem>", f"{effect}</clipitem>", 1)


def with_subclip(text):
    return text.replace("</clipitem>", "<subclipinfo><startoffset>5</startoffset></subclipinfo></clipitem>", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_retime, "clip 'roof' is retimed"),
        (lambda text: text.replace("<timebase>24</timebase>", "<timebase>25</timebase>", 1), "mixes frame rates"),
        (lambda text: text.replace("<timebase>24</timebase>", "<timebase>25</timebase>"), "25 frames a second"),
        (
            lambda text: text.replace("<in>0</in>", "<in>48</in>").replace("<out>6</out>", "<out>54</out>"),
            "clip 'roof' shows times that its media do not have",
        ),
        (
            lambda text: text.replace("<timecode>", "<timecode><displayformat>DF</displayformat>"),
            "counts its timecode as drop-frame, and the scan as non-drop-frame",
        ),
        (lambda text: text.replace("<out>6</out>", "<out>12</out>"), "lasts 6 frames, and shows 12 of its media"),
        (with_subclip, "clip 'roof' is a subclip"),
        (
            lambda text: text.replace("<frame>86400</frame>", "<frame>86405</frame>"),
            "begin at 01:00:00:00 and at the frame 86405, which is another time",
        ),
        (lambda text: text[: len(text) // 2], "cannot be read as a timeline"),
        (lambda text: "<xmeml/>", "cannot be read as a timeline"),
    ],
)
def test_a_timeline_whose_frames_are_not_sure_is_refused(tmp_path, print_scan, change, message):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6), clip("street", 10, 8))
    path.write_text(change(path.read_text()))
    with pytest.raises(FileError, match=rf"cut\.xml: .*{message}"):
        read_shots(path, print_scan)


def test_media_of_two_files_are_refused(tmp_path, print_scan):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6), clip("street", 10, 8, "other.mov"))
    with pytest.raises(FileError, match="has media of 2 files"):
        read_shots(path, print_scan)


def test_a_scan_without_timecode_is_refused(tmp_path):
    source = scan(tmp_path, range(1, 51), missing=(1,))
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6))
    with pytest.raises(ElementError, match=r"print\.0001\.exr: has no timecode"):
        read_shots(path, source)


def test_a_timeline_alone_names_no_files(tmp_path):
    with pytest.raises(FileError, match=r"cut\.xml: names no files"):
        listed_shots(write(tmp_path / "cut.xml", clip("roof", 0, 6)))


def test_without_the_adapter_the_extra_is_named(tmp_path, print_scan):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6))
    # The library then finds no plug-in that is a package of its own.
    environment = os.environ | {"OTIO_DISABLE_ENTRYPOINTS_PLUGINS": "1"}
    arguments = ["shots", print_scan.pattern, str(tmp_path / "shots.json"), "--list", str(path)]
    command = [sys.executable, "-m", "filmrecovery", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode
    assert f"{path}: timelines in XML need the package otio-fcp-adapter; install it with: pip" in done.stderr
    assert '".[timelines]"' in done.stderr


def test_the_verb_takes_the_shots_of_a_timeline(tmp_path, print_scan):
    path = write(tmp_path / "cut.xml", clip("roof", 0, 6), clip("street", 10, 8))
    assert main(["shots", print_scan.pattern, str(tmp_path / "shots.json"), "--list", str(path)]) == 0
    assert [shot.name for shot in read_scopes(tmp_path / "shots.json")] == ["roof", "street"]
