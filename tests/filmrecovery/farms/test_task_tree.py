"""The tree of tasks as a file, and one call of a task as a farm makes it."""

import dataclasses
import json
import re
import signal
import subprocess
import sys

import pytest

from filmrecovery.base.errors import TRY_AGAIN, FileError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.farm.do_task import do_task, undone_calls
from filmrecovery.farm.task_tree import FRAMES, Needs, Task, TaskTree, read_task, read_tree, write_tree

SHELL = ("sh", "-c")


def tree_of(folder, *tasks, **environment):
    return TaskTree("Film's 100% shot", str(folder), tasks, environment)


def one(folder, script, chunks=(), **environment):
    """A file with a tree of one task, which is a script of the shell; $0 is the frames of a call."""
    path = folder / "tasks.json"
    write_tree(path, tree_of(folder, Task("A", (*SHELL, script, *([FRAMES] if chunks else [])), chunks), **environment))
    return path


def test_a_tree_is_read_as_it_was_written(tmp_path):
    first = Task("Align", ("engine", "align", FRAMES), ("1-10", "11,13-20x2", "-4"), needs=Needs(4, 8000, 1))
    tree = tree_of(tmp_path, first, Task("Box.Train-2", ("engine", "train", "{frames} "), after=("Align",)), OCIO="x")
    write_tree(tmp_path / "tasks.json", tree)
    assert read_tree(tmp_path / "tasks.json") == tree
    assert [task.calls for task in tree.tasks] == [3, 1]
    assert tree.tasks[0].command_of(1) == ["engine", "align", "11,13-20x2"]
    assert tree.tasks[1].command_of(0) == ["engine", "train", "{frames} "]


def test_what_a_call_reads_is_its_own_task_alone(tmp_path):
    path = tmp_path / "tasks.json"
    task = Task("B", ("engine", FRAMES), ("1-10", "11-20"), after=("A",), needs=Needs(4, 8000, 1))
    write_tree(path, tree_of(tmp_path, Task("A", ("engine",)), task, OCIO="x"))
    assert read_task(path, "B") == tree_of(tmp_path, dataclasses.replace(task, after=()), OCIO="x")
    with pytest.raises(SettingsError, match="'C': the tree has no task of this name; it has A, B"):
        read_task(path, "C")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../A"}, "a name has at most 100 of the letters"),
        ({"name": "B"}, "two tasks have this name"),
        ({"command": ()}, "it has no command"),
        ({"chunks": ("1-5",)}, "chunks go with a command that has the argument {frames}"),
        ({"command": ("engine", FRAMES)}, "chunks go with a command"),
        ({"command": ("engine", FRAMES), "chunks": ("1; rm",)}, "'1; rm' is no range of frames"),
        ({"after": ("C",)}, "it waits for 'C', and no task of this name stands before it"),
        ({"after": ("A",)}, "it waits for 'A', and no task of this name stands before it"),
    ],
)
def test_a_tree_that_cannot_be_done_is_neither_written_nor_read(tmp_path, change, message):
    path = tmp_path / "tasks.json"
    good = tree_of(tmp_path, Task("B", ("engine",)), Task("A", ("engine",)))
    bad = dataclasses.replace(good, tasks=(good.tasks[0], dataclasses.replace(good.tasks[1], **change)))
    with pytest.raises(SettingsError, match=re.escape(message)):
        write_tree(path, bad)
    assert not path.exists()
    write_tree(path, good)
    content = json.loads(path.read_text())
    content["tasks"][1] |= change
    path.write_text(json.dumps(content))
    with pytest.raises(FileError, match=re.escape(message)):
        read_tree(path)


def test_a_call_gets_its_frames_its_folder_and_the_variables(tmp_path, capfd):
    folder = tmp_path / "a folder"
    folder.mkdir()
    path = one(folder, 'echo "$0 in $(pwd), $WORD" && echo odd: "$0" >&2', ("1-2", "3,5"), WORD="it's; $HOME")
    assert main(["do-task", str(path), "A", "1"]) == 0
    assert capfd.readouterr().out.splitlines() == [f"3,5 in {folder}, it's; $HOME", "odd: 3,5"]
    assert undone_calls(path, read_tree(path)) == {"A": (0,)}
    assert do_task(path, "A", 0) == 0
    assert undone_calls(path, read_tree(path)) == {}
    # While a call is made again, and where it fails then, it is not done.
    tree = read_tree(path)
    failing = dataclasses.replace(tree.tasks[0], command=("false", FRAMES))
    write_tree(path, dataclasses.replace(tree, tasks=(failing,)), keep_done=True)
    assert do_task(path, "A", 0) == 1
    assert undone_calls(path, tree) == {"A": (0,)}
    # What is submitted anew is not done.
    write_tree(path, read_tree(path))
    assert undone_calls(path, read_tree(path)) == {"A": (0, 1)}


@pytest.mark.parametrize(("script", "status"), [("exit 1", 1), ("exit 130", 130), ("kill -9 $$", TRY_AGAIN)])
def test_only_a_signal_is_a_reason_to_try_again(tmp_path, script, status):
    path = one(tmp_path, script)
    with pytest.raises(SystemExit) as ended:
        main(["do-task", str(path), "A", "0"])
    assert ended.value.code == status
    assert undone_calls(path, read_tree(path)) == {"A": (0,)}


def test_a_call_that_is_asked_to_end_does_so_in_its_own_way_and_may_be_tried_again(tmp_path):
    # As a training does, which writes a checkpoint and ends with 130.
    path = one(tmp_path, "trap 'echo checkpoint; exit 130' TERM; echo works; while :; do sleep 0.05; done")
    process = subprocess.Popen(
        [sys.executable, "-m", "filmrecovery", "do-task", str(path), "A", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "works\n"
    # Farms repeat it.
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "checkpoint\n"
    assert process.returncode == TRY_AGAIN


@pytest.mark.parametrize(("form", "shown"), [("plain", "Progress: 45%"), ("openjd", "openjd_progress: 45")])
def test_progress_is_told_in_the_form_that_the_farm_reads(tmp_path, capfd, form, shown):
    path = one(tmp_path, "echo 'Progress: 45%' >&2; echo 'Progress: none'; printf '\\377\\n'")
    assert main(["do-task", "--progress", form, str(path), "A", "0"]) == 0
    assert capfd.readouterr().out.splitlines() == [shown, "Progress: none", "\ufffd"]


def test_what_cannot_be_called_is_named(tmp_path):
    path = tmp_path / "tasks.json"
    write_tree(path, tree_of(tmp_path, Task("A", ("/no/engine",))))
    with pytest.raises(RunError, match=r"^/no/engine: cannot be started"):
        do_task(path, "A", 0)
    with pytest.raises(SettingsError, match="'B': the tree has no task of this name; it has A"):
        do_task(path, "B", 0)
    with pytest.raises(SettingsError, match="its calls are 0 to 0, and 1 is none of them"):
        do_task(path, "A", 1)
    assert main(["do-task", str(path), "A", "0"]) == 1


def test_variables_of_the_machine_stay(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("OF_THE_MACHINE", "seen")
    assert do_task(one(tmp_path, "echo $OF_THE_MACHINE"), "A", 0) == 0
    assert capfd.readouterr().out == "seen\n"
