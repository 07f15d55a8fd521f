"""What is written for each farm. Where the farm is there, it does the tasks; where it is not, the test says so."""

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from filmrecovery.base.errors import RunError
from filmrecovery.cli import main
from filmrecovery.farm.farm_job import number_ranges
from filmrecovery.farm.submit import FARMS, submit, write_job
from filmrecovery.farm.task_tree import FRAMES, Needs, Task, TaskTree, write_tree

ENGINE = (sys.executable, "-m", "filmrecovery")


def has_slurm():
    """Whether a cluster answers."""
    with contextlib.suppress(OSError):
        return subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0
    return False


needs_slurm = pytest.mark.skipif(not has_slurm(), reason="there is no Slurm here: no scontrol, or no slurmctld answers")
needs_openjd = pytest.mark.skipif(
    importlib.util.find_spec("openjd") is None, reason="there is no openjd-cli here: pip install openjd-cli"
)
needs_outline = pytest.mark.skipif(
    importlib.util.find_spec("outline") is None, reason="there is no PyOutline here: pip install opencue-pyoutline"
)


@pytest.fixture
def tree(tmp_path):
    """A tree in a folder whose name makes trouble: three calls write to a file, one reads it after them."""
    folder = tmp_path / "it's 100% {{film}}"
    folder.mkdir()
    path = folder / "tasks.json"
    write = (
        "sh",
        "-c",
        'echo "$0" >> written.txt; echo "Progress: 50%" >&2; test "$0" != 11-20 || test -e good',
        FRAMES,
    )
    tasks = (
        Task("Write", write, ("1-10", "11-20", "21"), needs=Needs(1, 200)),
        Task("Read.x", ("sh", "-c", "sort written.txt > read.txt"), after=("Write",)),
    )
    write_tree(path, TaskTree("Film's 100% {{shot}}", str(folder), tasks, {"WORD": "x"}))
    return path


def many(folder, calls):
    path = folder / "tasks.json"
    tasks = Task("A", ("true", FRAMES), tuple(str(n) for n in range(calls))), Task("B", ("true",), after=("A",))
    write_tree(path, TaskTree("Reel", str(folder), tasks, {}))
    return path


def test_numbers_are_told_as_ranges():
    assert number_ranges([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8"


def test_slurm_gets_arrays_that_wait_for_each_other(tree):
    *_, path = write_job(tree, "slurm", ENGINE)
    text = Path(path).read_text()
    first, second = (line for line in text.splitlines() if line.startswith("submit "))
    assert "--array=0-2" in first
    assert "--cpus-per-task=1 --mem=200M" in first
    assert "--gres" not in first
    assert '"--dependency=afterok:$after_0"' in second
    assert "--kill-on-invalid-dep=yes" in text
    script = (Path(path).parent / "Write.sh").read_text()
    assert "#SBATCH --requeue" in script
    for file in Path(path).parent.iterdir():
        subprocess.run(["bash", "-n", str(file)], check=True)


def test_arrays_of_slurm_are_no_larger_than_it_allows(tmp_path):
    *_, path = write_job(many(tmp_path, 2300), "slurm", ENGINE)
    lines = [line for line in Path(path).read_text().splitlines() if line.startswith("submit ")]
    assert [line.split("--array=")[1].split()[0] for line in lines] == ["0-999", "0-999", "0-299", "0"]
    assert [line.split()[-1] for line in lines] == ["0", "1000", "2000", "0"]
    assert "2000+%a.log" in lines[2]


@pytest.mark.parametrize(("status", "signalled"), [(0, False), (1, False), (75, True)])
def test_a_script_of_slurm_ends_as_its_call_does(tree, status, signalled):
    """By bash alone: where the call was asked to end by Slurm, it is waited for, and Slurm decides what follows."""
    work = "trap 'exit 130' TERM; echo works; while :; do sleep 0.05; done" if signalled else f"exit {status}"
    write_tree(tree, TaskTree("Film", str(tree.parent), (Task("A", ("sh", "-c", work)),), {}))
    *_, path = write_job(tree, "slurm", ENGINE)
    process = subprocess.Popen(
        ["bash", str(Path(path).with_name("A.sh")), "0"],
        env=os.environ | {"SLURM_ARRAY_TASK_ID": "0"},
        stdout=subprocess.PIPE,
    )
    if signalled:
        assert process.stdout.readline() == b"works\n"
        process.terminate()
    assert process.wait() == status


@needs_slurm
def test_slurm_does_the_tasks_and_only_what_failed_again(tree, capfd):
    folder = tree.parent
    command = write_job(tree, "slurm", ENGINE)
    # The second call fails, so that what waits for it is cancelled.
    with pytest.raises(RunError, match="ended with status"):
        submit([*command, "--wait"])
    assert not (folder / "read.txt").exists()
    (folder / "good").touch()
    command = write_job(tree, "slurm", ENGINE, undone=True)
    assert "--array=1 " in Path(command[-1]).read_text()
    submit([*command, "--wait"])
    assert (folder / "read.txt").read_text() == "1-10\n11-20\n11-20\n21\n"
    assert (folder / "tasks.logs" / "Write.1.log").read_text() == "Progress: 50%\n" * 2
    assert "to cancel: scancel" in capfd.readouterr().out
    assert write_job(tree, "slurm", ENGINE, undone=True) == []


def test_openjd_gets_a_template_with_steps_and_needs(tree):
    *_, path = write_job(tree, "openjd", ENGINE)
    template = json.loads(Path(path).read_text())
    write, read = template["steps"]
    assert write["parameterSpace"]["taskParameterDefinitions"][0]["range"] == "0-2"
    assert write["hostRequirements"]["amounts"] == [
        {"name": "amount.worker.vcpu", "min": 1},
        {"name": "amount.worker.memory", "min": 200},
    ]
    assert read["dependencies"] == [{"dependsOn": "Write"}]
    assert {each["name"]: each["default"] for each in template["parameterDefinitions"]} == {
        "Tasks": str(tree),
        "Engine": sys.executable,
    }


@needs_openjd
def test_openjd_does_the_tasks(tree):
    (tree.parent / "good").touch()
    _, *command = write_job(tree, "openjd", ENGINE)
    done = subprocess.run([sys.executable, "-m", "openjd", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert (tree.parent / "read.txt").read_text() == "1-10\n11-20\n21\n"
    assert "openjd_progress: 50" in done.stdout


@needs_outline
def test_opencue_compiles_the_job(tree):
    *_, path = write_job(tree, "opencue", ENGINE)
    spec = subprocess.run([sys.executable, path, "--spec"], capture_output=True, text=True)
    assert spec.returncode == 0, spec.stderr
    assert "<range>0-2</range>" in spec.stdout
    assert "#IFRAME#</cmd>" in spec.stdout
    assert "<memory>200m</memory>" in spec.stdout
    assert 'type="LAYER_ON_LAYER"' in spec.stdout


def test_the_script_of_opencue_is_python(tree):
    *_, path = write_job(tree, "opencue", ENGINE)
    compile(Path(path).read_text(), path, "exec")


def test_opencue_tells_films_apart_whatever_letters_their_titles_have(tmp_path):
    def name_of(title):
        path = tmp_path / "tasks.json"
        write_tree(path, TaskTree(title, str(tmp_path), (Task("A", ("true",)),), {}))
        *_, script = write_job(path, "opencue", ENGINE)
        (line,) = (line for line in Path(script).read_text().splitlines() if line.startswith("NAME = "))
        return line.removeprefix("NAME = '").removesuffix("'")

    titles = ["羅生門 010", "生きる 010", "東京物語", "東京暮色", "Zoë 010", "Zoe 010", "Film!", "Film?", "A"]
    names = [name_of(title) for title in titles]
    assert len(set(names)) == len(titles)
    assert all(re.fullmatch(r"[A-Za-z0-9_.]{3,}", name) for name in names)
    assert (names[5], names[8]) == ("Zoe_010", "A__")
    assert re.fullmatch(r"Zoe_010_[0-9a-f]{8}", names[4])
    assert name_of(titles[2]) == names[2]


def test_a_farm_that_is_not_there_is_an_error_that_says_so(tree, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RunError, match=r"^openjd: cannot be called .* needs it on PATH$"):
        submit(write_job(tree, "openjd", ENGINE))


def test_what_the_program_of_a_farm_says_is_in_the_error():
    with pytest.raises(RunError, match=r"ended with status 3 \(sbatch: error: no such partition\)"):
        submit(["sh", "-c", "echo 'sbatch: error: no such partition' >&2; exit 3"])


@needs_slurm
def test_what_slurm_refuses_leaves_nothing_behind(tree):
    command = write_job(tree, "slurm", ENGINE)
    with pytest.raises(RunError, match="Invalid partition name"):
        submit([*command, "--partition=nowhere"])
    assert not (tree.parent / "tasks.slurm" / "jobs").exists()


@pytest.mark.parametrize("farm", FARMS)
def test_the_verb_writes_a_tree_for_each_farm(tree, farm, capsys):
    assert main(["submit", str(tree), "--to", farm, "--dry-run", "--options=--hold '--a b'"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("written, not submitted. To submit: ")
    assert said.endswith(" --hold '--a b'\n")
    assert len(list(tree.parent.glob(f"tasks.{farm}/*"))) >= 1


def test_what_is_done_is_not_submitted_again(tree, capsys):
    (tree.parent / "good").touch()
    for name, call in (("Write", "0"), ("Write", "1"), ("Write", "2")):
        assert main(["do-task", str(tree), name, call]) == 0
    *_, path = write_job(tree, "slurm", ENGINE, undone=True)
    (line,) = (line for line in Path(path).read_text().splitlines() if line.startswith("submit "))
    assert "Read.x" in line
    assert "--dependency" not in line
    assert main(["do-task", str(tree), "Read.x", "0"]) == 0
    assert main(["submit", str(tree), "--to", "slurm", "--undone"]) == 0
    assert capsys.readouterr().out.endswith("all of it is done\n")


def test_options_with_an_open_quote_are_refused_before_anything_is_written(tree, capsys):
    assert main(["submit", str(tree), "--to", "slurm", "--options=--comment='reel 2"]) == 1
    assert (
        "options '--comment='reel 2': cannot be read (No closing quotation); close each quote"
        in capsys.readouterr().err
    )
    assert not (tree.parent / "tasks.slurm").exists()


def test_a_path_of_two_lines_writes_no_command_into_the_script(tmp_path):
    folder = tmp_path / "reel\ntouch written; #"
    folder.mkdir()
    path = folder / "tasks.json"
    write_tree(path, TaskTree("Reel", str(folder), (Task("A", ("true",)),), {}))
    _, script = write_job(path, "slurm", ENGINE)
    comments = [line for line in Path(script).read_text().splitlines() if line.startswith("# Submits")]
    assert len(comments) == 1
    assert r"reel\ntouch written" in comments[0]
