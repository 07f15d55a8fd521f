"""Training: exact resume, repeatability, interruption, journal, and what it refuses."""

import dataclasses
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from filmrecovery.base.errors import ModelError, OutputError, RunError, SettingsError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model.clean_settings import CleanSettings
from filmrecovery.model.inference import recover
from filmrecovery.model.model_file import load_model, read_tensors, write_tensors
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.model.trunk import SIZES
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.measures import chroma_rms
from filmrecovery.training.fitting.training_loss import training_loss
from filmrecovery.training.learning.schedule import part_at, rounds, schedule_parts
from filmrecovery.training.learning.train import train, train_for
from filmrecovery.training.learning.training_reports import write_pictures
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_settings import PairSettings
from filmrecovery.training.runs.checkpoint import write_checkpoint
from filmrecovery.training.runs.run_folder import open_run
from filmrecovery.training.runs.train_settings import SIZE_NAMES, TrainSettings

QUICK = TrainSettings(
    size="small", steps=12, patch_size=64, batch_size=1, checkpoint_interval=3, report_interval=6, device="cpu"
)


def faded_pair(seed: int) -> tuple[Picture, Picture]:
    """A smooth colourful picture, and the same with a loss of cyan that no gain of a channel undoes."""
    random = np.random.default_rng(seed)
    coarse = random.random((8, 12, 3)).astype(np.float32)
    target = np.kron(coarse, np.ones((8, 8, 1), np.float32)) * 0.6 + 0.2
    source = target @ np.array([[0.5, 0.2, 0.1], [0.4, 0.6, 0.3], [0.1, 0.2, 0.6]], np.float32)
    return source, target


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    for frame in (1, 2, 3):
        source, target = faded_pair(frame)
        write_frame(folder / f"input.{frame:04d}.exr", frame_from_rgb(source), "float")
        write_frame(folder / f"target.{frame:04d}.exr", frame_from_rgb(target), "float")
    write_frame(folder / "input.0004.exr", frame_from_rgb(faded_pair(4)[0]), "float")
    adopt_pairs(folder, PairFacts("chroma", "srgb_tx", hold_out_frames="3"))
    return folder


def weights(model: Path) -> dict[str, torch.Tensor]:
    return read_tensors(model)[0]


def assert_equal(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def journal(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def command(pairs: Path, run: Path, settings: TrainSettings) -> list[str]:
    options = []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if not isinstance(value, bool) and value is not None:
            options += ["--" + field.name.replace("_", "-"), str(value)]
    return [sys.executable, "-m", "filmrecovery", "train", str(pairs), "--run", str(run), *options]


def wait_for(path: Path, process: subprocess.Popen[Any]) -> None:
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)


def test_training_lowers_the_hold_out_error_and_journals_it(pairs: Path, tmp_path: Path) -> None:
    model = train(dataclasses.replace(QUICK, steps=60, report_interval=30), [pairs], tmp_path / "run")
    hold_out = [entry for entry in journal(tmp_path / "run") if "holdOutChroma" in entry]
    assert [entry["step"] for entry in hold_out] == [0, 30, 60]
    # The grade alone is the start.
    assert hold_out[-1]["holdOutChroma"] < 1.001 * hold_out[0]["holdOutChroma"]
    network, description = load_model(model)
    assert (description.mode, description.steps, description.working_space) == ("chroma", 60, "srgb_tx")
    unseen = next(pair for pair in load_pairs(pairs) if pair.role == "hold-out")
    measured = chroma_rms(np.clip(recover(network, unseen.input), 0, 1), unseen.target)
    assert measured < 0.5 * chroma_rms(unseen.input, unseen.target)
    assert measured == pytest.approx(hold_out[-1]["holdOutChroma"], rel=1e-4)
    assert (tmp_path / "run" / "contactSheets" / "contact.000060.png").exists()
    assert (tmp_path / "run" / "previews" / "preview.0004.000060.png").exists()


@pytest.mark.slow
def test_best_model_is_that_of_the_lowest_hold_out_error(pairs: Path, tmp_path: Path) -> None:
    train(dataclasses.replace(QUICK, steps=30), [pairs], tmp_path / "run")
    hold_out = [entry for entry in journal(tmp_path / "run") if "holdOutChroma" in entry]
    best = min(hold_out, key=lambda entry: entry["holdOutChroma"])
    assert load_model(tmp_path / "run" / "best.safetensors")[1].steps == best["step"]


@pytest.mark.slow
def test_same_seed_same_model_other_seed_another(pairs: Path, tmp_path: Path) -> None:
    models = [
        train(dataclasses.replace(QUICK, seed=seed), [pairs], tmp_path / name)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert_equal(models[0], models[1])
    with pytest.raises(AssertionError):
        assert_equal(models[0], models[2])


@pytest.mark.slow
@pytest.mark.parametrize("multi_resolution", [False, True])
def test_killed_training_goes_on_exactly(pairs: Path, tmp_path: Path, multi_resolution: bool) -> None:
    settings = dataclasses.replace(QUICK, steps=40, multi_resolution=multi_resolution)
    whole = train(settings, [pairs], tmp_path / "whole")
    arguments = command(pairs, tmp_path / "killed", settings)
    arguments += ["--multi-resolution"] if multi_resolution else []
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    wait_for(tmp_path / "killed" / "checkpoint.safetensors", process)
    process.kill()
    process.wait()
    assert not (tmp_path / "killed" / "model.safetensors").exists(), "the training ended before it was killed"
    assert_equal(whole, train(settings, [pairs], tmp_path / "killed"))
    without_times = [
        [{key: value for key, value in entry.items() if key != "seconds"} for entry in journal(tmp_path / run)]
        for run in ("whole", "killed")
    ]
    assert without_times[0] == without_times[1]


def test_training_killed_before_its_first_checkpoint_starts_its_journal_anew(pairs: Path, tmp_path: Path) -> None:
    identity = train(QUICK, [pairs], tmp_path / "whole").with_name("training.json")
    with open_run(tmp_path / "run") as run:
        run.identity.write_bytes(identity.read_bytes())
        run.log({"step": 0, "holdOutPsnr": 1.0})
        run.metrics.open("a").write('{"step": 10, "lo')
    train(QUICK, [pairs], tmp_path / "run")
    assert [entry["step"] for entry in journal(tmp_path / "run")] == [0, 6, 10, 12, 12]


@pytest.mark.slow
@pytest.mark.parametrize("signals", [1, 2], ids=["once", "to the group and passed on"])
def test_sigterm_leaves_a_checkpoint_of_the_last_step(pairs: Path, tmp_path: Path, signals: int) -> None:
    settings = dataclasses.replace(QUICK, steps=500, checkpoint_interval=1000)
    process = subprocess.Popen(command(pairs, tmp_path / "run", settings), stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path / "run" / "contactSheets" / "contact.000006.png", process)
    for _ in range(signals):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.02)
    message = process.communicate()[1]
    assert process.returncode == 130
    assert "stopped by SIGTERM at step" in message
    step = read_tensors(tmp_path / "run" / "checkpoint.safetensors")[1]["step"]
    assert f"at step {step} of 500" in message


def test_progress_lines_without_a_terminal(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(QUICK, [pairs], tmp_path / "run")
    lines = capsys.readouterr().err.splitlines()
    assert "Progress: 50%" in lines
    assert lines[-1] == "Progress: 100%"


def test_finished_run_is_not_trained_again(pairs: Path, tmp_path: Path) -> None:
    model = train(QUICK, [pairs], tmp_path / "run")
    written = model.stat().st_mtime_ns
    assert train(QUICK, [pairs], tmp_path / "run") == model
    assert model.stat().st_mtime_ns == written


@pytest.mark.slow
@pytest.mark.parametrize("multi_resolution", [False, True])
def test_a_training_ends_within_its_minutes_and_a_second_call_keeps_its_steps(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, multi_resolution: bool
) -> None:
    # On a clock that the work itself moves on, however busy the machine is: a step of whole patches takes half
    # a second, one of smaller patches less; pictures take a second, and a checkpoint half of one.
    seconds = 0.0

    def taking(work: Callable[..., Any], duration: Callable[..., float]) -> Callable[..., Any]:
        def working(*arguments: Any) -> Any:
            nonlocal seconds
            seconds += duration(*arguments)
            return work(*arguments)

        return working

    def of_step(network: torch.nn.Module, inputs: torch.Tensor, *_: Any) -> float:
        return 0.5 * inputs[0, 0].numel() / QUICK.patch_size**2

    learning = "filmrecovery.training.learning"
    monkeypatch.setattr(f"{learning}.learner.training_loss", taking(training_loss, of_step))
    monkeypatch.setattr(f"{learning}.training_reports.write_pictures", taking(write_pictures, lambda *_: 1.0))
    monkeypatch.setattr(f"{learning}.training_state.write_checkpoint", taking(write_checkpoint, lambda *_: 0.5))
    for module in ("train", "steps_within"):
        clock = SimpleNamespace(monotonic=lambda: seconds)
        monkeypatch.setattr(f"filmrecovery.training.learning.{module}.time", clock)
    settings = dataclasses.replace(
        QUICK, minutes=0.4, multi_resolution=multi_resolution, report_interval=12, checkpoint_interval=8
    )
    train(settings, [pairs], tmp_path / "run")
    assert 21.6 < seconds <= 24
    steps = json.loads((tmp_path / "run" / "training.json").read_text())["steps"]
    train(settings, [pairs], tmp_path / "run")
    assert json.loads((tmp_path / "run" / "training.json").read_text())["steps"] == steps


def test_quarter_and_half_resolution_have_an_eighth_of_the_schedule_each() -> None:
    parts = schedule_parts(TrainSettings(multi_resolution=True, unvaried_end=0.25))
    assert [(part.factor, part.share) for part in parts] == [(4, 0.125), (2, 0.125), (1, 0.5), (1, 0.25)]
    assert [part.varied for part in parts] == [True, True, True, False]
    assert part_at(parts, 0.0).factor == 4
    assert part_at(parts, 0.125).factor == 2
    assert schedule_parts(TrainSettings(unvaried_end=1.0))[0].share == 1.0


def test_a_member_that_is_alone_begins_with_a_short_round() -> None:
    assert rounds(TrainSettings(), 1, 1000) == (range(250), range(250, 1000))
    assert rounds(TrainSettings(), 3, 1600) == (range(400), range(400, 800), range(800, 1600))
    assert rounds(TrainSettings(), 1, 200) == (range(200),)
    assert rounds(TrainSettings(stop_when_learnt=False), 3, 1600) == (range(1600),)


def test_two_trainings_cannot_share_a_folder(pairs: Path, tmp_path: Path) -> None:
    with open_run(tmp_path / "run"), pytest.raises(RunError, match="another process is training"):
        train(QUICK, [pairs], tmp_path / "run")


@pytest.mark.slow
def test_folder_of_another_training_is_refused(pairs: Path, tmp_path: Path) -> None:
    train(QUICK, [pairs], tmp_path / "run")
    with pytest.raises(RunError, match=r"learning_rate was 0\.015, now it is 0\.01"):
        train(dataclasses.replace(QUICK, learning_rate=0.01), [pairs], tmp_path / "run")


@pytest.mark.slow
def test_steps_that_are_not_finite_are_skipped_and_counted(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def sometimes_infinite(*arguments: Any) -> torch.Tensor:
        calls.append(1)
        return training_loss(*arguments) * (float("nan") if len(calls) == 4 else 1.0)

    monkeypatch.setattr("filmrecovery.training.learning.learner.training_loss", sometimes_infinite)
    model = train(QUICK, [pairs], tmp_path / "run")
    assert journal(tmp_path / "run")[-2]["skipped"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in weights(model).values())


@pytest.mark.slow
def test_training_starts_from_an_earlier_model(pairs: Path, tmp_path: Path) -> None:
    earlier = train(QUICK, [pairs], tmp_path / "earlier")
    settings = dataclasses.replace(QUICK, steps=1, learning_rate=1e-6, start_from=str(earlier))
    later = weights(train(settings, [pairs], tmp_path / "later"))
    assert all(torch.allclose(tensor, later[name], atol=1e-4) for name, tensor in weights(earlier).items())
    with pytest.raises(ModelError, match="its size is 'small', but this training's is 'medium'"):
        train(dataclasses.replace(settings, size="medium"), [pairs], tmp_path / "other")


def test_pairs_of_different_modes_do_not_go_together(pairs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for path in pairs.glob("*.exr"):
        other.mkdir(exist_ok=True)
        os.link(path, other / path.name)
    adopt_pairs(other, PairFacts("spatial", "srgb_tx"))
    with pytest.raises(SettingsError, match="mode is spatial, but chroma"):
        train(QUICK, [pairs, other], tmp_path / "run")


@pytest.mark.slow
def test_the_model_carries_what_was_done_to_the_source(pairs: Path, tmp_path: Path) -> None:
    preparation = SourcePreparation(clean=CleanSettings(median=3, degrain=0.02))
    source, reference = (Element(str(pairs / f"{kind}.####.exr"), (1, 2), "srgb_tx") for kind in ("input", "target"))
    made = {
        clean: make_pairs(PairSettings("chroma", "1-2", median=0, clean=clean), source, reference, tmp_path / name)
        for name, clean in (("plain", CleanSettings()), ("cleaned", preparation.clean))
    }
    assert made[preparation.clean].recipe.preparation == preparation
    _, description = load_model(train(QUICK, [tmp_path / "cleaned"], tmp_path / "run"))
    assert description.preparation == preparation
    with pytest.raises(SettingsError, match=r"is no balance, median 3, degrain 0\.02, but no balance, median 0"):
        train(QUICK, [tmp_path / "plain", tmp_path / "cleaned"], tmp_path / "other")


@pytest.mark.slow
def test_hold_out_frames_are_never_trained_on(pairs: Path, tmp_path: Path) -> None:
    first = train(QUICK, [pairs], tmp_path / "first")
    write_frame(pairs / "target.0003.exr", frame_from_rgb(np.zeros((64, 96, 3), np.float32)), "float")
    adopt_pairs(pairs, PairFacts("chroma", "srgb_tx", hold_out_frames="3"))
    assert_equal(first, train(QUICK, [pairs], tmp_path / "second"))


def test_settings_name_the_sizes_of_the_network() -> None:
    assert tuple(SIZES) == SIZE_NAMES


@pytest.mark.slow
def test_a_model_at_a_fixed_path_follows_the_content_of_the_pairs(pairs: Path, tmp_path: Path) -> None:
    model = tmp_path / "runs" / "model.safetensors"
    assert train_for(QUICK, [pairs], model) == model
    (first,) = model.parent.glob("run-*")
    assert_equal(model, first / "model.safetensors")
    written = model.stat().st_mtime_ns

    train_for(dataclasses.replace(QUICK, report_interval=4, device="auto"), [pairs], model)
    assert model.stat().st_mtime_ns == written

    adopt_pairs(pairs, PairFacts("chroma", "srgb_tx", hold_out_frames="2"))
    train_for(QUICK, [pairs], model)
    (second,) = set(model.parent.glob("run-*")) - {first}
    assert_equal(model, second / "model.safetensors")

    adopt_pairs(pairs, PairFacts("chroma", "srgb_tx", hold_out_frames="3"))
    trained = (first / "model.safetensors").stat().st_mtime_ns
    train_for(QUICK, [pairs], model)
    assert_equal(model, first / "model.safetensors")
    assert (first / "model.safetensors").stat().st_mtime_ns == trained


def test_a_model_is_not_replaced_by_what_starts_from_it(pairs: Path, tmp_path: Path) -> None:
    earlier = train(QUICK, [pairs], tmp_path / "run")
    model = tmp_path / "model.safetensors"
    shutil.copyfile(earlier, model)
    (tmp_path / "link").symlink_to(tmp_path)
    content = model.read_bytes()
    said = r"model\.safetensors: would be replaced by the model that starts from it"
    for start in (model, tmp_path / "run" / ".." / "model.safetensors", tmp_path / "link" / "model.safetensors"):
        settings = dataclasses.replace(QUICK, start_from=str(start))
        with pytest.raises(OutputError, match=said):
            train_for(settings, [pairs], model)
    # A folder of a training does not take another one, though it starts from the model in it.
    with pytest.raises(RunError, match="holds another training"):
        train(dataclasses.replace(QUICK, start_from=str(earlier)), [pairs], tmp_path / "run")
    assert model.read_bytes() == earlier.read_bytes() == content
    assert not list(tmp_path.glob("run-*"))


def test_a_model_says_when_and_by_which_versions_it_was_trained(pairs: Path, tmp_path: Path) -> None:
    before = datetime.date.today().isoformat()
    _, description = load_model(train(QUICK, [pairs], tmp_path / "run"))
    assert before <= description.training_date <= datetime.date.today().isoformat()
    assert description.versions["torch"] == torch.__version__


@pytest.mark.slow
def test_the_same_weights_of_another_day_do_not_replace_the_model(pairs: Path, tmp_path: Path) -> None:
    model = tmp_path / "runs" / "model.safetensors"
    train_for(QUICK, [pairs], model)
    weights, header = read_tensors(model)
    write_tensors(model, weights, header | {"training_date": "2020-02-02", "versions": {"torch": "0"}})
    earlier = model.read_bytes()
    for run in model.parent.glob("run-*"):
        shutil.rmtree(run)
    train_for(QUICK, [pairs], model)
    assert model.read_bytes() == earlier
    model.write_bytes(earlier[:-8] + bytes(byte ^ 1 for byte in earlier[-8:]))
    train_for(QUICK, [pairs], model)
    assert load_model(model)[1].training_date > "2020-02-02"
