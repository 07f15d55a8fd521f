"""Training on several processes: the same model as by one, exact resume, and what happens where one goes."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_training import QUICK, assert_equal, command, journal, pairs, wait_for, weights

from filmrecovery.base.errors import TRY_AGAIN, LostProcessError, RunError, SettingsError
from filmrecovery.cli import main
from filmrecovery.model.grade import NODES
from filmrecovery.training.learning.patches import Augmentation, TrainingPair, draw_batch
from filmrecovery.training.learning.processes import Order, Place, Processes, find_place
from filmrecovery.training.learning.train import train

__all__ = ["pairs"]

ONE = dataclasses.replace(QUICK, batch_size=2)
TWO = dataclasses.replace(ONE, processes=2)
CHILDREN = "/proc/{0}/task/{0}/children"

needs_proc = pytest.mark.skipif(
    not Path(CHILDREN.format(os.getpid())).exists(), reason="needs /proc to find the other process"
)


def helper_of(process: subprocess.Popen[str]) -> int:
    return int(Path(CHILDREN.format(process.pid)).read_text().split()[0])


def starting(pairs: Path, run: Path, steps: int) -> subprocess.Popen[str]:
    """A training of two processes, which has written a checkpoint."""
    settings = dataclasses.replace(TWO, steps=steps)
    process = subprocess.Popen(command(pairs, run, settings), stderr=subprocess.PIPE, text=True)
    wait_for(run / "checkpoint.safetensors", process)
    return process


def other(script: str) -> list[str]:
    """The command of another process, which meets this one and then does something."""
    preparation = (
        "import torch; from filmrecovery.training.learning.processes import Processes, find_place\n"
        "processes = Processes(find_place(1), torch.device('cpu')); hear = processes.hear\n"
    )
    return [sys.executable, "-c", preparation + script]


def test_two_processes_train_what_one_trains(pairs: Path, tmp_path: Path) -> None:
    one, two = train(ONE, [pairs], tmp_path / "one"), train(TWO, [pairs], tmp_path / "two")
    first, second = weights(one), weights(two)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=1e-3, atol=1e-5)
    by_one, by_two = (
        [(entry["step"], entry["loss"]) for entry in journal(tmp_path / run) if "loss" in entry]
        for run in ("one", "two")
    )
    assert [loss for _, loss in by_two] == pytest.approx([loss for _, loss in by_one], rel=1e-4)
    assert [step for step, _ in by_two] == [step for step, _ in by_one]


@pytest.mark.slow
@needs_proc
def test_a_process_that_is_killed_ends_the_training_which_goes_on_exactly(pairs: Path, tmp_path: Path) -> None:
    whole = train(dataclasses.replace(TWO, steps=40), [pairs], tmp_path / "whole")
    killed = tmp_path / "killed"
    process = starting(pairs, killed, steps=40)
    os.kill(helper_of(process), signal.SIGKILL)
    message = process.communicate()[1]
    assert process.returncode == TRY_AGAIN
    assert "process 2 of 2: was ended by SIGKILL; call again" in message
    with pytest.raises(RunError, match=r"steps were trained with processes = 2, but now it is 1; set it to 2"):
        train(dataclasses.replace(ONE, steps=40), [pairs], killed)
    assert_equal(whole, train(dataclasses.replace(TWO, steps=40), [pairs], killed))
    # What is finished is found, by any number.
    train(dataclasses.replace(ONE, steps=40), [pairs], killed)


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("asked", ["first", "other"])
def test_a_signal_to_any_process_stops_all(pairs: Path, tmp_path: Path, asked: str) -> None:
    process = starting(pairs, tmp_path / "run", steps=5000)
    helper = helper_of(process)
    os.kill(process.pid if asked == "first" else helper, signal.SIGTERM)
    message = process.communicate()[1]
    assert process.returncode == 130
    assert "stopped by SIGTERM at step" in message or "stopped by a signal to another process at step" in message
    assert not Path(f"/proc/{helper}").exists()


@pytest.mark.slow
def test_torchrun_starts_the_processes(pairs: Path, tmp_path: Path) -> None:
    _, *arguments = command(pairs, tmp_path / "launched", ONE)
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    called = [sys.executable, "-m", *launcher, arguments[0], "--", *arguments[1:]]
    done = subprocess.run(called, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("model: ") == 1
    assert_equal(tmp_path / "launched" / "model.safetensors", train(TWO, [pairs], tmp_path / "started"))


@pytest.mark.slow
def test_two_processes_find_out_how_many_steps_fill_the_minutes(pairs: Path, tmp_path: Path) -> None:
    # What was tried to find out leaves no trace: so many steps from the beginning give the same weights.
    model = train(dataclasses.replace(TWO, minutes=0.1), [pairs], tmp_path / "minutes")
    steps = journal(tmp_path / "minutes")[-1]["step"]
    assert_equal(model, train(dataclasses.replace(TWO, steps=steps), [pairs], tmp_path / "steps"))


def test_patches_that_cannot_be_shared_equally_are_refused(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="3 cannot share the 2 patches of a step equally; set batch_size, now 2"):
        train(dataclasses.replace(ONE, processes=3), [pairs], tmp_path / "run")


def test_the_shares_of_all_processes_are_the_batch() -> None:
    generator = torch.Generator().manual_seed(1)
    found = [
        TrainingPair(
            *torch.rand(2, 3, 128, side, generator=generator),
            torch.full((2, NODES, NODES, NODES), side),
            torch.zeros(5, 2, 9, 9, 9),
            (-1.0, 1.0, -1.0, 1.0),
        )
        for side in (128, 192)
    ]
    drawn = (found, 6, 64, 64, Augmentation(True, True, 0.1, 0.3), 1, 0)
    whole = draw_batch(*drawn)
    shares = [draw_batch(*drawn, (number, 3)) for number in range(3)]
    assert torch.equal(torch.cat([share.inputs for share in shares]), whole.inputs)
    assert torch.equal(torch.cat([share.targets for share in shares]), whole.targets)
    for part in ("grades", "place_grades", "edges"):
        joined = torch.cat([getattr(share.patches, part) for share in shares])
        assert torch.equal(joined, getattr(whole.patches, part))


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        (
            "with processes: raise SystemExit('no such pairs')",
            RunError,
            "of 2: failed with status 1; it said:\nno such pairs",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", LostProcessError, "of 2: was ended by SIGTERM"),
    ],
    ids=["by an error", "by a signal"],
)
@pytest.mark.parametrize("before", ["", "hear()\n"], ids=["before they meet", "after"])
def test_what_ended_another_process_is_said(before: str, script: str, error: type[RunError], says: str) -> None:
    def work() -> None:
        with Processes(Place(0, 2), torch.device("cpu"), other(before + script)) as processes:
            while True:
                processes.tell(Order.RESUME)

    with pytest.raises(error, match=f"process 2 {says}"):
        work()


def test_processes_share_values_and_means() -> None:
    script = """
order, values = hear()
assert values == [2.0, 0.5, 1.0], values
spread = torch.ones(2, 3)
processes.spread([spread])
assert (spread == 5).all(), spread
weight = torch.nn.Parameter(torch.zeros(2, 2))
weight.grad = torch.full((2, 2), 1.0)
processes.asks_to_stop = True
assert processes.mean([weight], torch.tensor(1.0)) == 2.0
hear()
"""
    with Processes(Place(0, 2), torch.device("cpu"), other(script)) as processes:
        processes.tell(Order.STEP, 2, 0.5, 1)
        processes.spread([torch.full((2, 3), 5.0)])
        weight, still = torch.nn.Parameter(torch.zeros(2, 2)), torch.nn.Parameter(torch.zeros(1))
        weight.grad = torch.full((2, 2), 4.0)
        assert processes.mean([still, weight], torch.tensor(3.0)) == 2.0
        assert (weight.grad == 2.5).all()
        assert still.grad is None
        assert processes.asks_to_stop
        processes.tell(Order.END)


def test_a_launcher_says_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_place(3) == Place(0, 3)
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    assert find_place(1) == find_place(8) == Place(5, 8, 1, is_launched=True)
    with pytest.raises(SettingsError, match="4 are asked for, but 8 were started; leave `processes` out"):
        find_place(4)


def test_the_command_line_ends_with_the_status_to_try_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def lost(*_: object) -> Path:
        raise LostProcessError("gone")

    monkeypatch.setattr("filmrecovery.training.learning.train.train", lost)
    assert main(["train", str(tmp_path), "--run", str(tmp_path / "run")]) == TRY_AGAIN
