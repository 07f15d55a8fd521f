"""The stage: writes the simulated elements of a shot, and its truth, as sequences that the other stages read."""

import dataclasses
import importlib.metadata
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from filmrecovery.atomic import write_text
from filmrecovery.errors import RunError
from filmrecovery.images import frame_from_rgb, read_frame, write_frame
from filmrecovery.progress import progress
from filmrecovery.sequences import Sequence, refuse_overwriting
from filmrecovery.simulation.demo_shot import demo_frame
from filmrecovery.simulation.elements import faded_print, internegative
from filmrecovery.simulation.settings import SimulationSettings
from filmrecovery.simulation.video import aged_video

Picture = Callable[[int], np.ndarray]


def _truth(rgb: np.ndarray, number: int, settings: SimulationSettings) -> np.ndarray:
    return rgb


_ELEMENTS = {"truth": _truth, "faded": faded_print, "internegative": internegative, "video": aged_video}


def simulate(settings: SimulationSettings, footage: Sequence, folder: Path) -> dict[str, Sequence]:
    """Simulates the elements of a user's footage, which is read as display-referred Rec.709.

    Values are clamped to 0..1, the range of a display: no print holds what lies outside. Writes and returns what
    `demo_elements` does. Raises ElementError, OutputError and RunError as it does.
    """
    outputs = [
        element.path(number) for element in _sequences(folder, footage.frames).values() for number in footage.frames
    ]
    refuse_overwriting(outputs, [footage.path(number) for number in footage.frames])

    def picture(number: int) -> np.ndarray:
        return np.clip(read_frame(footage.path(number)).rgb, 0, 1)

    return _write_elements(settings, footage.frames, picture, footage.pattern, folder)


def demo_elements(settings: SimulationSettings, frames: Iterable[int], folder: Path) -> dict[str, Sequence]:
    """Simulates the elements of the demo shot (see `demo_shot`), 960x540.

    Writes half-float EXR sequences `truth/truth.####.exr`, and `faded`, `internegative` and `video` likewise, into
    `folder`, with `simulation.json`: settings, footage, and the versions of the libraries that made the pixels. Returns
    the four sequences by name. Frames of which all four are there are left alone, so that a stopped simulation goes on.

    Raises RunError where the folder holds a simulation with other settings, and OutputError where it cannot be written.
    """
    return _write_elements(settings, tuple(frames), demo_frame, "demo shot", folder)


def _write_elements(
    settings: SimulationSettings, frames: tuple[int, ...], picture: Picture, footage: str, folder: Path
) -> dict[str, Sequence]:
    _claim(folder, settings, footage)
    elements = _sequences(folder, frames)
    unfinished = [n for n in frames if not all(element.path(n).exists() for element in elements.values())]
    for number in progress(unfinished, len(frames), "Simulating", done=len(frames) - len(unfinished)):
        rgb = picture(number)
        for name, element in elements.items():
            write_frame(element.path(number), frame_from_rgb(_ELEMENTS[name](rgb, number, settings)), "zip")
    return elements


def _sequences(folder: Path, frames: tuple[int, ...]) -> dict[str, Sequence]:
    return {name: Sequence(str(folder / name / f"{name}.####.exr"), frames) for name in _ELEMENTS}


def _claim(folder: Path, settings: SimulationSettings, footage: str) -> None:
    """Writes down what the folder holds. Raises RunError where that is another simulation already."""
    path = folder / "simulation.json"
    wanted = {"settings": dataclasses.asdict(settings), "footage": footage}
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path}: not a readable JSON file ({error}); choose another folder or remove it") from error
        if not isinstance(found, dict) or any(found.get(key) != value for key, value in wanted.items()):
            raise RunError(f"{folder}: holds a simulation with other settings or footage; choose another folder")
        return
    packages = ("numpy", "pillow", "scikit-image", "scipy")
    versions = {package: importlib.metadata.version(package) for package in packages}
    write_text(path, json.dumps({**wanted, "versions": versions}, indent=2) + "\n")
