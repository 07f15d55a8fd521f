"""Trainings that are looked at and steered by the files of their folders."""

import dataclasses
import gc
import itertools
import json
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from PIL import Image
from test_training import QUICK, command, pairs, wait_for

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import FileError, RunError, SettingsError, StoppedError
from filmrecovery.cli import main
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import load_model
from filmrecovery.picture.contact_sheet import write_picture
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.run_overview import RunReader, find_runs, read_run
from filmrecovery.training.runs.run_requests import ask_for_steps, ask_to_stop, read_request, stop_by_request
from filmrecovery.training.runs.run_status import GONE_SECONDS, STATUS_NAME, LifeSign, RunState, read_status
from filmrecovery.training.runs.step_models import least_missed

__all__ = ["pairs"]

LONG = dataclasses.replace(QUICK, steps=100_000, report_interval=20, members=1)


@pytest.fixture
def trained(pairs: Path, tmp_path: Path) -> Path:
    train(dataclasses.replace(QUICK, steps=20, report_interval=10), [pairs], tmp_path / "run")
    return tmp_path / "run"


def started(pairs: Path, run: Path) -> subprocess.Popen[str]:
    """A long training in a process of its own, which has done its first steps."""
    process = subprocess.Popen(
        command(pairs, run, LONG), stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    wait_for(run / "contactSheets" / "contact.000020.png", process)
    return process


def write_run(run: Path, lines: list[dict[str, float]], **status: object) -> Path:
    """A run folder with a journal, as a training leaves one."""
    run.mkdir(parents=True)
    (run / "training.json").write_text(json.dumps({"steps": 1000, "precision": "float32"}))
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if status:
        known = {"mode": "chroma", "machine": "elsewhere", "process": 1, "started": "2026-01-01T10:00:00+01:00"}
        (run / STATUS_NAME).write_text(json.dumps({"version": 1, **known, **status}))
    return run


def test_a_training_is_seen_at_a_glance(trained: Path) -> None:
    run = read_run(trained)
    assert (run.state, run.step, run.steps, run.machine) == (RunState.DONE, 20, 20, platform.node())
    assert run.loss.steps == (10, 20)
    assert (run.hold_out.steps, run.measure) == ((0, 10, 20), "rms of chroma")
    assert run.baseline == run.hold_out.values[0]
    assert run.best_step == load_model(trained / "best.safetensors")[1].steps
    assert [picture.step for picture in run.contact_sheets] == [0, 10, 20]
    assert [picture.step for picture in run.previews[4]] == [0, 10, 20]
    assert all(picture.path.is_file() for picture in (*run.contact_sheets, *run.previews[4]))


@pytest.mark.slow
def test_a_training_that_runs_stops_when_asked_and_goes_on_later(pairs: Path, tmp_path: Path) -> None:
    process = started(pairs, tmp_path / "run")
    assert read_run(tmp_path / "run").state == RunState.RUNNING
    ask_to_stop(tmp_path / "run")
    told = process.communicate()[1]
    stopped = read_run(tmp_path / "run")
    assert stop_by_request(told) == (stopped.step, LONG.steps)
    assert "Resume" in told
    assert (stopped.state, stopped.said) == (RunState.STOPPED, "")
    assert read_request(tmp_path / "run").stop is False
    ask_for_steps(tmp_path / "run", stopped.step + 25)
    model = train(LONG, [pairs], tmp_path / "run")
    assert load_model(model)[1].settings["steps"] == stopped.step + 25


@pytest.mark.slow
def test_a_training_that_runs_takes_another_length(pairs: Path, tmp_path: Path) -> None:
    process = started(pairs, tmp_path / "run")
    ask_for_steps(tmp_path / "run", 1)
    assert process.communicate()[0] is None
    assert process.returncode == 0
    run = read_run(tmp_path / "run")
    assert (run.state, run.steps) == (RunState.DONE, load_model(tmp_path / "run" / "model.safetensors")[1].steps)
    assert run.steps is not None
    assert 20 <= run.step <= run.steps < LONG.steps


def test_a_training_that_is_done_goes_on_to_a_new_length_and_the_same_call_finds_it(pairs: Path, trained: Path) -> None:
    ask_for_steps(trained, 30)
    settings = dataclasses.replace(QUICK, steps=20, report_interval=10)
    model = train(settings, [pairs], trained)
    assert load_model(model)[1].settings["steps"] == 30
    written = model.stat().st_mtime_ns
    assert train(settings, [pairs], trained).stat().st_mtime_ns == written
    assert read_run(trained).steps == 30


def test_what_is_asked_while_a_training_does_as_it_was_asked_is_not_lost(
    pairs: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = RunFolder.change_length

    def note_and_ask(run: RunFolder, step: int, steps: int) -> None:
        noted(run, step, steps)
        monkeypatch.undo()
        with LifeSign(run.path, "chroma"):
            ask_to_stop(run.path)

    monkeypatch.setattr(RunFolder, "change_length", note_and_ask)
    ask_for_steps(trained, 60)
    with pytest.raises(StoppedError, match="step 21 of 60"):
        train(dataclasses.replace(QUICK, steps=20, report_interval=10), [pairs], trained)
    assert not (trained / "request.json").exists()
    assert read_run(trained).step == 21


def test_what_ended_a_training_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", [])
    with pytest.raises(RunError), LifeSign(tmp_path / "run", "chroma"):
        raise RunError("the weights became NaN")
    assert (read_run(tmp_path / "run").state, read_run(tmp_path / "run").said) == ("failed", "the weights became NaN")
    for error in (StoppedError, KeyboardInterrupt):
        with pytest.raises(error), LifeSign(tmp_path / "run", "chroma"):
            raise error("asked to")
        assert read_run(tmp_path / "run").state == RunState.STOPPED


def test_a_training_whose_machine_went_away_is_told_from_one_that_runs(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [], state="running")
    assert read_run(run).state == RunState.RUNNING
    before = time.time() - GONE_SECONDS - 1
    os.utime(run / STATUS_NAME, (before, before))
    assert read_run(run).state == RunState.GONE


def test_a_training_whose_process_died_here_is_gone_at_once(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    run = write_run(tmp_path / "run", [], state="running", machine=platform.node(), process=dead.pid)
    assert read_run(run).state == RunState.GONE
    with pytest.raises(RunError, match="no training runs there"):
        ask_to_stop(run)


def test_a_life_sign_says_that_the_training_runs_while_it_does(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [])
    with LifeSign(run, "spatial"):
        status = read_status(run)
        assert status is not None
        assert (read_run(run).state, status.process, status.mode) == (RunState.RUNNING, os.getpid(), "spatial")


def test_the_time_of_all_calls_counts_and_the_last_pace_tells_the_time_left(tmp_path: Path) -> None:
    first = [{"step": step, "loss": 1.0, "seconds": step * 0.1} for step in range(10, 110, 10)]
    later = [{"step": step, "loss": 1.0, "seconds": (step - 100) * 0.5} for step in range(110, 410, 10)]
    run = read_run(write_run(tmp_path / "run", first + later, state="running"))
    assert run.seconds == pytest.approx(10 + 150)
    assert run.seconds_left == pytest.approx(600 * 0.5)
    resumed = [{"step": step, "loss": 1.0, "seconds": (step - 400) * 0.2} for step in (410, 420)]
    run = read_run(write_run(tmp_path / "resumed", first + later + resumed, state="running"))
    assert run.seconds_left == pytest.approx(580 * 0.2)


def test_only_what_is_new_of_a_journal_is_read_and_a_rewound_one_anew(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [{"step": 10, "loss": 3.0}, {"step": 20, "loss": 2.0}], state="running")
    reader = RunReader(run)
    assert reader.read().loss.values == (3.0, 2.0)
    with open(run / "metrics.jsonl", "a") as file:
        file.write('{"step": 30, "loss": 1.0}\n{"step": 40, "lo')
    assert reader.read().loss.values == (3.0, 2.0, 1.0)
    anew = "".join(f'{{"step": {step}, "loss": 5.0}}\n' for step in range(10, 100, 10))
    write_text(run / "metrics.jsonl", anew)
    assert reader.read().loss == (tuple(range(10, 100, 10)), (5.0,) * 9)


def test_a_damaged_journal_is_named_and_its_training_listed_beside_the_others(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_run(trained.parent / "broken", [], state="done")
    (broken / "metrics.jsonl").write_text('{"step": 10}\n[]\n')
    with pytest.raises(FileError, match=r"metrics\.jsonl: .*line 2"):
        read_run(broken)
    assert find_runs([trained.parent]) == [broken, trained]
    assert main(["runs", str(trained.parent)]) == 0
    listed = capsys.readouterr().out
    assert "damaged" in listed
    assert "20 of 20" in listed


def test_verbs_steer_a_training(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stop", str(trained)]) == 1
    assert main(["extend", str(trained), "--steps", "50"]) == 0
    assert read_request(trained).steps == 50
    assert main(["extend", str(trained), "--steps", "0"]) == 1
    assert main(["extend", str(trained.parent), "--steps", "5"]) == 1
    assert main(["runs", str(trained.parent / "pairs")]) == 1
    assert capsys.readouterr().out.count("is asked for") == 1


def test_a_length_that_no_training_can_have_is_refused(trained: Path) -> None:
    with pytest.raises(SettingsError, match="steps"):
        ask_for_steps(trained, 10**9)


def test_a_damaged_request_does_not_end_a_training(
    pairs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(QUICK, [pairs], tmp_path / "run")
    (tmp_path / "run" / "request.json").write_text("[")
    train(QUICK, [pairs], tmp_path / "run")
    assert "request.json: cannot be read" in caplog.text
    assert not (tmp_path / "run" / "request.json").exists()


def test_each_report_keeps_the_model_that_its_pictures_show(pairs: Path, trained: Path, tmp_path: Path) -> None:
    kept = read_run(trained).step_models
    assert [model.step for model in kept] == [0, 10, 20]
    network, description = load_model(kept[1].path)
    assert description.steps == 10
    preview = next(pair for pair in load_pairs(pairs) if pair.role == "preview")
    write_picture(tmp_path / "again.png", recover(network, preview.input))
    assert (tmp_path / "again.png").read_bytes() == read_run(trained).previews[4][1].path.read_bytes()
    begun = train(dataclasses.replace(QUICK, start_from=str(kept[1].path)), [pairs], tmp_path / "from 10")
    assert load_model(begun)[1].settings["start_from"] == str(kept[1].path)


def test_a_preview_has_a_map_of_its_doubt(trained: Path) -> None:
    run = read_run(trained)
    (previews,), (doubts,) = run.previews.values(), run.doubts.values()
    assert [doubt.step for doubt in doubts] == [0, 10, 20]
    sizes = {Image.open(picture.path).size for picture in (*previews, *doubts)}
    assert len(sizes) == 1


@pytest.mark.parametrize(("megabytes", "steps"), [(0, []), (6, []), (14, [20]), (50, [5, 10, 15, 20])])
def test_models_of_steps_take_no_more_room_than_they_may(
    pairs: Path, tmp_path: Path, megabytes: int, steps: list[int]
) -> None:
    settings = dataclasses.replace(QUICK, steps=20, report_interval=5, step_models=megabytes)
    train(settings, [pairs], tmp_path / "run")
    kept = read_run(tmp_path / "run").step_models
    assert [model.step for model in kept] == steps
    assert sum(model.path.stat().st_size for model in kept) <= megabytes * 1_000_000


def test_models_that_are_kept_lie_spread_over_the_training() -> None:
    kept: list[int] = []
    for step in range(100, 10_001, 100):
        kept.append(step)
        if len(kept) > 6:
            del kept[least_missed(kept)]
    gaps = [after - before for before, after in itertools.pairwise(kept)]
    assert kept[-1] == 10_000
    assert max(gaps) < 4_000


def test_a_reader_keeps_no_more_of_a_long_journal_than_its_curves(tmp_path: Path) -> None:
    lines = [{"step": step, "loss": 1 / step, "skipped": 0, "seconds": step / 10} for step in range(10, 200_001, 10)]
    run = write_run(tmp_path / "run", lines[:1000], state="done")
    reader = RunReader(run)
    reader.read()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    with (run / "metrics.jsonl").open("a") as journal:
        journal.write("".join(json.dumps(line) + "\n" for line in lines[1000:]))
    seen = reader.read()
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert seen.loss.steps == tuple(range(10, 200_001, 10))
    assert kept < 100 * len(lines)
