"""What a GPU does: skipped where there is none. The same questions are asked of the processor where it can answer."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from test_training import QUICK, journal, pairs, weights

from filmrecovery.model.device import find_precision, move_to
from filmrecovery.model.inference import recover
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.training.learning.patches import NO_AUGMENTATION, TrainingPair, draw_batch
from filmrecovery.training.learning.train import train

__all__ = ["pairs"]

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")),
]
PRECISIONS = ["float32", "bfloat16"]
needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")


@pytest.mark.parametrize("device", DEVICES)
def test_channels_lie_last_all_the_way_through_a_member(device: str) -> None:
    network = RecoveryNetwork("chroma", "small")
    move_to(network, torch.device(device))
    orders = []
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(
                lambda _layer, _inputs, output: orders.append(output.is_contiguous(memory_format=torch.channels_last))
            )
    network.coefficients(torch.rand(1, 3, 256, 256, device=device))
    assert orders
    assert all(orders)


@pytest.mark.parametrize("device", DEVICES)
def test_a_batch_reaches_the_device_whole(device: str) -> None:
    picture = torch.rand(3, 128, 128)
    pair = TrainingPair(picture, 1 - picture, torch.rand(2, 17, 17, 17), torch.rand(5, 2, 9, 9, 9), (-1, 1, -1, 1))
    batch = draw_batch([pair], 2, 64, 64, NO_AUGMENTATION, 1, 0)
    moved = batch.to(torch.device(device))
    for name in ("grades", "place_grades", "edges"):
        there = getattr(moved.patches, name)
        assert there.device.type == device
        assert torch.equal(there.cpu(), getattr(batch.patches, name))
    assert torch.equal(moved.inputs.cpu(), batch.inputs)
    assert torch.equal(moved.targets.cpu(), batch.targets)


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("device", DEVICES)
def test_a_training_in_either_arithmetic_learns_the_same(
    pairs: Path, tmp_path: Path, device: str, precision: str
) -> None:
    settings = dataclasses.replace(QUICK, members=1, seed=3)
    train(settings, [pairs], tmp_path / "plain")
    train(dataclasses.replace(settings, precision=precision, device=device), [pairs], tmp_path / "other")
    losses = [[entry["loss"] for entry in journal(tmp_path / run) if "loss" in entry] for run in ("plain", "other")]
    assert losses[1] == pytest.approx(losses[0], rel=0.1 if precision == "bfloat16" else 0.01)
    # What is kept is float32 in either.
    assert {tensor.dtype for tensor in weights(tmp_path / "other" / "model.safetensors").values()} == {torch.float32}


@pytest.mark.parametrize("device", DEVICES[1:])
def test_a_gpu_recovers_what_the_processor_does(random_network, device: str) -> None:
    picture = np.random.default_rng(1).random((200, 300, 3)).astype(np.float32)
    network = random_network("chroma")
    expected = recover(network, picture)
    move_to(network, torch.device(device))
    np.testing.assert_allclose(recover(network, picture), expected, atol=2e-3)


@pytest.mark.parametrize("device", DEVICES[1:])
def test_a_training_on_a_gpu_goes_on_where_it_stopped(pairs: Path, tmp_path: Path, device: str) -> None:
    settings = dataclasses.replace(QUICK, device=device, members=1)
    whole = weights(train(settings, [pairs], tmp_path / "whole"))
    (tmp_path / "whole" / "model.safetensors").unlink()
    again = weights(train(settings, [pairs], tmp_path / "whole"))
    for name, tensor in whole.items():
        torch.testing.assert_close(again[name], tensor, rtol=1e-2, atol=1e-3)


@needs_two
def test_two_gpus_train_what_one_trains(pairs: Path, tmp_path: Path) -> None:
    settings = dataclasses.replace(QUICK, batch_size=2, device="cuda", precision="float32", members=1)
    one = weights(train(settings, [pairs], tmp_path / "one"))
    two = weights(train(dataclasses.replace(settings, processes=2), [pairs], tmp_path / "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("device", DEVICES[1:])
def test_a_gpu_trains_in_bfloat16_where_it_has_units_for_it(device: str) -> None:
    has_units = torch.cuda.is_bf16_supported(including_emulation=False)
    assert find_precision("auto", torch.device(device)) == (torch.bfloat16 if has_units else torch.float32)
