"""A whole recovery of a film of eight tiny frames: its elements, and the call of every stage, in their order."""

import dataclasses
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame

WIDTH, HEIGHT, FRAMES = 160, 120, 8
_PAN = 7
"""Pixels from one frame to the next."""
_SHIFT = 3
"""Pixels that the reference lies off the source."""


@dataclasses.dataclass(frozen=True)
class Stage:
    """A call of the command line, in the folder with the elements, and what it writes there."""

    name: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    """Files and folders."""


def _stage(command: str, *outputs: str) -> Stage:
    arguments = tuple(command.split())
    return Stage(arguments[0], arguments, outputs)


STAGES = (
    _stage("match source.####.exr reference.####.exr matches.json", "matches.json", "matches.csv"),
    _stage("shots source.####.exr shots.json --timeline shots.otio", "shots.json", "shots.otio"),
    _stage(
        "align matches.json source.####.exr reference.####.exr alignment.json --output aligned/a.####.exr",
        "alignment.json",
        "aligned",
    ),
    _stage("crop source.####.exr crop.json --reference reference.####.exr --alignment alignment.json", "crop.json"),
    _stage(
        "select source.####.exr selection.json --matches matches.json --alignment alignment.json --count 4",
        "selection.json",
        "selection.csv",
    ),
    _stage("balance source.####.exr balance.json --reference reference.####.exr", "balance.json"),
    _stage(
        "pairs source.####.exr aligned/a.####.exr pairs --mode chroma --frames 1,3,6,8 --hold-out-frames 4 "
        "--preview-frames 5 --crop crop.json --median 3",
        "pairs",
    ),
    _stage(
        "train pairs --model run/model.safetensors --steps 6 --patch-size 64 --members 1 --checkpoint-interval 1 "
        "--report-interval 3 --device cpu",
        "run",
    ),
    _stage(
        "render run/model.safetensors source.####.exr recovered/r.####.exr --source-space srgb_tx --crop crop.json",
        "recovered",
    ),
    _stage("export run/model.safetensors model.onnx", "model.onnx"),
    _stage(
        "merge source.####.exr recovered/r.####.exr merged/m.####.exr --operation color",
        "merged",
    ),
    _stage("match-grade pairs --lut grade.clf", "grade.clf", "grade.cube", "grade.json"),
    _stage("grade grade.clf source.####.exr graded/g.####.exr --source-space srgb_tx", "graded"),
    _stage(
        "validate run/model.safetensors source.####.exr recovered/r.####.exr --pairs pairs --output report "
        "--source-space srgb_tx --crop crop.json --lut grade.clf --device cpu",
        "report",
    ),
    _stage(
        "deliver recovered/r.####.exr deliveries --film Film --shot S1 --model run/model.safetensors "
        "--masters zip,dwaa,aces --pairs pairs --report report --source source.####.exr",
        "deliveries",
    ),
    _stage("paint-export source.####.exr painting --frames 2,7", "painting"),
)


def write_elements(folder: Path) -> None:
    """Writes the source, faded, and the reference, a little off it, as frames of EXR."""
    random = np.random.default_rng(7)
    wide = WIDTH + _PAN * FRAMES + _SHIFT
    layers = [
        gaussian_filter(random.standard_normal((HEIGHT + _SHIFT, wide, 3)), (size, size, 0)) * size
        for size in (1, 3, 9)
    ]
    ground = np.sum(layers, axis=0)
    ground = np.clip(0.5 + 0.16 * ground / ground.std(), 0, 1).astype(np.float32)
    for number in range(1, FRAMES + 1):
        left = _PAN * number
        for name, off in (("source", 0), ("reference", _SHIFT)):
            rgb = ground[off : off + HEIGHT, left + off : left + off + WIDTH]
            faded = rgb if off else 0.25 + 0.5 * rgb.mean(axis=-1, keepdims=True) + 0.15 * (rgb - 0.5)
            write_frame(folder / f"{name}.{number:04d}.exr", frame_from_rgb(faded), "zip")
