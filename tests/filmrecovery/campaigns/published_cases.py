"""Dispatches each graph on a simulated film, and prints the table of resources/guide/published-cases.md.

    python tests/filmrecovery/campaigns/published_cases.py FOLDER [CASE ...]

The film is the truth of the sample film at half its size, more faded. Its elements lie on each other; `fourElements`
gets the four gauges of four_elements.py, which do not. Each graph is dispatched up to its reports by the Gaffer at
GAFFER_ROOT, or else on PATH. Printed are the means over the hold-outs, as the reports have them, the processor seconds
of the trainings, and which criteria failed. The same folder goes on where it was stopped.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from four_elements import FRAMES, HEIGHT, HELD_OUT, TRAINED, WIDTH, figures, make_elements

from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.aces import DELIVERY_SPACE
from filmrecovery.picture.measures import ciede2000
from filmrecovery.training.pairs.load_pairs import load_pairs
from filmrecovery.trials.simulation.demo_film import film_frame
from filmrecovery.trials.simulation.simulate import simulate
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings
from filmrecovery.validation.validation_record import read_outcome

CHECKOUT = Path(__file__).resolve().parents[3]
SETTINGS = SimulationSettings(fade=0.85, uneven=1.0, shot_starts=(21,))
SHOT = "PC_010"
CHOSEN = {"trainingFrames": TRAINED, "holdOutFrames": HELD_OUT, "previewFrame": ""}
STEPS = {"spatial": 1000, "chroma": 200}


@dataclass(frozen=True)
class Case:
    """A graph, its references, and what is set otherwise than it opens; `modes` are the stages that train."""

    graph: str
    references: dict[str, str]
    modes: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    frames: range = FRAMES


CASES = {
    "chroma": Case("chromaRecovery", {"reference": "video"}, ("chroma",)),
    "balanced": Case("balancedChromaRecovery", {"reference": "video"}, ("chroma",)),
    "balancedAsReference": Case(
        "balancedChromaRecovery", {"reference": "video"}, ("chroma",), values={"Balance.matchReference": True}
    ),
    "painted": Case("nonReferenceChroma", {"reference": "truth"}, ("chroma",)),
    "detail": Case("spatialRecovery", {"reference": "internegative"}, ("spatial",)),
    "twoSteps": Case(
        "twoStepSpatialRecovery",
        {"reference": "internegative"},
        ("spatial",),
        settings={
            "severalShots": False,
            "goodFrames": "21-34",
            "trainingFrames": "21,25,31,34",
            "holdOutFrames": "28,38,44,47",
        },
        frames=range(21, 49),
    ),
    "combined": Case(
        "combinedRecovery",
        {"spatialReference": "internegative", "chromaReference": "video"},
        ("spatial", "chroma"),
    ),
    "four": Case(
        "fourElements",
        {"spatialReference": "internegative", "chromaReference": "video", "donor": "small"},
        ("spatial", "chroma"),
        settings={"alignReference": True},
        values={"ChromaGroundTruth.median": 4},
    ),
}


def film(folder: Path) -> dict[str, Element]:
    """The elements that lie on each other, by name."""
    footage = Element(str(folder / "footage" / "footage.####.exr"), tuple(FRAMES), "srgb_tx", "footage")
    for number in FRAMES:
        if not footage.path(number).is_file():
            write_frame(footage.path(number), frame_from_rgb(film_frame(number, WIDTH, HEIGHT)), "zip")
    elements = simulate(SETTINGS, footage, folder)
    return {**elements, "print": elements["faded"]}


def plugs(case: Case, elements: dict[str, Element], folder: Path) -> dict[str, Any]:
    """What is set, by the plug's name."""
    settings = {
        "folder": str(folder),
        "film": "Published cases",
        "shot": SHOT,
        "severalShots": True,
        "sourceFiles": elements["print"].pattern,
        "sourceSpace": "srgb_tx",
        **CHOSEN,
        **({} if case.graph == "nonReferenceChroma" else {"alignReference": False}),
        **case.settings,
    }
    for role, name in case.references.items():
        settings |= {f"{role}Files": elements[name].pattern, f"{role}Space": "srgb_tx"}
    values = {
        "dispatcher.framesMode": 2,
        "dispatcher.frameRange": f"{case.frames[0]}-{case.frames[-1]}",
        "dispatcher.jobsDirectory": str(folder / "jobs"),
        "frameRange.end": FRAMES[-1],
        **{f"Settings.{name}": value for name, value in settings.items()},
        **case.values,
    }
    for mode in case.modes:
        prefix = f"{mode.capitalize()}" if len(case.modes) > 1 else ""
        values |= {f"{prefix}Train.steps": STEPS[mode], f"{prefix}Train.patchSize": 256}
    return values


def dispatch(case: Case, elements: dict[str, Element], folder: Path) -> None:
    """Up to the reports."""
    gaffer = shutil.which("gaffer", path=f"{root}/bin" if (root := os.environ.get("GAFFER_ROOT")) else None)
    if gaffer is None:
        sys.exit("There is no Gaffer: set GAFFER_ROOT to the folder of one, or put its bin folder on PATH.")
    folder.mkdir(parents=True, exist_ok=True)
    variables = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "GAFFER_EXTENSION_PATHS": str(CHECKOUT),
        "FILMRECOVERY_PYTHON": str(_timed_python(folder)),
    }
    options = [text for name, value in plugs(case, elements, folder).items() for text in (f"-{name}", repr(value))]
    graph = CHECKOUT / "graphs" / f"{case.graph}.gfr"
    command = [gaffer, "dispatch", "-script", graph, "-tasks", "Validate", "-dispatcher", "Local", "-settings"]
    subprocess.run([*command, *options], env=variables, check=True)


def _timed_python(folder: Path) -> Path:
    """A Python of the engine that notes the processor seconds of each training in `seconds.txt`."""
    path = folder / "python"
    path.write_text(
        "#!/bin/sh\n"
        f'PYTHONPATH={shlex.quote(str(CHECKOUT / "python"))} {shlex.quote(sys.executable)} "$@"\n'
        "status=$?\n"
        f'[ "$3" = train ] && times >> {shlex.quote(str(folder / "seconds.txt"))}\n'
        "exit $status\n"
    )
    path.chmod(0o755)
    return path


def training_seconds(folder: Path) -> list[float]:
    """Of each training in turn. `times` writes a line of the shell itself, and "0m12.3s 0m0.4s" of its children."""
    found = []
    for line in (folder / "seconds.txt").read_text().splitlines()[1::2]:
        parts = [text.removesuffix("s").split("m") for text in line.split()]
        found.append(sum(60 * int(minutes) + float(seconds) for minutes, seconds in parts))
    return found


def row(name: str, elements: dict[str, Element], mode: str, seconds: float, folder: Path) -> str:
    """A line of the table: a stage of a graph."""
    case = CASES[name]
    outcome = read_outcome(folder / SHOT / mode / "report" / "report.json")
    unit = " dB" if outcome.figure == "psnr" else ""
    source, lut, recovered = (f"{outcome.likeness[one]:.2f}{unit}" for one in ("source", "baseline", "recovery"))
    if case.graph == "balancedChromaRecovery":
        # The report measures what the model learnt from, which is balanced.
        source = f"{_unbalanced(elements['print'], folder / SHOT / mode / 'pairs'):.2f}, balanced {source}"
    training = f"{STEPS[mode]} steps, {seconds:.0f} s"
    failed = "; ".join(outcome.texts) or "none"
    return f"| `{case.graph}` ({name}, {mode}) | {source} | {lut} | **{recovered}** | {training} | {failed} |"


def against_truth(elements: dict[str, Element], folder: Path) -> list[str]:
    """Lines that say how near all frames that were not trained on are to the truth."""
    recovered = find_element(str(folder / SHOT / "delivery" / f"{SHOT}_recovered.####.exr"), space=DELIVERY_SPACE)
    found = figures({"source": elements["print"], "recovered": recovered}, elements["truth"])
    return [f"{name} against the truth: {difference:.2f}, {peak:.2f} dB" for name, (peak, difference) in found.items()]


def _unbalanced(source: Element, pairs: Path) -> float:
    """How far the hold-outs are from their ground truth before they were balanced: a mean of CIEDE2000."""
    held_out = [pair for pair in load_pairs(pairs) if pair.role == "hold-out"]
    return float(np.mean([ciede2000(read_frame(source.path(pair.frame)).rgb, pair.target) for pair in held_out]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all where none is named")
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    folder = options.folder.absolute()
    lines = []
    for name in options.cases or CASES:
        case, place = CASES[name], folder / name
        elements = make_elements(folder / "gauges") if name == "four" else film(folder / "elements")
        if not (place / SHOT / case.modes[-1] / "report" / "report.json").is_file():
            dispatch(case, elements, place)
        seconds = training_seconds(place)[-len(case.modes) :]
        lines += [row(name, elements, mode, one, place) for mode, one in zip(case.modes, seconds, strict=True)]
        if name == "four":
            lines += against_truth(elements, place)
    print("\n| graph | source | LUT | recovered | training | criteria that fail |\n|---|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
