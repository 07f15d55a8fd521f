"""The demo: a simulated film whose truth is known is recovered by a project file and measured against the truth."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.atomic import write_text
from filmrecovery.colour import converter
from filmrecovery.comparison import write_comparison
from filmrecovery.images import read_frame
from filmrecovery.measures import ciede2000, gain_gamma_fit, psnr
from filmrecovery.parity import check_parity
from filmrecovery.progress import progress
from filmrecovery.project import load_project
from filmrecovery.recovery import run_project
from filmrecovery.sequences import Sequence, find_sequence, format_frames, parse_frames
from filmrecovery.simulation.settings import SimulationSettings
from filmrecovery.simulation.stage import demo_elements

FRAMES = tuple(range(1, 49))
COLOUR_FRAMES = FRAMES[2::4]
"""CIEDE2000 takes ten times as long as PSNR: every fourth frame, none of which is trained on."""

SHOWN_FRAME = 31
SHOWN_DETAIL = (350, 165)
"""The frame of the comparison, and the middle (x, y) of its detail: the face, and the rim of the collar."""

SPACE = "srgb_tx"

PROJECT = """\
# The demo's combined recovery: detail from the internegative, then colour from the video.
#
# `filmrecovery demo` writes this file anew. To try other settings, copy it under another name beside this one, give the
# copy another `output`, and start it with `filmrecovery run`.

title = "Demo film"
shot = "demo"
output = "recovered"
working_space = "srgb_tx"

[elements.print]                        # 16 mm: faded, soft, grainy
pattern = "elements/faded/faded.####.exr"
frames = "1-48"
space = "srgb_tx"

[elements.internegative]                # 35 mm: sharp, of fine grain, but pale
pattern = "elements/internegative/internegative.####.exr"
frames = "1-48"
space = "srgb_tx"

[elements.video]                        # an old transfer: soft and noisy, but of true colour
pattern = "elements/video/video.####.exr"
frames = "1-48"
space = "srgb_tx"

[[stages]]
name = "spatial"                        # first the internegative's detail
mode = "spatial"
source = "print"
reference = "internegative"
training_frames = "1,8,14,21,28,34,41,48"
hold_out_frames = "17,38"
preview_frames = "24"
train = { size = "small", steps = 2000, patch_size = 256, batch_size = 2, learning_rate = 0.02 }

[[stages]]
name = "chroma"                         # then the video's colour, on the first stage's result
mode = "chroma"
source = "spatial"
reference = "video"
training_frames = "1,8,14,21,28,34,41,48"
hold_out_frames = "17,38"
preview_frames = "24"
median = 4
train = { size = "small", steps = 400, patch_size = 256, batch_size = 2, learning_rate = 0.02 }

[delivery]
space = "lin_ap0"
encoding = "zip"
"""


_THREADS = 4

_NOTE = f"""\
Means over frames {format_frames(FRAMES)}; of CIEDE2000, over every fourth. The gain and gamma of each channel were
fitted to the truth of the training frames, which flatters them: no truth went into the recovery."""

Pictures = Callable[[int], np.ndarray]
"""Gives the picture of a frame number, (height, width, 3) in `SPACE`."""


@dataclass(frozen=True)
class Figures:
    """How near a shot comes to the truth: means over its frames, as a display shows them (clamped to 0..1)."""

    psnr: float
    ciede2000: float


def demo(folder: Path = Path("demo"), recovered: str | None = None) -> None:
    """Makes the demo film in `folder`, recovers it, and prints how near the recovery comes to the truth.

    Leaves `elements/`, `project.toml`, `recovered/`, `figures.json` and `comparison.png` in the folder. Where
    `recovered` is given, the pattern of frames that another program recovered, these are measured and no `recovered/`
    is made. The same call again goes on where the last one stopped, and of what is finished redoes nothing but the
    measuring.

    Raises what `make_film`, `run_project` and `show_figures` do.
    """
    folder = folder.absolute()
    film = make_film(folder)
    show_figures(folder, film, recovered or run_project(folder / "project.toml").pattern)


def make_film(folder: Path) -> dict[str, Sequence]:
    """Writes the film's `elements/` and its `project.toml` into `folder`, and returns the elements by their names.

    Raises OutputError where the folder cannot be written, and RunError where it holds the elements of another film.
    """
    film = demo_elements(SimulationSettings(), FRAMES, folder / "elements")
    write_text(folder / "project.toml", PROJECT)
    return film


def show_figures(folder: Path, film: Mapping[str, Sequence], recovered: str) -> None:
    """Prints how near the frames of the pattern `recovered`, in the project's delivery space, come to the truth.

    Writes `figures.json` and `comparison.png` into `folder`. Raises ElementError for frames that are missing, damaged
    or not of the film's size, and OutputError where the folder cannot be written.
    """
    project = load_project(folder / "project.toml")
    delivered = find_sequence(recovered, format_frames(FRAMES))
    check_parity(film["faded"], delivered)

    elements = {name: _reader(sequence, SPACE) for name, sequence in film.items()}
    result = _reader(delivered, project.delivery.space)
    training_frames = parse_frames(project.stages[0].training_frames)
    graded = gain_gamma_fit(*([elements[name](n) for n in training_frames] for name in ("faded", "truth")))
    results = {
        "faded print": elements["faded"],
        "gain and gamma fitted": lambda number: graded(elements["faded"](number)),
        "recovered": result,
    }
    figures = measure(results, elements["truth"], FRAMES, COLOUR_FRAMES)
    content = {
        "psnrFrames": format_frames(FRAMES),
        "ciede2000Frames": format_frames(COLOUR_FRAMES),
        "figures": {name: dataclasses.asdict(figure) for name, figure in figures.items()},
    }
    write_text(folder / "figures.json", json.dumps(content, indent=2) + "\n")

    shown = {
        "Faded 16 mm print": elements["faded"],
        "35 mm internegative": elements["internegative"],
        "Aged video": elements["video"],
        "Recovered": result,
    }
    write_comparison(
        folder / "comparison.png",
        {caption: picture(SHOWN_FRAME) for caption, picture in shown.items()},
        {"Truth": elements["truth"](SHOWN_FRAME)},
        SHOWN_DETAIL,
    )
    print(f"\n{report(figures)}\n\n{_NOTE}\n")
    print(f"recovered shot  {recovered}")
    print(f"comparison      {folder / 'comparison.png'}")
    print(f"figures         {folder / 'figures.json'}")
    print(f"project file    {folder / 'project.toml'}")


def measure(
    results: Mapping[str, Pictures], truth: Pictures, frames: tuple[int, ...], colour_frames: tuple[int, ...]
) -> dict[str, Figures]:
    """Figures of each result, by its name: PSNR over `frames`, CIEDE2000 over `colour_frames`."""
    peaks = _means(psnr, results, truth, frames, "Measuring PSNR")
    differences = _means(ciede2000, results, truth, colour_frames, "Measuring CIEDE2000")
    return {name: Figures(peaks[name], differences[name]) for name in results}


def report(figures: Mapping[str, Figures]) -> str:
    """The figures as a table with a line for each result."""
    lines = [f"{'against the truth':22}{'PSNR, dB':>10}{'CIEDE2000':>12}"]
    lines += [f"{name:22}{figure.psnr:10.2f}{figure.ciede2000:12.2f}" for name, figure in figures.items()]
    return "\n".join(lines)


def _reader(sequence: Sequence, space: str) -> Pictures:
    convert = converter(space, SPACE)
    return lambda number: convert(read_frame(sequence.path(number)).rgb)


def _means(
    figure: Callable[[np.ndarray, np.ndarray], float],
    results: Mapping[str, Pictures],
    truth: Pictures,
    frames: tuple[int, ...],
    label: str,
) -> dict[str, float]:
    def of_frame(number: int) -> list[float]:
        right = truth(number)
        return [figure(np.clip(picture(number), 0.0, 1.0), right) for picture in results.values()]

    with ThreadPoolExecutor(_THREADS) as threads:
        found = list(progress(threads.map(of_frame, frames), len(frames), label))
    return dict(zip(results, np.mean(found, axis=0).tolist(), strict=True))
