"""A training that is asked to stop while it reports: it ends at once, and a later call loses nothing."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_training import QUICK, assert_equal, journal, pairs

from filmrecovery.base.errors import RunError, StoppedError
from filmrecovery.training.fitting.evidence import weigh
from filmrecovery.training.fitting.fit_grades import fit_grades
from filmrecovery.training.learning import learner, schedule, training_loop
from filmrecovery.training.learning.train import train
from filmrecovery.training.runs.checkpoint import read_reached
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_overview import read_run
from filmrecovery.training.runs.run_requests import (
    RunRequest,
    ask_for_steps,
    ask_to_stop,
    leave_request,
    read_request,
)
from filmrecovery.training.runs.run_status import RunState

__all__ = ["pairs"]

ROUNDS = dataclasses.replace(QUICK, members=2, report_interval=4, checkpoint_interval=5)
"""Reports at 0, 4, 8 and 12, ends of rounds at 3, 6 and 12: each weighs the parts of the model, 12 once for both."""


@pytest.fixture
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "LEAST_ROUND", 1)
    # So that no round is the last because it has learnt.
    monkeypatch.setattr("filmrecovery.training.learning.best_round.LEAST_GAIN", -1e9)


def stopping(run: Path, weighing: int, picture: int) -> Callable[..., float]:
    """What weighs, and asks to stop before one of the pictures of one of its calls."""
    weighings: list[int] = []

    def weighed(network: Any, grades: Any, blocks: Any, heed: Callable[[], object]) -> float:
        weighings.append(0)

        def heeded() -> None:
            weighings[-1] += 1
            if (len(weighings), weighings[-1]) == (weighing, picture):
                leave_request(run, RunRequest(stop=True))
            heed()

        return weigh(network, grades, blocks, heeded)

    return weighed


def without_times(run: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in journal(run)]


@pytest.mark.usefixtures("short_rounds")
def test_a_stop_is_heard_while_the_parts_are_weighed_and_nothing_is_lost(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, run = train(ROUNDS, [pairs], tmp_path / "whole"), tmp_path / "run"
    # Every call but the first one begins with the weighing that was left.
    for step, weighing, picture in ((0, 1, 1), (3, 2, 1), (4, 2, 2), (6, 2, 3), (8, 2, 1), (12, 2, 4)):
        with monkeypatch.context() as patch:
            patch.setattr(learner, "weigh", stopping(run, weighing, picture))
            with pytest.raises(StoppedError, match=f"at step {step} of 12"):
                train(ROUNDS, [pairs], run)
        assert not (run / "contactSheets" / f"contact.{step:06d}.png").exists()
        # The step that it was stopped at is in the journal.
        assert read_run(run).step == step
    assert_equal(whole, train(ROUNDS, [pairs], run))
    of_steps = [
        [(model.step, model.path.read_bytes()) for model in read_run(folder).step_models]
        for folder in (whole.parent, run)
    ]
    assert of_steps[0] == of_steps[1]
    of_whole, ours = without_times(whole.parent), without_times(run)
    assert [entry for entry in ours if entry in of_whole] == of_whole
    # The losses of steps that it was stopped at, beside those that every training logs.
    assert [entry["step"] for entry in ours if entry not in of_whole] == [3, 4, 6, 8]


@pytest.mark.parametrize("begun", [False, True], ids=["a new training", "one that goes on"])
def test_a_training_can_be_stopped_while_it_is_prepared(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    run = tmp_path / "run"
    if begun:
        with monkeypatch.context() as patch:
            patch.setattr(learner, "weigh", stopping(run, 2, 1))
            with pytest.raises(StoppedError, match="at step 6 of 12"):
                train(QUICK, [pairs], run)

    def fitted(*arguments: Any) -> Any:
        assert read_run(run).state == RunState.RUNNING
        ask_to_stop(run)
        return fit_grades(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(learner, "fit_grades", fitted)
        # Not only by the loop, when all is fitted.
        patch.setattr("filmrecovery.training.learning.train.train_to_end", trained)
        with pytest.raises(StoppedError, match=f"at step {6 if begun else 0} of 12"):
            train(QUICK, [pairs], run)
    assert read_run(run).state == RunState.STOPPED
    assert not read_request(run).stop
    assert_equal(train(QUICK, [pairs], run), train(QUICK, [pairs], tmp_path / "whole"))


def test_a_training_in_minutes_can_be_stopped_before_its_length_is_found(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    settings = dataclasses.replace(QUICK, minutes=0.01)
    with monkeypatch.context() as patch:
        patch.setattr(learner, "weigh", stopping(run, 1, 2))
        with pytest.raises(StoppedError, match="before its first step"):
            train(settings, [pairs], run)
    assert read_run(run).steps is None
    train(settings, [pairs], run)
    steps = read_run(run).steps
    assert steps is not None
    with pytest.raises(RunError, match=r"minutes was 0\.01, now it is 0\.02"):
        train(dataclasses.replace(settings, minutes=0.02), [pairs], run)
    assert read_run(run).steps == steps


def test_a_finished_training_is_found_without_fitting_anything(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = train(QUICK, [pairs], tmp_path / "run")

    def fitted(*_: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(learner, "fit_grades", fitted)
    assert train(QUICK, [pairs], tmp_path / "run") == model
    model.unlink()
    with pytest.raises(AssertionError, match="fitted again"):
        train(QUICK, [pairs], tmp_path / "run")


def test_the_model_of_an_earlier_length_does_not_stand_for_that_of_the_new_one(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(QUICK, [pairs], tmp_path / "run")
    ask_for_steps(tmp_path / "run", 15)
    with monkeypatch.context() as patch:
        patch.setattr(training_loop, "write_model", killed)
        with pytest.raises(KeyboardInterrupt):
            train(QUICK, [pairs], tmp_path / "run")
    assert read_reached(RunFolder(tmp_path / "run")).step == 15
    model = train(QUICK, [pairs], tmp_path / "run")
    ask_for_steps(train(QUICK, [pairs], tmp_path / "whole").parent, 15)
    assert_equal(model, train(QUICK, [pairs], tmp_path / "whole"))


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def trained(*_: object) -> None:
    raise AssertionError("trained")
