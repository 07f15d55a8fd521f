"""A damaged checkpoint is never trained on: the one before it is taken, and the model comes out as without damage."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from filmrecovery.base.errors import ModelError, OutputError, RunError
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.model import model_file
from filmrecovery.model.model_file import read_tensors, write_tensors
from filmrecovery.training.learning import training_state
from filmrecovery.training.learning.train import train
from filmrecovery.training.pairs.adopt_pairs import PairFacts, adopt_pairs
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.training.runs.train_settings import TrainSettings

QUICK = TrainSettings(
    size="small", steps=6, patch_size=64, batch_size=1, checkpoint_interval=2, report_interval=6, device="cpu"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with pairs, and the run of a training on them that is finished."""
    folder = tmp_path_factory.mktemp("finished")
    generator = np.random.default_rng(1)
    for frame in (1, 2):
        target = np.kron(generator.random((8, 12, 3)), np.ones((8, 8, 1))).astype(np.float32) * 0.6 + 0.2
        for name, rgb in (("input", target**1.2), ("target", target)):
            write_frame(folder / "pairs" / f"{name}.{frame:04d}.exr", frame_from_rgb(rgb), "float")
    adopt_pairs(folder / "pairs", PairFacts("spatial", "srgb_tx"))
    train(QUICK, [folder / "pairs"], folder / "run")
    return folder


@pytest.fixture
def unfinished(finished, tmp_path):
    """A copy of that run, from which the model at the end is gone."""
    run = RunFolder(tmp_path / "run")
    shutil.copytree(finished / "run", run.path)
    run.model.unlink()
    return run


def flipped(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def rewritten(path, change):
    tensors, header = read_tensors(path)
    del header["weights_hash"]
    change(tensors, header)
    write_tensors(path, tensors, header)


def state_of(tensors, quantity):
    return next(name for name in tensors if name.startswith("optimiser:") and name.endswith(f"/{quantity}"))


def with_nan(tensors, header):
    tensors["network:gains"] = torch.full_like(tensors["network:gains"], torch.nan)


def with_short_momentum(tensors, header):
    name = state_of(tensors, "momentum")
    tensors[name] = tensors[name].flatten()[:3].clone()


def with_short_square(tensors, header):
    name = state_of(tensors, "exp_avg_sq")
    tensors[name] = torch.zeros(1)


DAMAGE = {
    "a bit of a tensor": lambda path: flipped(path, -5),
    "a bit of the header": lambda path: flipped(path, path.read_bytes().index(b"skipped")),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "not a number": lambda path: rewritten(path, with_nan),
    "short momentum": lambda path: rewritten(path, with_short_momentum),
    "short square": lambda path: rewritten(path, with_short_square),
    "no step of the optimiser": lambda path: rewritten(path, lambda t, h: t.pop(state_of(t, "step"))),
    "another type": lambda path: rewritten(path, lambda t, h: t.update({"network:gains": t["network:gains"].half()})),
    "a tensor too few": lambda path: rewritten(path, lambda t, h: t.pop("average:gains")),
    "a tensor too many": lambda path: rewritten(path, lambda t, h: t.update({"film:gains": torch.ones(3)})),
    "no network": lambda path: rewritten(path, lambda t, h: [t.pop(n) for n in list(t) if n.startswith("network:")]),
    "no step": lambda path: rewritten(path, lambda t, h: h.update(step=None)),
    "a step before all": lambda path: rewritten(path, lambda t, h: h.update(step=-3)),
    "another field": lambda path: rewritten(path, lambda t, h: h.update(mood="blue")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_the_checkpoint_before_a_damaged_one_is_taken_and_that_is_said(
    finished, unfinished, damage, caplog, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(model_file, "_not_finite", lambda tensors: None)
        damage(unfinished.checkpoint)
    train(QUICK, [finished / "pairs"], unfinished.path)
    assert "checkpoint.earlier.safetensors: is taken, of step 4" in caplog.text
    assert str(unfinished.checkpoint) in caplog.text or damage == DAMAGE["missing"]
    trained, whole = (read_tensors(run / "model.safetensors")[0] for run in (unfinished.path, finished / "run"))
    assert trained.keys() == whole.keys()
    assert all(torch.equal(trained[name], whole[name]) for name in whole)
    # Both are whole again, and the damaged one is gone.
    assert [read_tensors(path)[1]["step"] for path in (unfinished.earlier_checkpoint, unfinished.checkpoint)] == [4, 6]
    steps = [json.loads(line)["step"] for line in unfinished.metrics.read_text().splitlines()]
    assert steps == [json.loads(line)["step"] for line in (finished / "run" / "metrics.jsonl").read_text().splitlines()]


def test_without_a_whole_checkpoint_nothing_is_trained(finished, unfinished):
    for path in (unfinished.checkpoint, unfinished.earlier_checkpoint):
        flipped(path, -5)
    with pytest.raises(ModelError, match=r"checkpoint\.earlier\.safetensors: the weights do .* another folder"):
        train(QUICK, [finished / "pairs"], unfinished.path)
    assert not unfinished.model.exists()


def test_a_checkpoint_that_cannot_be_written_leaves_the_two_before(finished, unfinished, monkeypatch):
    unfinished.checkpoint.unlink()
    before = unfinished.earlier_checkpoint.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(training_state, "write_checkpoint", full_disk)
        with pytest.raises(OutputError):
            train(QUICK, [finished / "pairs"], unfinished.path)
    assert unfinished.checkpoint.read_bytes() == before


def full_disk(*arguments):
    raise OutputError("no space left")


def test_a_damaged_model_of_a_finished_training_is_written_again(finished, tmp_path, caplog):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(finished / "run", run.path)
    whole = run.model.read_bytes()
    flipped(run.model, -5)
    train(QUICK, [finished / "pairs"], run.path)
    assert "the weights do not match the hash" in caplog.text
    assert run.model.read_bytes() == whole


def test_weights_that_are_no_numbers_are_not_trained_on(finished, tmp_path, monkeypatch):
    def spoilt(self, rate):
        with torch.no_grad():
            next(iter(self._parameters.values())).fill_(torch.nan)

    monkeypatch.setattr("filmrecovery.training.learning.optimiser.Optimiser.step", spoilt)
    settings = dataclasses.replace(QUICK, checkpoint_interval=100, report_interval=100)
    with pytest.raises(RunError, match=r"the weights became NaN or Inf by step 1; .* lower learning rate"):
        train(settings, [finished / "pairs"], tmp_path / "run")
    assert not RunFolder(tmp_path / "run").model.exists()
