"""A project as tasks of a farm: together they do what one run does, each its part."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from filmrecovery.base.errors import SettingsError
from filmrecovery.cli import main
from filmrecovery.farm.do_task import do_task, undone_calls
from filmrecovery.farm.task_tree import Needs, beside, read_tree, write_tree
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.project.project_tasks import project_tasks
from filmrecovery.project.run_project import run_project

PROJECT = """
title = "Clouds"
shot = "C_010"
working_space = "srgb_tx"

[elements.print]
pattern = "scans/print.####.exr"
frames = "1-3"
space = "srgb_tx"

[elements.video]
pattern = "scans/video.####.exr"
frames = "1-3"
space = "srgb_tx"

[[stages]]
name = "détail"
mode = "plain"
source = "print"
reference = "video"
training_frames = "1,3"
train = { size = "small", steps = 2, patch_size = 64, members = 1 }

[[stages]]
name = "chroma"
mode = "chroma"
source = "détail"
reference = "video"
training_frames = "1,3"
median = 0
train = { size = "small", steps = 2, patch_size = 64, members = 1 }

[validate]
enabled = false
"""


@pytest.fixture
def project(tmp_path):
    for frame in range(1, 4):
        clouds = gaussian_filter(np.random.default_rng(frame).standard_normal((64, 96, 3)), (4, 4, 0))
        rgb = (0.5 + 0.1 * clouds / clouds.std()).clip(0, 1).astype(np.float32)
        write_frame(tmp_path / "scans" / f"print.{frame:04d}.exr", frame_from_rgb(0.2 + 0.5 * rgb), "zip")
        write_frame(tmp_path / "scans" / f"video.{frame:04d}.exr", frame_from_rgb(rgb), "zip")
    path = tmp_path / "project.toml"
    path.write_text(PROJECT, encoding="utf-8")
    return path


def test_the_tree_has_a_task_for_each_stage_and_one_for_what_follows(project):
    call = ["submit", str(project), "--to", "slurm", "--dry-run", "--cores", "8", "--memory", "16000", "--gpus", "1"]
    assert main(call) == 0
    tree = read_tree(project.parent / "recovered" / "farm" / "tasks.json")
    assert [(task.name, task.after) for task in tree.tasks] == [
        ("1-d_tail", ()),
        ("2-chroma", ("1-d_tail",)),
        ("3-delivery", ("2-chroma",)),
    ]
    assert {task.needs for task in tree.tasks} == {Needs(8, 16000, 1)}


def test_a_stage_whose_training_has_several_processes_needs_a_core_and_a_gpu_for_each(project):
    project.write_text(PROJECT.replace("members = 1 }", "members = 1, batch_size = 2, processes = 2 }", 1))
    _, tree = project_tasks(project, Needs(cores=1, gpus=1), ("engine",))
    assert [task.needs for task in tree.tasks] == [Needs(2, 0, 2), Needs(1, 0, 1), Needs(1, 0, 1)]
    assert project_tasks(project, Needs(cores=8), ("engine",))[1].tasks[0].needs == Needs(8)


def test_the_job_takes_along_where_colours_and_assets_are(project, monkeypatch, library):
    monkeypatch.delenv("OCIO", raising=False)
    assert main(["submit", str(project), "--to", "slurm", "--dry-run"]) == 0
    tree = read_tree(project.parent / "recovered" / "farm" / "tasks.json")
    assert tree.environment == {"OPENASSETIO_DEFAULT_CONFIG": str(library.config)}


def test_what_is_submitted_anew_is_not_half_done(project, capsys):
    assert main(["submit", str(project), "--to", "slurm", "--undone"]) == 1
    assert "--undone goes with the tasks.json of an earlier submission" in capsys.readouterr().err


def test_a_dry_run_changes_nothing_of_what_is_done(project, tmp_path):
    submission = ["submit", str(project), "--to", "slurm", "--dry-run"]
    assert main(submission) == 0
    path = project.parent / "recovered" / "farm" / "tasks.json"
    done = {task: beside(path, "done") / f"{task}.0" for task in ("1-d_tail", "2-chroma")}
    tree = read_tree(path)
    # As after a submission of which two tasks ended well, without the minutes that they take.
    ended = dataclasses.replace(
        tree, tasks=tuple(dataclasses.replace(task, command=("true",)) for task in tree.tasks[:2])
    )
    write_tree(path, ended)
    assert [do_task(path, task, 0) for task in done] == [0, 0]
    assert undone_calls(path, ended) == {}
    written = {task: note.read_bytes() for task, note in done.items()}
    assert main(submission) == 0
    assert {task: note.read_bytes() for task, note in done.items()} == written
    # The notes are of those commands, and of no other.
    assert undone_calls(path, ended) == {}
    assert undone_calls(path, read_tree(path)) == {"1-d_tail": (0,), "2-chroma": (0,), "3-delivery": (0,)}


def test_a_stage_that_is_not_there_is_refused(project):
    with pytest.raises(SettingsError, match="there is no stage 'grain' to work until; name one of its stages"):
        run_project(project, until="grain")


@pytest.mark.slow
def test_the_tasks_recover_the_shot_step_by_step(project, capfd):
    assert main(["submit", str(project), "--to", "openjd", "--dry-run"]) == 0
    recovered = project.parent / "recovered"
    tasks = recovered / "farm" / "tasks.json"

    def there():
        return {
            path.relative_to(recovered).parts[0] for path in recovered.rglob("*.exr") if path.parent.name != "pairs"
        }

    assert main(["do-task", str(tasks), "1-d_tail", "0"]) == 0
    assert there() == {"détail"}
    assert main(["do-task", str(tasks), "2-chroma", "0"]) == 0
    # The last stage is the one that is delivered.
    assert there() == {"détail", "delivery"}
    assert not list(recovered.glob("delivery/*.toml"))
    written = {path: path.stat().st_mtime_ns for path in recovered.glob("*/**/*.exr")}
    assert main(["do-task", str(tasks), "3-delivery", "0"]) == 0
    assert len(list(recovered.glob("delivery/*.toml"))) == 1
    assert {path: path.stat().st_mtime_ns for path in recovered.glob("*/**/*.exr")} == written
    assert "delivered: " in capfd.readouterr().out
