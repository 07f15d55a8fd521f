"""Export to ONNX: one file with the network, its padding, its balance and its colour arithmetic, for any frame size."""

import contextlib
import dataclasses
import json
import logging
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.errors import ModelError, SettingsError
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.model.balance import Balance
from filmrecovery.model.model_file import ModelDescription, load_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.luma import LUMA_WEIGHTS

INPUT_NAME = "rgb"
OUTPUT_NAME = "recovered"
METADATA_KEY = "filmrecovery"
_MARK = bytes([0x0A, len(METADATA_KEY)]) + METADATA_KEY.encode()
"""How the entry of the metadata begins in the file: field 1, of the key's length."""
TOLERANCE = 1e-4
"""The exported model agrees with the network to this much, in display-referred values."""

# Odd sizes that share no multiple with the network's packing, so that padding is checked too.
_CHECKED_SIZES = ((203, 301), (64, 130))


def export_onnx(model_path: Path, output: Path) -> None:
    """Writes a model as ONNX, atomically, after comparing it with the network on pictures of several sizes.

    The exported model takes `rgb` and gives `recovered`, both float32 (1, 3, height, width) of any height and width,
    display-referred in the working space of the model's description. That description is in the metadata under
    `filmrecovery`, as JSON. Values outside 0..1 survive. A balance of the source is part of what is exported.

    Raises SettingsError for an output that does not end in .onnx; ModelError for a model that cannot be read, for one
    that cleans the source, and for an export that does not agree; and OutputError, also where the output would replace
    a file that is no such export.
    """
    if Path(output).suffix.lower() != ".onnx":
        raise SettingsError(f"{output}: expected a name that ends in .onnx")
    refuse_foreign(Path(output), "export of a model", lambda present: _MARK in present.read_bytes())
    network, description = load_model(Path(model_path))
    if description.preparation.cleans:
        raise ModelError(
            f"{model_path}: cleans the source ({description.preparation}), which an ONNX file cannot do; render with "
            "this model itself, or train one on pairs of a source that is not cleaned"
        )
    content = _exported(network, description).model_proto.SerializeToString()
    check_export(content, network, description.preparation)
    write_bytes(output, content)


def check_export(content: bytes, network: RecoveryNetwork, preparation: SourcePreparation) -> None:
    """Raises ModelError where ONNX of this content gives other pictures than balance and network do, to `TOLERANCE`."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    for height, width in _CHECKED_SIZES:
        picture = torch.rand(1, 3, height, width, generator=generator) * 1.4 - 0.2
        prepared = torch.from_numpy(preparation.prepared(picture[0].permute(1, 2, 0).numpy())).permute(2, 0, 1)[None]
        with torch.inference_mode():
            expected = network(prepared).numpy()
        (output,) = session.run([OUTPUT_NAME], {INPUT_NAME: picture.numpy()})
        difference = float(np.abs(output - expected).max())
        # Written so that NaN fails too.
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the exported model differs from the network by {difference:g} on a picture of {width}x{height}, "
                f"more than {TOLERANCE:g}; use the safetensors model"
            )


class _Balance(nn.Module):
    """`apply_balance` of (batch, 3, height, width), in double precision too: near black, powers enlarge every error."""

    slope: Tensor
    offset: Tensor
    power: Tensor
    luma_weights: Tensor

    def __init__(self, balance: Balance) -> None:
        super().__init__()
        self.keep_luma = balance.keep_luma
        for name in ("slope", "offset", "power"):
            self._add(name, [getattr(channel, name) for channel in balance.channels.values()])
        self._add("luma_weights", LUMA_WEIGHTS)

    def _add(self, name: str, numbers: Sequence[float]) -> None:
        self.register_buffer(name, torch.tensor(numbers, dtype=torch.float64).view(1, 3, 1, 1))

    def forward(self, rgb: Tensor) -> Tensor:
        line = rgb.double() * self.slope + self.offset
        balanced = torch.where(line > 0, line.clamp(min=0) ** self.power, line)
        if self.keep_luma:
            balanced = balanced + ((rgb.double() - balanced) * self.luma_weights).sum(1, keepdim=True)
        return balanced.float()


class _Recovery(nn.Module):
    """Balance and network under the input's name: the exporter takes names from arguments."""

    def __init__(self, network: RecoveryNetwork, balance: Balance | None) -> None:
        super().__init__()
        self.balance = _Balance(balance) if balance else nn.Identity()
        self.network = network

    def forward(self, rgb: Tensor) -> Tensor:
        return self.network(self.balance(rgb))


def _exported(network: RecoveryNetwork, description: ModelDescription) -> torch.onnx.ONNXProgram:
    dynamic = torch.export.Dim.DYNAMIC
    with _quiet():
        program = torch.onnx.export(
            _Recovery(network, description.preparation.balance).eval(),
            (torch.rand(1, 3, *_CHECKED_SIZES[0]),),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_shapes={INPUT_NAME: {2: dynamic, 3: dynamic}},
            opset_version=20,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # which only the exporter that is not asked for here, TorchScript's, gives
    for node in program.model.graph.all_nodes():
        # The exporter's notes for debugging: stack traces with the paths of this machine.
        node.metadata_props.clear()
    program.model.metadata_props[METADATA_KEY] = json.dumps(dataclasses.asdict(description))
    return program


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Keeps the exporter's notes, on optional packages and its own deprecations, from the user's terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
