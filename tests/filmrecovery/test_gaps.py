"""A frame that is missing is never passed over in silence: the user names the frames, or the call is refused."""

import json

import numpy as np
import pytest

from filmrecovery.base.errors import ElementError
from filmrecovery.cli import main
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.gaps import check_as_long_as, check_unbroken
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


def element_with(*frames: int) -> Element:
    return Element("scan.####.exr", frames, "")


def test_a_gap_is_named_and_so_is_what_to_say_where_it_is_meant():
    check_unbroken(element_with(7, 8, 9))
    with pytest.raises(ElementError, match=r"frames 3-4,6-8 of 1-9 are missing.*--frames 1-2,5,9"):
        check_unbroken(element_with(1, 2, 5, 9))


def test_between_shots_frames_may_be_missing_but_not_within_them():
    shots = Scope("a", "shot", 1, 3), Scope("b", "shot", 100, 102)
    check_unbroken(element_with(1, 2, 3, 100, 101, 102), shots)
    with pytest.raises(ElementError, match=r"frames 3,101-102 of a \(frames 1-3\), b \(frames 100-102\) are missing"):
        check_unbroken(element_with(1, 2, 100), shots)


def test_the_last_frame_is_missed_where_the_source_has_it():
    check_as_long_as(element_with(1, 2, 3), element_with(1, 2, 3))
    with pytest.raises(ElementError, match="frames 3-4 are missing, which scan"):
        check_as_long_as(element_with(1, 2), element_with(1, 2, 3, 4))


@pytest.fixture
def scan(tmp_path):
    """Frames 1, 2, 5 and 9 of a shot."""
    pattern = str(tmp_path / "scan.####.exr")
    for number in (1, 2, 5, 9):
        rgb = np.full((64, 64, 3), number / 10, np.float32)
        write_frame(Element(pattern, (number,), "").path(number), frame_from_rgb(rgb))
    return pattern


def test_check_names_a_gap(scan, capsys):
    said = "frames 3-4,6-8 are missing between them: restore them"
    assert main(["check", scan]) == 0
    assert said in capsys.readouterr().out
    assert main(["check", scan, "--frames", "1-2,5,9"]) == 0
    assert said not in capsys.readouterr().out


def test_render_refuses_a_gap_unless_it_is_named(scan, random_model, tmp_path, capsys):
    output = str(tmp_path / "recovered.####.exr")
    call = ["render", str(random_model("chroma")), scan, output, "--source-space", "srgb_tx"]
    assert main(call) == 1
    assert "frames 3-4,6-8" in capsys.readouterr().err
    assert not list(tmp_path.glob("recovered.*"))
    assert main([*call, "--frames", "1-2,5,9"]) == 0
    assert find_element(output).frames == (1, 2, 5, 9)


def test_render_takes_gaps_between_the_shots_that_a_file_names(scan, random_model, tmp_path, capsys):
    shots = tmp_path / "shots.json"
    call = ["render", str(random_model("chroma")), scan, str(tmp_path / "recovered.####.exr")]
    call += ["--source-space", "srgb_tx", "--shots", str(shots)]
    write_scopes(shots, (Scope("a", "shot", 1, 2), Scope("b", "shot", 5, 6), Scope("c", "shot", 9, 9)))
    assert main(call) == 1
    assert "frames 6 of" in capsys.readouterr().err
    write_scopes(shots, (Scope("a", "shot", 1, 2), Scope("b", "shot", 5, 5), Scope("c", "shot", 9, 9)))
    assert main(call) == 0


def test_a_shot_of_which_a_frame_failed_is_not_delivered(scan, random_model, tmp_path, capsys):
    """Neither one from the middle nor, where the source is named, the last."""
    damaged = tmp_path / "scan.0005.exr"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    model, output = str(random_model("chroma")), str(tmp_path / "recovered.####.exr")
    call = ["render", model, scan, output, "--source-space", "srgb_tx", "--frames", "1-2,5"]
    assert main(call) == 1
    deliver = ["deliver", output, str(tmp_path / "deliveries"), "--film", "F", "--shot", "S", "--model", model]
    deliver += ["--review", "none"]
    capsys.readouterr()
    (tmp_path / "scan.0009.exr").unlink()
    assert main([*deliver, "--source", scan]) == 1
    assert "frames 5 are missing, which" in capsys.readouterr().err
    assert not (tmp_path / "deliveries").exists()
    assert main([*deliver, "--source", scan, "--frames", "1-2"]) == 0
    record = json.loads(next((tmp_path / "deliveries").glob("*/delivery.json")).read_text())
    assert record["recovered"]["frames"] == "1-2"


@pytest.mark.parametrize("verb", ["deliver", "record", "grade", "merge", "validate"])
def test_every_verb_that_makes_or_judges_a_shot_refuses_a_gap(verb, scan, random_model, tmp_path, capsys):
    model, output, folder = str(random_model("chroma")), str(tmp_path / "out.####.exr"), str(tmp_path / "folder")
    calls = {
        "deliver": [scan, folder, "--film", "F", "--shot", "S", "--model", model],
        "record": [scan, "--model", model],
        "grade": [str(tmp_path / "grade.clf"), scan, output, "--source-space", "srgb_tx"],
        "merge": [scan, scan, output, "--operation", "color"],
        "validate": [model, scan, scan, "--pairs", folder, "--output", folder, "--source-space", "srgb_tx"],
    }
    assert main([verb, *calls[verb]]) == 1
    assert "frames 3-4,6-8 of 1-9 are missing" in capsys.readouterr().err
