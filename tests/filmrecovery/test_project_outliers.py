"""A project that is validated in the end, and that learns from the frames which failed."""

import json
import logging
import shutil

import numpy as np
import pytest

from filmrecovery.base.errors import FileError, ModelError, OutputError, SettingsError
from filmrecovery.cli import main
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.model_file import load_model
from filmrecovery.project.add_outliers import add_outliers, with_added_outliers
from filmrecovery.project.load_project import load_project
from filmrecovery.project.raw_reference import spoilt_frames
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.curation.selection_file import FrameRole, Selection, Why, write_selection
from filmrecovery.training.pairs.outlier_record import read_rounds
from filmrecovery.training.pairs.pair_manifest import read_manifest
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.outlier_rounds import Validated, new_round
from filmrecovery.validation.validation_record import read_validation

SPACE = "g24_rec709"
FRAMES = range(1, 13)
INTRUDER = range(7, 12)
CROSSTALK = np.array([[0.4, 0.3, 0.1], [0.5, 0.4, 0.3], [0.1, 0.3, 0.5]], np.float32)

PROJECT = """
title = "Balloons"
shot = "B_010"
working_space = "g24_rec709"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-12"
space = "g24_rec709"

[elements.video]
pattern = "scans/video.####.exr"
frames = "1-12"
space = "g24_rec709"

[[stages]]
name = "chroma"
mode = "chroma"
source = "print"
reference = "video"
training_frames = "1,5,12"
hold_out_frames = "3,8"
preview_frames = "10"
median = 0
train = { size = "small", steps = 60, patch_size = 64, batch_size = 1, report_interval = 10000 }

[delivery]
encoding = "float"

[validate]
outlier_distance = 2
"""


QUICK = PROJECT.replace("steps = 60", "steps = 2")


def truth(frame):
    """Soft-edged balls of a few colours that drift, (96, 128, 3) in 0..1, and in some frames one of a new colour."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    picture = np.full((96, 128, 3), (0.35, 0.4, 0.5), np.float32)
    balls = [
        (*random.uniform(0, (128, 96)), *random.uniform(-1.5, 1.5, 2), random.uniform(8, 18), colour)
        for colour in np.tile(random.uniform(0.25, 0.7, (5, 3)), (3, 1))
    ]
    if frame in INTRUDER:
        balls.append((64, 48, 0.5, 0.5, 17, (0.75, 0.2, 0.25)))
    for left, top, right, down, radius, colour in balls:
        distance = np.hypot(x - left - right * frame, y - top - down * frame)
        cover = np.clip((radius - distance) / 2 + 0.5, 0, 1)[..., np.newaxis]
        picture += cover * (np.float32(colour) - picture)
    return picture


def faded(frame):
    grain = 0.008 * np.random.default_rng(frame).standard_normal((96, 128, 1))
    return (truth(frame) @ CROSSTALK.T + grain).astype(np.float32)


def write_project(folder, text):
    for frame in FRAMES:
        for name, rgb in (("print", faded(frame)), ("video", truth(frame))):
            write_frame(folder / "scans" / f"{name}.{frame:04d}.exr", frame_from_rgb(rgb), "float")
    path = folder / "project.toml"
    path.write_text(text)
    return path


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path, PROJECT)


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """The project after a training too short to mend anything: coverage fails all the same."""
    path = write_project(tmp_path_factory.mktemp("failed"), QUICK)
    run_project(path)
    return path


@pytest.fixture
def quick(failed, tmp_path):
    """A copy of that."""
    return shutil.copytree(failed.parent, tmp_path / "film") / "project.toml"


def stage_of(project):
    return project.parent / "recovered" / "chroma"


def found(project):
    return read_validation(stage_of(project) / "report" / "report.json")


def times(project):
    """What took work to make, with the time when it was written."""
    kept = [path for path in stage_of(project).rglob("*") if path.suffix in (".exr", ".safetensors")]
    kept += [stage_of(project) / "report" / "report.json", stage_of(project) / "outliers.json"]
    return {path: path.stat().st_mtime_ns for path in kept}


def failing(verdict):
    """Frames that fail by themselves: that a hold-out is no better than a grade is said of the training."""
    found = set()
    for one in verdict.failing:
        # What is worst stands first, and the rest after it.
        if not all(reason.startswith("as a hold-out") for reason in one.reason.split("; ")):
            found.add(one.frame)
    return found


def roles(project, role):
    return [pair.frame for pair in read_manifest(stage_of(project) / "pairs").pairs if pair.role == role]


@pytest.mark.slow
def test_outliers_are_learnt_from_and_fewer_frames_fail(project, capsys):
    assert main(["run", str(project)]) == 0
    before, verdict = found(project)
    assert (before.own_pairs, before.training_frames) == (True, "1,5,12")
    assert not verdict.passed
    assert set(INTRUDER) <= failing(verdict)
    printed = capsys.readouterr().out
    assert "validation of chroma (12 frames, 2 hold-outs): FAILED" in printed
    assert "coverage: " in printed
    assert f"outliers, of which --add-outliers trains on those that are fit: {verdict.outliers}" in printed
    assert (stage_of(project) / "report" / "outliers.txt").read_text().strip() == verdict.outliers

    assert main(["run", str(project), "--add-outliers"]) == 0
    after, second = found(project)
    assert len(failing(second)) < len(failing(verdict))
    assert not failing(second) & set(INTRUDER)
    # Hold-outs stay what they are, even where they fail; a preview has a better use.
    added = set(parse_frames(verdict.outliers)) - {3, 8}
    assert added
    assert roles(project, "train") == sorted({1, 5, 12} | added)
    assert roles(project, "hold-out") == [3, 8]
    assert roles(project, "preview") == [frame for frame in (10,) if frame not in added]
    _, description = load_model(stage_of(project) / "run" / "model.safetensors")
    start = load_model(stage_of(project) / read_rounds(stage_of(project) / "outliers.json")[0].start_from)[1]
    assert (description.weights_hash, start.weights_hash) == (after.model, before.model)
    assert description.settings["start_from"].startswith(str(stage_of(project) / "run"))
    printed = capsys.readouterr().out
    assert f"failing frames: {len(second.failing)}, before {len(verdict.failing)}; hold-outs" in printed
    means = [np.mean([one.recovery.ciede2000 for one in each.hold_outs]) for each in (after, before)]
    assert f"{means[0]:.2f} CIEDE2000, before {means[1]:.2f}" in printed
    assert means[0] < means[1]

    # Later runs keep what was added, and do nothing again.
    done = times(project)
    assert main(["run", str(project)]) == 0
    assert "before" not in capsys.readouterr().out
    assert second.outliers == ""
    assert main(["run", str(project), "--add-outliers"]) == 0
    assert "there are none to add, and nothing is done" in capsys.readouterr().err
    assert times(project) == done


def rounds(project):
    return read_rounds(stage_of(project) / "outliers.json")


@pytest.mark.slow
def test_what_was_added_is_not_added_again_before_it_was_learnt_from(quick, caplog):
    caplog.set_level(logging.INFO)
    outliers = set(parse_frames(found(quick)[1].outliers)) - {3, 8}
    # As where the training is stopped: the frames are there, and nothing more.
    assert add_outliers(load_project(quick))
    (first,) = rounds(quick)
    assert parse_frames(first.frames) == tuple(sorted(outliers))
    assert add_outliers(load_project(quick))
    assert rounds(quick) == (first,)
    assert "goes on first" in caplog.text

    run_project(quick, outliers=True)
    assert rounds(quick) == (first,)
    assert found(quick)[0].model != first.validated
    assert set(parse_frames(found(quick)[0].training_frames)) == {1, 5, 12} | outliers
    # Now there is another model, whose outliers come in addition.
    add_outliers(load_project(quick))
    for one in rounds(quick)[1:]:
        assert one.validated == found(quick)[0].model
        assert not set(parse_frames(one.frames)) & outliers


@pytest.mark.slow
def test_a_project_that_was_never_run_is_run(project, caplog):
    caplog.set_level(logging.INFO)
    project.write_text(QUICK)
    run_project(project, outliers=True)
    assert "the last run is not finished and validated" in caplog.text
    assert rounds(project) == ()
    assert found(project)[1].outliers


@pytest.mark.slow
def test_a_report_that_is_stopped_is_made_again(quick):
    run_project(quick)
    page = stage_of(quick) / "report" / "report.html"
    page.unlink()
    page.mkdir()
    (page / "kept.txt").touch()
    quick.write_text(QUICK.replace("[validate]", "[validate]\nmost_uncovered = 0.5"))
    with pytest.raises(OutputError, match=r"report\.html: cannot be written"):
        run_project(quick)
    assert not page.with_name("report.json").exists()
    shutil.rmtree(page)
    run_project(quick)
    assert page.is_file()
    assert found(quick)[1].criteria == Criteria(outlier_distance=2, most_uncovered=0.5)


@pytest.mark.slow
def test_other_criteria_judge_anew_what_was_measured(failed, capsys):
    before, verdict = found(failed)
    failed.write_text(QUICK.replace("[validate]", "[validate]\nmost_uncovered = 0.5\nmost_flicker = 0.5"))
    run_project(failed)
    after, second = found(failed)
    assert after == before
    assert second.criteria == Criteria(outlier_distance=2, most_uncovered=0.5, most_flicker=0.5)
    assert failing(second) < failing(verdict)
    assert (stage_of(failed) / "report" / "outliers.txt").read_text().strip() == second.outliers
    assert "Measuring" not in capsys.readouterr().err
    failed.write_text(QUICK)
    run_project(failed)
    assert found(failed) == (before, verdict)


@pytest.mark.slow
def test_another_institution_stands_on_the_page_and_nothing_is_measured_again(failed, capsys):
    before = found(failed)
    failed.write_text(QUICK + '\n[provenance]\ninstitution = "Another archive"\n')
    run_project(failed)
    assert "Measuring" not in capsys.readouterr().err
    assert found(failed) == before
    assert "Another archive" in (stage_of(failed) / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_hold_outs_and_a_network_of_another_size_come_before_what_was_added(quick):
    add_outliers(load_project(quick))
    (added,) = rounds(quick)
    (stage,) = with_added_outliers(load_project(quick)).stages
    assert stage.train.start_from == str(stage_of(quick) / added.start_from)

    frame = parse_frames(added.frames)[0]
    changes = (('"small"', '"medium"'), ('"3,8"', f'"3,8,{frame}"'), ('preview_frames = "10"\n', ""))
    text = quick.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    quick.write_text(text)
    (stage,) = with_added_outliers(load_project(quick)).stages
    assert stage.train.start_from is None
    assert stage.training_frames is not None
    assert frame not in parse_frames(stage.training_frames)


@pytest.mark.slow
def test_a_frame_that_is_torn_is_not_trained_on(quick, caplog):
    stage, project = stage_of(quick), load_project(quick)
    report, model = stage / "report" / "report.json", project.model(project.stages[0])
    validated = Validated("chroma", report, model, stage / "outliers.json")
    frames = parse_frames(new_round(validated).frames)
    with caplog.at_level(logging.INFO):
        left = parse_frames(new_round(validated, spoilt=frames[:1]).frames)
    assert left == frames[1:]
    assert f"outliers of 'chroma': {frames[0]} left out, flashed, torn or blurred themselves" in caplog.messages


def test_frames_are_spoilt_by_what_they_show_alone(tmp_path):
    assert spoilt_frames(tmp_path) == set()
    kinds = (Why.PLACE, Why.BADLY_ALIGNED, Why.FLASHED, Why.UNLIKE_NEIGHBOURS, Why.BLURRED, Why.LIKE_CHOSEN)
    roles = [FrameRole(frame, 1, "train" if frame == 1 else "left", why, "") for frame, why in enumerate(kinds, 1)]
    write_selection(tmp_path / "selection.json", Selection(tuple(roles)))
    assert spoilt_frames(tmp_path) == {3, 4, 5}


@pytest.mark.slow
def test_what_keeps_outliers_from_being_added_is_told(quick):
    path = stage_of(quick) / "outliers.json"
    text = quick.read_text()
    quick.write_text(text.replace("[validate]", "[validate]\nenabled = false"))
    with pytest.raises(SettingsError, match="the project is not validated"):
        run_project(quick, outliers=True)
    quick.write_text(text)
    path.write_text('{"version": 1, "rounds": [{"frames": "7"}]}')
    with pytest.raises(FileError, match=r"outliers\.json.*'validated' is missing.*remove it"):
        run_project(quick)
    gone = {"frames": "7", "validated": "", "start_from": "run/run-0/model.safetensors"}
    path.write_text(json.dumps({"version": 1, "rounds": [gone]}))
    with pytest.raises(ModelError, match=r"outliers\.json: the model to start from is missing: .*run-0"):
        run_project(quick)


@pytest.mark.slow
def test_a_project_that_is_not_validated_has_no_report(project):
    project.write_text(QUICK.replace("[validate]", "[validate]\nenabled = false"))
    run_project(project)
    assert not (stage_of(project) / "report").exists()
