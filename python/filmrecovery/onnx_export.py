"""Export to ONNX: one file with the network, its padding and its colour arithmetic, for any frame size."""

import contextlib
import dataclasses
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from filmrecovery.atomic import atomic_path
from filmrecovery.errors import ModelError
from filmrecovery.model_file import ModelDescription, load_model
from filmrecovery.network import RecoveryNetwork

INPUT_NAME = "rgb"
OUTPUT_NAME = "recovered"
METADATA_KEY = "filmrecovery"
TOLERANCE = 1e-4
"""The exported model agrees with the network to this much, in display-referred values."""

# Odd sizes that share no multiple with the network's packing, so that padding is checked too.
_CHECKED_SIZES = ((203, 301), (64, 130))


def export_onnx(model_path: Path, output: Path) -> None:
    """Writes a model as ONNX, atomically, after comparing it with the network on pictures of several sizes.

    The exported model takes `rgb` and gives `recovered`, both float32 (1, 3, height, width) of any height and width,
    display-referred in the working space of the model's description. That description is in the metadata under
    `filmrecovery`, as JSON. Values outside 0..1 survive.

    Raises ModelError for a model that cannot be read and for an export that does not agree, and OutputError.
    """
    network, description = load_model(Path(model_path))
    program = _exported(network, description)
    with atomic_path(output) as temporary:
        program.save(temporary, external_data=False)
        check_export(temporary, network)


def check_export(path: Path, network: RecoveryNetwork) -> None:
    """Raises ModelError where an ONNX file does not give what the network gives, to `TOLERANCE`."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    for height, width in _CHECKED_SIZES:
        picture = torch.rand(1, 3, height, width, generator=generator) * 1.4 - 0.2
        with torch.inference_mode():
            expected = network(picture).numpy()
        (found,) = session.run([OUTPUT_NAME], {INPUT_NAME: picture.numpy()})
        difference = float(np.abs(found - expected).max())
        # Written so that NaN fails too.
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the exported model differs from the network by {difference:g} on a picture of {width}x{height}, "
                f"more than {TOLERANCE:g}; use the safetensors model"
            )


class _Recovery(nn.Module):
    """The network under the input's name: the exporter takes names from arguments."""

    def __init__(self, network: RecoveryNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, rgb: Tensor) -> Tensor:
        return self.network(rgb)


def _exported(network: RecoveryNetwork, description: ModelDescription) -> torch.onnx.ONNXProgram:
    dynamic = torch.export.Dim.DYNAMIC
    with _quiet():
        program = torch.onnx.export(
            _Recovery(network).eval(),
            (torch.rand(1, 3, *_CHECKED_SIZES[0]),),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_shapes={INPUT_NAME: {2: dynamic, 3: dynamic}},
            opset_version=20,
            dynamo=True,
            verbose=False,
        )
    for node in program.model.graph.all_nodes():
        # The exporter's notes for debugging: stack traces with the paths of this machine.
        node.metadata_props.clear()
    program.model.metadata_props[METADATA_KEY] = json.dumps(dataclasses.asdict(description))
    return program


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
