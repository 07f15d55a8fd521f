"""Every writer of the project with a small product: what is written whole or not at all."""

import functools
import json
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from filmrecovery.base.atomic import copy_file, write_text
from filmrecovery.base.records import write_record
from filmrecovery.delivering.review_movie import write_review_movie
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.movies.write_movie import MOVIE_FORMATS, MovieLabels, write_movie
from filmrecovery.matchgrade.lut_file import LutText, write_lut
from filmrecovery.model import onnx_export
from filmrecovery.model.model_file import ModelDescription, save_model, write_tensors
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.comparison import Panel, write_comparison
from filmrecovery.picture.contact_sheet import write_contact_sheet, write_picture


@functools.cache
def picture(height=192, width=256):
    """A picture with grain, so that no format packs it to nothing."""
    y, x = np.mgrid[:height, :width] / width
    smooth = np.stack([0.4 + 0.3 * np.sin(9 * x + 4 * y), 0.4 + 0.2 * np.cos(7 * y), 0.3 + 0.2 * x * y], axis=-1)
    grain = np.random.default_rng(1).normal(0, 0.02, smooth.shape)
    return np.clip(smooth + grain, 0, 1).astype(np.float32)


def _frame(name, encoding, folder):
    write_frame(folder / name, frame_from_rgb(picture()), encoding)


def _master(preset, folder):
    kind = MOVIE_FORMATS[preset]
    write_movie(folder / f"a{kind.suffix}", kind, [picture(48, 64)] * 3, MovieLabels(Fraction(24)))


@functools.cache
def _network():
    torch.manual_seed(1)
    return RecoveryNetwork("chroma", "small").eval().requires_grad_(False)


_DESCRIPTION = ModelDescription("chroma", "small", "srgb_tx", "of no pairs", 0, 0, SourcePreparation(), {}, {})


@functools.cache
def _model():
    path = Path(tempfile.mkdtemp()) / "model.safetensors"
    save_model(path, _network().state_dict(), _DESCRIPTION)
    return path


@functools.cache
def _program():
    return onnx_export._exported(_network(), _DESCRIPTION)  # pyright: ignore[reportPrivateUsage]


def _checkpoint(folder):
    tensors = {f"optimiser:{name}": tensor for name, tensor in _network().state_dict().items()}
    write_tensors(folder / "checkpoint.safetensors", tensors, {"step": 3})


def _onnx(folder):
    program = _program()
    with pytest.MonkeyPatch.context() as patch:
        # The export and its check take seconds, and write nothing.
        patch.setattr(onnx_export, "_exported", lambda *arguments: program)
        patch.setattr(onnx_export, "check_export", lambda *arguments: None)
        onnx_export.export_onnx(_model(), folder / "model.onnx")


def _lut(folder):
    nodes = np.linspace(0, 1, 9)
    lattice = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), axis=-1)
    write_lut(folder / "grade.clf", lattice, LutText("a", "b", "c", "d"))


WRITERS: dict[str, Callable[[Path], object]] = {
    **{f"EXR, {encoding}": functools.partial(_frame, "a.exr", encoding) for encoding in ENCODINGS},
    **{name.upper(): functools.partial(_frame, f"a.{name}", "zip") for name in ("tif", "png", "dpx", "jpg")},
    "movie": lambda folder: write_review_movie(folder / "a.mp4", [picture(48, 64)] * 12, 24),
    "FFV1": functools.partial(_master, "ffv1-10"),
    "ProRes": functools.partial(_master, "prores-422hq"),
    "model": lambda folder: save_model(folder / "model.safetensors", _network().state_dict(), _DESCRIPTION),
    "checkpoint": _checkpoint,
    "ONNX": _onnx,
    "LUT": _lut,
    "record": lambda folder: write_record(folder / "a.json", 1, {"frames": list(range(2000))}),
    "text": lambda folder: write_text(folder / "a.html", json.dumps(list(range(4000)))),
    "contact sheet": lambda folder: write_contact_sheet(folder / "a.png", [("row", [picture()] * 2)], ["a", "b"]),
    "picture": lambda folder: write_picture(folder / "a.png", picture()),
    "copy": lambda folder: copy_file(_model(), folder / "model.safetensors"),
    "comparison": lambda folder: write_comparison(
        folder / "a.jpg", {"a": Panel(picture(), (99, 99)), "b": Panel(picture(), (99, 99))}, {}
    ),
}
