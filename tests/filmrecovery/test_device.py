"""The arithmetic that `auto` stands for follows from the processor, not from how busy it is."""

import pytest
import torch

from filmrecovery.model.device import find_precision


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": True}, torch.float32),
        ({"architecture": "aarch64"}, torch.float32),
    ],
)
def test_bfloat16_is_for_processors_with_matrix_units(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert find_precision("auto", torch.device("cpu")) == expected


def test_a_precision_by_name_is_taken_as_it_is():
    assert find_precision("bfloat16", torch.device("cpu")) == torch.bfloat16
