"""The stage: writes the simulated elements of a shot, and its truth, as sequences that the other stages read."""

import dataclasses
import functools
import importlib.metadata
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import RunError
from filmrecovery.base.progress import progress
from filmrecovery.base.read_file import read_json
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.frame_seal import is_as_written
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.arrays import Picture
from filmrecovery.trials.simulation.aged_video import aged_video
from filmrecovery.trials.simulation.alignment_truth import AlignmentTruth, read_truth, truth_of_print, write_truth
from filmrecovery.trials.simulation.demo_film import film_frame
from filmrecovery.trials.simulation.demo_shot import DEMO_SPACE, demo_frame
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, raw_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print, internegative
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

SIMULATION_NAME = "simulation.json"
"""What a folder of simulated elements says of them."""

PictureOf = Callable[[int], Picture]

# Each holds the memory of a frame's simulation, which for a film scan is about a gigabyte.
_THREADS = 2


def _truth(rgb: Picture, number: int, settings: SimulationSettings) -> Picture:
    return rgb


_ELEMENTS = {"truth": _truth, "faded": faded_print, "internegative": internegative, "video": aged_video}


def simulate(settings: SimulationSettings, footage: Element, folder: Path) -> dict[str, Element]:
    """Simulates the elements of a user's footage, which is read as display-referred Rec.709.

    Writes half-float EXR sequences `truth/truth.####.exr`, and `faded`, `internegative` and `video` likewise, into
    `folder`, all of the footage's framing and numbers, with `simulation.json`: settings, footage, and the versions of
    the libraries that made the pixels. Returns the four sequences by name. Frames that are there, and whole, are left
    alone, so that a stopped simulation goes on. Values are clamped to 0..1, the range of a display: no print holds what
    lies outside.

    Raises RunError where the folder holds a simulation with other settings or footage, ElementError for footage that is
    missing or damaged, and OutputError where the folder cannot be written or the footage would be overwritten.
    """
    elements = _elements(folder, dict.fromkeys(_ELEMENTS, footage.frames), footage.space)
    refuse_overwriting([path for element in elements.values() for path in element.paths()], footage.paths())

    def picture(number: int) -> Picture:
        return np.clip(read_frame(footage.path(number)).rgb, 0, 1)

    _claim(folder, {"settings": to_mapping(settings), "footage": footage.pattern})
    _write(_framed_pictures(settings, elements, picture))
    return elements


def demo_elements(settings: SimulationSettings, frames: Iterable[int], folder: Path) -> dict[str, Element]:
    """Simulates the elements of the demo film (see `demo_film`): a faded print, 960x540, and two raw references of it.

    The print has the framing and the numbers of the truth. The references are as an archive delivers them: the
    internegative as a scan of 1024x620 and the video as a transfer of 720x540, each with frame numbers, framing, weave
    and borders of its own and with frames before and after the film's; of the video, two of the film's frames were
    dropped and one stands twice.

    Writes and returns elements as `simulate` does, and beside the frames of `truth/` what is true of either reference
    (see `reference_truth`). Raises RunError where the folder holds a simulation with other settings, and OutputError
    where it cannot be written.
    """
    frames = tuple(frames)
    references = {"internegative": _raw_internegative(settings, frames), "video": _raw_video(settings, frames)}
    content = {"settings": to_mapping(settings), "footage": "demo film"}
    content |= {name: dataclasses.asdict(reference) for name, reference in references.items()}
    _claim(folder, content)

    framed = _elements(folder, dict.fromkeys(("truth", "faded"), frames), DEMO_SPACE)
    raw = _elements(folder, {name: reference.shown for name, reference in references.items()}, DEMO_SPACE)
    pictures = _framed_pictures(settings, framed, film_frame)
    for name, element in raw.items():
        pictures |= {
            element.path(number): functools.partial(raw_frame, references[name], number, film_frame)
            for number in element.frames
        }
    _write(pictures)

    height, width = film_frame(frames[0]).shape[:2]
    shown = {number: number for number in frames}
    for name, reference in references.items():
        write_truth(_truth_path(folder, name), truth_of_print(shown, settings, reference, (width, height)))
    return framed | raw


def reference_truth(folder: Path, name: str) -> AlignmentTruth:
    """How the frames of the demo's print in `folder` and of a reference, "internegative" or "video", belong together.

    Raises ElementError where it is missing or damaged.
    """
    return read_truth(_truth_path(folder, name))


def _raw_internegative(settings: SimulationSettings, frames: tuple[int, ...]) -> RawElement:
    """A scan to the frame lines, of which nothing was cut, through an aperture a little smaller than the print's."""
    return RawElement(
        numbered(range(frames[0] - 8, frames[-1] + 5), first=1001),
        width=1024,
        height=620,
        look="internegative",
        borders=(0.022, 0.06, 0.018, 0.055),
        scale=1.015,
        shift=(-0.003, 0.002),
        rotation=-0.3,
        weave=0.5,
        jitter=0.1,
        settings=settings,
    )


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


def _elements(folder: Path, frames: Mapping[str, Collection[int]], space: str) -> dict[str, Element]:
    return {
        name: Element(str(folder / name / f"{name}.####.exr"), tuple(numbers), space, name)
        for name, numbers in frames.items()
    }


def _truth_path(folder: Path, reference: str) -> Path:
    return folder / "truth" / f"{reference}.json"


def _framed_pictures(
    settings: SimulationSettings, elements: Mapping[str, Element], footage: PictureOf
) -> dict[Path, Callable[[], Picture]]:
    """What makes each frame of elements that have the framing and the numbers of their footage, by its file."""

    def frame(name: str, number: int) -> Picture:
        return _ELEMENTS[name](footage(number), number, settings)

    return {
        element.path(number): functools.partial(frame, name, number)
        for name, element in elements.items()
        for number in element.frames
    }


def _write(pictures: Mapping[Path, Callable[[], Picture]]) -> None:
    """Writes the pictures that are not there yet, or not as they were written."""

    def write(path: Path) -> None:
        write_frame(path, frame_from_rgb(pictures[path]()), "zip")

    unfinished = [path for path in pictures if not is_as_written(path)]
    with ThreadPoolExecutor(_THREADS) as threads:
        done = len(pictures) - len(unfinished)
        for _ in progress(threads.map(write, unfinished), len(pictures), "Simulating", done):
            pass


def scan_elements(frames: Iterable[int], size: tuple[int, int], folder: Path) -> tuple[Element, Element]:
    """Simulates a faded print of the demo shot, and a raw video of it, both scanned at a size (width, height).

    The print has the numbers of the frames. The video has numbers, framing and weave of its own, a few frames more at
    either end, and one of the print's frames twice. Writes and returns both as `simulate` does, and in `folder/truth`
    what is true of them (see `reference_truth`, of "video").

    Raises RunError where the folder holds another simulation, and OutputError where it cannot be written.
    """
    frames = tuple(frames)
    settings = SimulationSettings(fade=0.5, wear=0.3, weave=0.3)
    video = RawElement(
        numbered(range(frames[0] - 2, frames[-1] + 3), first=501, doubled=(frames[len(frames) // 2],)),
        *size,
        scale=1.03,
        shift=(0.004, -0.003),
        rotation=0.2,
        weave=0.6,
        jitter=0.15,
        settings=settings,
    )
    _claim(folder, {"footage": "demo shot", "size": size, "frames": frames, "video": dataclasses.asdict(video)})

    def picture(number: int) -> Picture:
        return demo_frame(number, *size)

    elements = _elements(folder, {"faded": frames, "video": video.shown}, DEMO_SPACE)
    pictures = {
        elements["faded"].path(number): functools.partial(_faded, settings, number, picture) for number in frames
    }
    pictures |= {
        elements["video"].path(number): functools.partial(raw_frame, video, number, picture) for number in video.shown
    }
    _write(pictures)
    truth = truth_of_print({number: number for number in frames}, settings, video, size)
    write_truth(_truth_path(folder, "video"), truth)
    return elements["faded"], elements["video"]


def _faded(settings: SimulationSettings, number: int, picture: PictureOf) -> Picture:
    return faded_print(picture(number), number, settings)


def _claim(folder: Path, content: Mapping[str, Any]) -> None:
    """Writes down what the folder holds. Raises RunError where that is another simulation already."""
    path = folder / SIMULATION_NAME
    # As JSON gives it back: of lists, and with keys of text.
    wanted = json.loads(json.dumps(content))
    if path.exists():
        found = read_json(path, "what a simulation is of", "choose another folder or remove it")
        if not isinstance(found, dict) or {key: found[key] for key in found if key != "versions"} != wanted:
            raise RunError(f"{folder}: holds a simulation with other settings or footage; choose another folder")
        return
    packages = ("numpy", "pillow", "scikit-image", "scipy")
    versions = {package: importlib.metadata.version(package) for package in packages}
    write_text(path, json.dumps({**wanted, "versions": versions}, indent=2) + "\n")
