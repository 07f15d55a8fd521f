import json

import numpy as np
import opentimelineio as otio
import pytest
from scipy import ndimage

from filmrecovery.base.errors import ElementError, FileError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope, read_scopes, write_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.reference.curation.shot_detection import find_shots
from filmrecovery.reference.curation.shot_list import listed_shots, read_shots
from filmrecovery.reference.curation.shot_settings import ShotSettings, TimelineSettings
from filmrecovery.reference.curation.timeline import read_timeline, write_timeline
from filmrecovery.reference.matching.frame_match import FrameMatch

SHOTS = (Scope("shot_010", "shot", 1, 14), Scope("shot_020", "shot", 15, 40))


@pytest.fixture
def cut_film(tmp_path):
    """Two shots with grain, fade, flicker, scratches, a pan, and a flash at frame 25."""
    generator = np.random.default_rng(1)
    scenes = [ndimage.gaussian_filter(generator.standard_normal((120, 260)), 3) for _ in range(2)]
    sequence = Element(str(tmp_path / "scan.####.exr"), tuple(range(1, 41)), "srgb_tx")
    for frame in sequence.frames:
        scene = scenes[frame >= 15]
        grey = 0.45 + 0.1 * scene[:72, 2 * frame : 2 * frame + 128] / scene.std()
        grey = grey * generator.uniform(0.85, 1.0)
        grey[:, generator.integers(128)] = 0.9
        if frame == 25:
            grey = 0.97 - 0.02 * generator.random(grey.shape)
        rgb = np.clip(grey[..., np.newaxis] * [0.9, 0.5, 0.6] + 0.02 * generator.standard_normal((72, 128, 3)), 0, 1)
        write_frame(sequence.path(frame), frame_from_rgb(rgb.astype(np.float32)), "float")
    return sequence


def test_cuts_are_found_and_flashes_are_none(cut_film):
    assert find_shots(ShotSettings(), cut_film) == SHOTS


def test_scopes_are_kept_in_a_file(tmp_path):
    scopes = (*SHOTS, Scope("market", "scene", 1, 40))
    write_scopes(tmp_path / "shots.json", scopes)
    assert read_scopes(tmp_path / "shots.json") == scopes


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"name": "a", "kind": "reel", "first": 1, "last": 2}, "'reel' is not one of shot, scene, sequence"),
        ({"name": "a", "kind": "shot", "first": 3, "last": 2}, "shot 'a': frames 3-2 end before they begin"),
    ],
)
def test_scopes_that_do_not_fit_are_refused(tmp_path, scope, message):
    path = tmp_path / "shots.json"
    path.write_text(json.dumps({"version": 1, "scopes": [scope]}))
    with pytest.raises(FileError, match=message):
        read_scopes(path)


def test_two_shots_of_one_name_are_refused(tmp_path):
    shots = Scope("a", "shot", 1, 9), Scope("b", "shot", 10, 12), Scope("a", "shot", 20, 29)
    write_scopes(tmp_path / "shots.json", shots)
    with pytest.raises(ElementError, match=r"shots\.json: a \(frames 1-9\) and a \(frames 20-29\) have one name"):
        listed_shots(tmp_path / "shots.json")


def test_a_timeline_gives_back_shots_elements_and_offsets(tmp_path):
    source = Element("/film/scans/print.####.exr", tuple(range(1, 41)), "")
    reference = Element("/film/video/tape.%05d.png", (*range(90, 120), *range(122, 140)), "")
    scopes = (*SHOTS, Scope("market", "scene", 1, 40))
    matches = tuple(FrameMatch(n, n + 89 + (n > 30), 1.0) for n in range(1, 41))
    path = tmp_path / "film.otio"
    write_timeline(path, scopes, source, reference, matches, TimelineSettings(rate=18.0))

    found = read_timeline(path)
    assert found.scopes == scopes
    assert found.source == source
    assert found.reference.frames == reference.frames
    assert found.reference.path(90) == reference.path(90)
    assert found.offsets == {"shot_010": 89}
    clip = next(iter(otio.adapters.read_from_file(str(path)).find_clips()))
    assert set(clip.media_references()) == {"source", "reference"}
    assert clip.media_reference.target_url_for_image_number(0) == "/film/scans/print.0001.exr"
    assert clip.source_range.duration.value == 14


def test_timelines_that_do_not_fit_are_refused(tmp_path):
    source = Element("print.####.exr", (1, 2), "")
    with pytest.raises(SettingsError, match=r"film\.aaf.*something\.otio"):
        write_timeline(tmp_path / "film.aaf", SHOTS, source)
    with pytest.raises(SettingsError, match="no shots to write"):
        write_timeline(tmp_path / "film.otio", (), source)
    (tmp_path / "film.otio").write_text("{}")
    with pytest.raises(FileError, match=r"film\.otio"):
        read_timeline(tmp_path / "film.otio")
    # The library ends the whole process at some objects that say a key twice.
    (tmp_path / "film.otio").write_text('{"OTIO_SCHEMA": "Clip.2", "other": "a", "other": {}}')
    with pytest.raises(FileError, match=r"film\.otio: .*'other' twice"):
        read_timeline(tmp_path / "film.otio")


def test_a_timeline_of_another_tool_is_read(tmp_path):
    rate = otio.opentime.RationalTime
    media = otio.schema.ImageSequenceReference(
        "file:///scans/",
        "print.",
        ".dpx",
        1001,
        1,
        24,
        4,
        available_range=otio.opentime.TimeRange(rate(1001, 24), rate(50, 24)),
    )
    timeline = otio.schema.Timeline("cut")
    timeline.tracks.append(otio.schema.Track("V1", kind="Video"))
    timeline.tracks[0].append(otio.schema.Clip("sc01", media, otio.opentime.TimeRange(rate(1011, 24), rate(20, 24))))
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    found = read_timeline(tmp_path / "cut.otio")
    assert found.scopes == (Scope("sc01", "shot", 1011, 1030),)
    assert found.source == Element("/scans/print.####.dpx", tuple(range(1001, 1051)), "")


def test_a_timeline_of_other_files_is_taken_with_a_word(tmp_path, caplog):
    source = Element(str(tmp_path / "print.####.exr"), tuple(range(1, 11)), "")
    for name, warned in (("print", False), ("Print", False), ("video", True)):
        element = Element(f"/elsewhere/{name}.####.dpx", source.frames, "")
        path = tmp_path / f"{name}.otio"
        write_timeline(path, (Scope("a", "shot", 1, 10),), element)
        caplog.clear()
        assert read_shots(path, source) == (Scope("a", "shot", 1, 10),)
        assert ("names files that begin with 'video.', and is taken for 'print.'" in caplog.text) == warned


def test_other_timelines_are_refused_by_name(tmp_path, cut_film, capsys):
    (tmp_path / "cut.fcpxml").write_text("<fcpxml/>\n")
    assert main(["select", cut_film.pattern, str(tmp_path / "s.json"), "--shots", str(tmp_path / "cut.fcpxml")]) == 1
    assert (
        "cut.fcpxml: shots are read from .json, .otio, .edl, .xml; convert another timeline" in capsys.readouterr().err
    )


def test_the_verb_writes_shots_and_timeline(tmp_path, cut_film, capsys):
    shots, timeline = tmp_path / "shots.json", tmp_path / "shots.otio"
    assert main(["shots", cut_film.pattern, str(shots), "--timeline", str(timeline)]) == 0
    assert capsys.readouterr().out.splitlines() == ["shot_010: 1-14", "shot_020: 15-40"]
    assert read_scopes(shots) == SHOTS
    assert read_timeline(timeline).scopes == SHOTS


def test_the_verb_takes_the_shots_of_a_list(tmp_path, cut_film, capsys):
    listed, kept = tmp_path / "reel.json", tmp_path / "shots.json"
    write_scopes(listed, (Scope("of_another_reel", "shot", 100, 120), Scope("all", "shot", 1, 40)))
    call = ["shots", cut_film.pattern, str(kept), "--list", str(listed)]
    assert main(call) == 0
    assert capsys.readouterr().out.splitlines() == ["all: 1-40"]
    assert read_scopes(kept) == (Scope("all", "shot", 1, 40),)

    write_scopes(listed, (Scope("of_another_reel", "shot", 100, 120),))
    assert main(call) == 1
    assert "none of its shots has a frame of" in capsys.readouterr().err
    assert main(["shots", cut_film.pattern, str(listed), "--list", str(listed)]) == 1
    assert "would overwrite its own input" in capsys.readouterr().err


def test_a_list_of_shots_that_is_not_there_is_said_to_be_missing(tmp_path):
    for name in ("shots.json", "shots.otio"):
        with pytest.raises(FileError, match=rf"{name}: there is no such file; expected .*: make it first, or name"):
            listed_shots(tmp_path / name)
