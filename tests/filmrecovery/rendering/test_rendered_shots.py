"""A model of several shots gives each frame the grade of its shot."""

import dataclasses

import pytest
from rendered_film import FRAMES, SETTINGS, picture

from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.model.model_file import ModelDescription, save_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.rendering.render import render


@pytest.fixture
def graded_model(tmp_path):
    """A model that knows two shots: it makes the first lighter by 0.1, the second darker."""
    network = RecoveryNetwork("plain", "small", shots=2)
    network.grades[1] += 0.1
    network.grades[2] -= 0.1
    description = ModelDescription(
        "plain", "small", "srgb_tx", "", 1, 1, SourcePreparation(), {}, {}, shots=("first", "second")
    )
    save_model(tmp_path / "model.safetensors", network.state_dict(), description)
    return tmp_path / "model.safetensors"


def shots_of(folder, *scopes):
    write_scopes(folder / "shots.json", tuple(Scope(name, "shot", first, last) for name, first, last in scopes))
    return dataclasses.replace(SETTINGS, shots=str(folder / "shots.json"))


def grades(rendered):
    headers = [read_header(rendered.path(frame)) for frame in rendered.frames]
    return [header.get_string_attribute("filmrecovery:grade") for header in headers]


def test_each_frame_gets_the_grade_of_its_shot(graded_model, source, output, tmp_path):
    rendered = render(shots_of(tmp_path, ("first", 1, 2), ("second", 3, 3)), graded_model, source, output)
    changes = [(read_frame(rendered.path(frame)).rgb - picture(frame)).mean() for frame in FRAMES]
    # The last frame is of a shot that the model does not know.
    assert changes == pytest.approx([0.1, 0.1, -0.1, 0.0], abs=1e-3)
    assert grades(rendered) == ["first", "first", "second", "film"]

    before = [rendered.path(frame).stat().st_mtime_ns for frame in FRAMES]
    render(shots_of(tmp_path, ("first", 1, 2), ("second", 3, 4)), graded_model, source, output)
    after = [rendered.path(frame).stat().st_mtime_ns for frame in FRAMES]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, True, True, False]


def test_a_shot_without_pairs_is_warned_of_and_marked(graded_model, source, output, tmp_path, caplog):
    rendered = render(shots_of(tmp_path, ("first", 1, 1), ("third", 2, 4)), graded_model, source, output)
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "shots without pairs get the grade of the whole film: third (frames 2-4); add pairs" in warning
    assert grades(rendered) == ["first", "film", "film", "film"]
    caplog.clear()
    render(shots_of(tmp_path, ("first", 1, 2), ("second", 3, 4)), graded_model, source, output)
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_a_list_of_shots_that_the_model_knows_none_of_is_warned_of(graded_model, source, output, tmp_path, caplog):
    rendered = render(shots_of(tmp_path, ("1st", 1, 2), ("2nd", 3, 4)), graded_model, source, output)
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith(f"{tmp_path / 'shots.json'}: none of its shots (1st, 2nd) is among those of the model")
    assert "(first, second)" in warning
    assert grades(rendered) == ["film"] * 4


def test_a_model_of_one_shot_names_no_grade(random_model, source, output, tmp_path, caplog):
    rendered = render(shots_of(tmp_path, ("first", 1, 4)), random_model("chroma"), source, output)
    assert grades(rendered) == [""] * 4
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
