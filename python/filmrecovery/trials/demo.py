"""The demo: a simulated film whose truth is known is recovered from raw elements and measured against the truth."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.foreign_file import refuse_foreign
from filmrecovery.base.progress import progress
from filmrecovery.film.checks.parity import check_parity
from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.comparison import Panel, write_comparison
from filmrecovery.picture.measures import ciede2000, psnr
from filmrecovery.project.load_project import load_project
from filmrecovery.project.raw_reference import ALIGNMENT_NAME, MATCHES_NAME
from filmrecovery.project.run_project import run_project
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.matching.frame_match import read_matches
from filmrecovery.trials.alignment_benchmark import measure_alignments, measure_matches
from filmrecovery.trials.baselines import gain_gamma_fit
from filmrecovery.trials.simulation.demo_film import CUT
from filmrecovery.trials.simulation.demo_shot import DEMO_SPACE
from filmrecovery.trials.simulation.simulate import demo_elements, reference_truth
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

FRAMES = tuple(range(1, 49))
FILM = SimulationSettings(uneven=1.0, shot_starts=(CUT,))
"""Faded towards both edges, along the roll, and otherwise in each shot, as an archive has it."""
COLOUR_FRAMES = FRAMES[2::4]
"""CIEDE2000 takes ten times as long as PSNR: every fourth frame."""

SHOWN_FRAME = 38
SHOWN_DETAIL = (365, 165)
"""The frame of the comparison, which is not chosen to train on, and the middle (x, y) of its detail: the face, and the
rim of the collar."""


PROJECT = """\
# The demo's combined recovery: detail from the internegative, then colour from the video. Both are as an archive
# delivers them: of frame numbers, framing, size, borders and weave of their own. Each is matched and aligned to the
# print by itself, and the frames to train on are chosen.
#
# `filmrecovery demo` overwrites this file. To try other settings, copy it under another name beside this one, give the
# copy another `output`, and start it with `filmrecovery run`.

title = "Demo film"
shot = "demo"
output = "recovered"
working_space = "srgb_tx"

[elements.print]                        # 16 mm: faded, soft, grainy
pattern = "elements/faded/faded.####.exr"
frames = "1-48"
space = "srgb_tx"

[elements.internegative]                # 35 mm: sharp, of fine grain, but pale; scanned to the frame lines
pattern = "elements/internegative/internegative.####.exr"
frames = "1001-1060"                    # with frames before and after the shot
space = "srgb_tx"

[elements.video]                        # an old transfer, letterboxed: soft and noisy, but of true colour
pattern = "elements/video/video.####.exr"
frames = "86400-86458"                  # likewise, but two of the shot's frames are lacking, and one stands twice
space = "srgb_tx"

[[stages]]
name = "spatial"                        # first the internegative's detail
mode = "spatial"
source = "print"
reference = "internegative"
align = {}
shots = {}                              # the film has two, which are found
train = { size = "small", steps = 2000, patch_size = 256, batch_size = 2, learning_rate = 0.02 }

[[stages]]
name = "chroma"                         # then the video's colour, on the first stage's result
mode = "chroma"
source = "spatial"
reference = "video"
align = {}
shots = {}
median = 4
train = { size = "small", steps = 200, patch_size = 256, batch_size = 2, learning_rate = 0.02 }

[delivery]
space = "lin_ap0"
encoding = "zip"

[provenance]                            # for the headers of the frames
restorationist = "Film Recovery"
institution = "Film Recovery, the demo"
source_element = "16 mm print, simulated"
reference_source = "35 mm internegative and video, simulated"
"""


_THREADS = 4

_NOTE = f"""\
Means over frames {format_frames(FRAMES)}, the few that were trained on among them; of CIEDE2000, over every fourth.
The gain and gamma of each channel were fitted to the truth of these, which flatters them: no truth went into the
recovery."""

Pictures = Callable[[int], Picture]
"""Gives the picture of a frame number, (height, width, 3) in `DEMO_SPACE`."""


@dataclass(frozen=True)
class Figures:
    """How near a shot comes to the truth: means over its frames, as a display shows them (clamped to 0..1)."""

    psnr: float
    ciede2000: float


@dataclass(frozen=True)
class ReferenceFigures:
    """How well a raw reference was matched and aligned to the print; errors are in pixels of the print."""

    frames: int  # of the print
    right_matches: int  # the frame that shows the same, or rightly none
    median_error: float  # over the frames that have a match
    worst_error: float


def demo(folder: Path = Path("demo"), recovered: str | None = None, settings: SimulationSettings = FILM) -> None:
    """Makes the demo film in `folder`, recovers it, and prints how near the recovery comes to the truth.

    Leaves `elements/`, `project.toml`, `recovered/`, `figures.json` and `comparison.png` in the folder. Where
    `recovered` is given, the pattern of frames that another program recovered, these are measured and no `recovered/`
    is made; how well that program matched and aligned is not known then. The same call again goes on where the last one
    stopped, and of what is finished redoes nothing but the measuring.

    Raises what `make_film`, `run_project`, `measure_references` and `show_figures` do.
    """
    folder = folder.absolute()
    film = make_film(folder, settings)
    if recovered:
        show_figures(folder, film, recovered)
    else:
        delivered = run_project(folder / "project.toml")
        show_figures(folder, film, delivered.pattern, measure_references(folder))


def make_film(folder: Path, settings: SimulationSettings = FILM) -> dict[str, Element]:
    """Writes the film's `elements/` and its `project.toml` into `folder`, and returns the elements by their names.

    Raises OutputError where the folder cannot be written or has another `project.toml`, and RunError where it holds the
    elements of another film.
    """
    refuse_foreign(folder / "project.toml", "project file of the demo", _is_of_the_demo)
    film = demo_elements(settings, FRAMES, folder / "elements")
    write_text(folder / "project.toml", PROJECT)
    return film


def _is_of_the_demo(path: Path) -> bool:
    """Whether a project file begins as that of the demo does, of this version or another."""
    begin = PROJECT[: PROJECT.index(":")].encode()
    with open(path, "rb") as file:
        return file.read(len(begin)) == begin


def measure_references(folder: Path) -> dict[str, ReferenceFigures]:
    """How well the project's run in `folder` matched and aligned each of the raw references, by its name.

    Raises ElementError where what the run found, or the truth, is missing or damaged.
    """
    project = load_project(folder / "project.toml")
    figures = {}
    for stage in project.stages:
        if stage.reference is None:  # a stage that applies a model
            continue
        prepared = project.folder(stage) / "reference"
        truth = reference_truth(folder / "elements", stage.reference)
        matches = measure_matches(read_matches(prepared / MATCHES_NAME), truth)
        aligned = measure_alignments(read_alignment(prepared / ALIGNMENT_NAME).frames, truth)
        figures[stage.reference] = ReferenceFigures(
            matches.frames, matches.exact, aligned.median_error, aligned.worst_error
        )
    return figures


def show_figures(
    folder: Path, film: Mapping[str, Element], recovered: str, references: Mapping[str, ReferenceFigures] | None = None
) -> None:
    """Prints how near the frames of the pattern `recovered`, in the project's delivery space, come to the truth.

    Writes `figures.json` and `comparison.png` into `folder`; `references` goes into the first, and is printed. Raises
    ElementError for frames that are missing, damaged or not of the film's size, and OutputError where the folder cannot
    be written.
    """
    project = load_project(folder / "project.toml")
    delivered = find_element(recovered, format_frames(FRAMES), project.delivery.space)
    check_parity(film["faded"], delivered)

    faded, truth = (_reader(film[name]) for name in ("faded", "truth"))
    result = _reader(delivered)
    graded = gain_gamma_fit(*([picture(number) for number in COLOUR_FRAMES] for picture in (faded, truth)))
    results = {
        "faded print": faded,
        "gain and gamma fitted": lambda number: graded(faded(number)),
        "recovered": result,
    }
    figures = measure(results, truth, FRAMES, COLOUR_FRAMES)
    content = {
        "psnr_frames": format_frames(FRAMES),
        "ciede2000_frames": format_frames(COLOUR_FRAMES),
        "figures": {name: dataclasses.asdict(figure) for name, figure in figures.items()},
    }
    if references:
        content["references"] = {name: dataclasses.asdict(figure) for name, figure in references.items()}
    write_text(folder / "figures.json", json.dumps(content, indent=2) + "\n")

    panels = {
        "Faded 16 mm print": Panel(faded(SHOWN_FRAME), SHOWN_DETAIL),
        "35 mm internegative": _reference_panel(folder, film, "internegative"),
        "Aged video": _reference_panel(folder, film, "video"),
        "Recovered": Panel(result(SHOWN_FRAME), SHOWN_DETAIL),
    }
    write_comparison(folder / "comparison.png", panels, {"Truth": Panel(truth(SHOWN_FRAME), SHOWN_DETAIL)})
    print(f"\n{report(figures)}\n\n{_NOTE}\n")
    if references:
        print(f"{report_references(references)}\n")
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


def report_references(references: Mapping[str, ReferenceFigures]) -> str:
    """How well the references were matched and aligned, as a table with a line for each."""
    lines = [f"{'against the print':22}{'matches right':>15}{'alignment off, pixels':>23}{'at most':>9}"]
    for name, figure in references.items():
        matches = f"{figure.right_matches} of {figure.frames}"
        lines.append(f"{name:22}{matches:>15}{figure.median_error:23.3f}{figure.worst_error:9.3f}")
    return "\n".join(lines)


def _reference_panel(folder: Path, film: Mapping[str, Element], name: str) -> Panel:
    """A raw reference as it is; its detail shows the same things as the print's."""
    truth = reference_truth(folder / "elements", name)
    number = truth.references(SHOWN_FRAME)[0]
    matrix = truth.matrix(SHOWN_FRAME, number)
    x, y, depth = matrix @ (*SHOWN_DETAIL, 1)
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    return Panel(_reader(film[name])(number), (x / depth, y / depth), scale)


def _reader(element: Element) -> Pictures:
    convert = colour.converter(element.space, DEMO_SPACE)
    return lambda number: convert(read_frame(element.path(number)).rgb)


def _means(
    figure: Callable[[Picture, Picture], float],
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
