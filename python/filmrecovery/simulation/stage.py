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
from filmrecovery.simulation.alignment_truth import truth_of_print, write_truth
from filmrecovery.simulation.demo_shot import demo_frame
from filmrecovery.simulation.elements import faded_print, internegative
from filmrecovery.simulation.raw_element import RawElement, numbered, raw_frame
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


def demo_elements(
    settings: SimulationSettings, frames: Iterable[int], folder: Path, raw_video: bool = False
) -> dict[str, Sequence]:
    """Simulates the elements of the demo shot (see `demo_shot`), 960x540.

    Writes half-float EXR sequences `truth/truth.####.exr`, and `faded`, `internegative` and `video` likewise, into
    `folder`, with `simulation.json`: settings, footage, and the versions of the libraries that made the pixels. Returns
    the four sequences by name. Frames that are there are left alone, so that a stopped simulation goes on.

    With `raw_video` the video is as a transfer comes from the archive: of its own frame numbers, of which two of the
    shot were dropped and one stands twice, framing, weave, borders and size; `alignment.json` is the truth that takes
    the faded print's frames to it (see `alignment_truth`).

    Raises RunError where the folder holds a simulation with other settings, and OutputError where it cannot be written.
    """
    frames = tuple(frames)
    video = _raw_video(settings, frames) if raw_video else None
    return _write_elements(settings, frames, demo_frame, "demo shot", folder, video)


def _raw_video(settings: SimulationSettings, frames: tuple[int, ...]) -> RawElement:
    """A letterboxed 4:3 transfer of frames of 16:9, and of some that the film had before and after them."""
    count = len(frames)
    return RawElement(
        numbered(
            range(frames[0] - 6, frames[-1] + 7),
            first=86400,
            dropped=(frames[count // 4], frames[count * 2 // 3]),
            doubled=(frames[count // 2],),
        ),
        width=720,
        height=540,
        borders=(0.012, 0.125, 0.008, 0.125),
        scale=1.03,
        shift=(0.004, -0.003),
        rotation=0.2,
        weave=0.6,
        jitter=0.15,
        settings=settings,
    )


def _write_elements(
    settings: SimulationSettings,
    frames: tuple[int, ...],
    picture: Picture,
    footage: str,
    folder: Path,
    raw_video: RawElement | None = None,
) -> dict[str, Sequence]:
    _claim(folder, settings, footage, raw_video)
    elements = _sequences(folder, frames)
    if raw_video:
        del elements["video"]
    unfinished = [n for n in frames if not all(element.path(n).exists() for element in elements.values())]
    for number in progress(unfinished, len(frames), "Simulating", done=len(frames) - len(unfinished)):
        rgb = picture(number)
        for name, element in elements.items():
            write_frame(element.path(number), frame_from_rgb(_ELEMENTS[name](rgb, number, settings)), "zip")
    if raw_video:
        elements["video"] = _write_raw_video(raw_video, picture, folder)
        height, width = picture(frames[0]).shape[:2]
        shown = {number: number for number in frames}
        write_truth(folder / "alignment.json", truth_of_print(shown, settings, raw_video, (width, height)))
    return elements


def _write_raw_video(element: RawElement, picture: Picture, folder: Path) -> Sequence:
    (video,) = _sequences(folder, tuple(element.shown), ("video",)).values()
    unfinished = [number for number in video.frames if not video.path(number).exists()]
    done = len(video.frames) - len(unfinished)
    for number in progress(unfinished, len(video.frames), "Simulating the raw video", done):
        write_frame(video.path(number), frame_from_rgb(raw_frame(element, number, picture)), "zip")
    return video


def _sequences(folder: Path, frames: tuple[int, ...], names: Iterable[str] = tuple(_ELEMENTS)) -> dict[str, Sequence]:
    return {name: Sequence(str(folder / name / f"{name}.####.exr"), frames) for name in names}


def _claim(folder: Path, settings: SimulationSettings, footage: str, raw_video: RawElement | None) -> None:
    """Writes down what the folder holds. Raises RunError where that is another simulation already."""
    path = folder / "simulation.json"
    wanted = {"settings": dataclasses.asdict(settings), "footage": footage}
    if raw_video:
        # As JSON gives it back: of lists, and with keys of text.
        wanted["raw_video"] = json.loads(json.dumps(dataclasses.asdict(raw_video)))
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path}: not a readable JSON file ({error}); choose another folder or remove it") from error
        if not isinstance(found, dict) or {key: found[key] for key in found if key != "versions"} != wanted:
            raise RunError(f"{folder}: holds a simulation with other settings or footage; choose another folder")
        return
    packages = ("numpy", "pillow", "scikit-image", "scipy")
    versions = {package: importlib.metadata.version(package) for package in packages}
    write_text(path, json.dumps({**wanted, "versions": versions}, indent=2) + "\n")
