"""Recovers a simulated film from four gauges, each of which has kept something else, and from each reference alone.

    python tests/filmrecovery/campaigns/four_elements.py FOLDER

The source is a faded 16 mm print. A 35 mm internegative has the detail; a video has the colour but for its blue, which
is as good as lost; a 9.5 mm print, soft and grainy, has the blue. Each has numbers, framing, weave and borders of its
own. Printed are the means over all frames that were not trained on, against the truth. The same folder goes on where it
was stopped; `elements` in it serve the graph fourElements as well.
"""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from filmrecovery.film.elements.element import Element, find_element
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.matchgrade.grading import grade
from filmrecovery.matchgrade.match_grade import match_grade
from filmrecovery.matchgrade.match_grade_settings import GradeSettings, MatchGradeSettings
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.measures import ciede2000, psnr
from filmrecovery.project.run_project import run_project
from filmrecovery.trials.simulation.demo_film import film_frame
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, raw_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

WIDTH, HEIGHT = 480, 270
FRAMES = range(1, 49)
TRAINED, HELD_OUT = "1,11,20,21,35,48", "6,15,28,42"
SETTINGS = SimulationSettings(seed=1, fade=0.85, uneven=1.0, shot_starts=(21,), weave=0.0)

REFERENCES = {
    "internegative": RawElement(
        numbered(range(-5, 53), first=1001),
        width=512,
        height=310,
        look="internegative",
        borders=(0.022, 0.06, 0.018, 0.055),
        scale=1.015,
        rotation=-0.3,
        weave=0.25,
        jitter=0.05,
        settings=SETTINGS,
    ),
    "video": RawElement(
        numbered(range(-3, 55), first=501, dropped=(13,), doubled=(25,)),
        width=480,
        height=360,
        borders=(0.012, 0.125, 0.008, 0.125),
        scale=1.03,
        shift=(0.004, -0.003),
        weave=0.3,
        jitter=0.08,
        gain=(1.0, 1.0, 0.1),
        settings=SETTINGS,
    ),
    "small": RawElement(
        numbered(range(-2, 52), first=1),
        width=440,
        height=300,
        look="small gauge",
        borders=(0.02, 0.05, 0.02, 0.05),
        scale=1.02,
        shift=(-0.004, 0.002),
        rotation=0.2,
        weave=0.4,
        jitter=0.1,
        settings=SETTINGS,
    ),
}

PROJECT = """
title = "Four gauges"
shot = "FG_010"
working_space = "srgb_tx"
output = "{output}"

{elements}

[[stages]]
name = "spatial"
mode = "spatial"
source = "print"
reference = "internegative"
training_frames = "{trained}"
hold_out_frames = "{held_out}"
align = {{}}
shots = {{}}
train = {{ size = "small", steps = 1000, patch_size = 256, batch_size = 2, learning_rate = 0.02 }}

[[stages]]
name = "chroma"
mode = "chroma"
source = "spatial"
{references}
training_frames = "{trained}"
hold_out_frames = "{held_out}"
align = {{}}
shots = {{}}
median = 4
train = {{ size = "small", steps = 200, patch_size = 256, batch_size = 2, learning_rate = 0.02 }}

[validate]
enabled = false
"""
VARIANTS = {
    "video": 'reference = "video"',
    "small": 'reference = "small"',
    "four": 'reference = "video"\nparts = { blue = "small" }',
}


def make_elements(folder: Path) -> dict[str, Element]:
    """Writes the elements that are not there yet, and the truth."""

    def footage(number: int) -> Picture:
        return film_frame(number, WIDTH, HEIGHT)

    made: dict[str, dict[int, Callable[[], Picture]]] = {
        "truth": {number: functools.partial(footage, number) for number in FRAMES},
        "print": {number: (lambda number=number: faded_print(footage(number), number, SETTINGS)) for number in FRAMES},
    }
    for name, raw in REFERENCES.items():
        made[name] = {number: functools.partial(raw_frame, raw, number, footage) for number in raw.shown}
    elements = {}
    for name, pictures in made.items():
        element = Element(str(folder / name / f"{name}.####.exr"), tuple(sorted(pictures)), "srgb_tx", name)
        for number, picture in pictures.items():
            if not element.path(number).is_file():
                write_frame(element.path(number), frame_from_rgb(picture()), "zip")
        elements[name] = element
    return elements


def recover(folder: Path, elements: dict[str, Element]) -> dict[str, Element]:
    """What each way of recovering gives, by its name."""
    text = "\n".join(
        f'[elements.{name}]\npattern = "{element.pattern}"\nframes = "{element.frames[0]}-{element.frames[-1]}"\n'
        f'space = "srgb_tx"\n'
        for name, element in elements.items()
        if name != "truth"
    )
    given = {"elements": text, "trained": TRAINED, "held_out": HELD_OUT}
    results = {}
    for name, references in VARIANTS.items():
        (folder / f"{name}.toml").write_text(PROJECT.format(output=name, references=references, **given))
        results[name] = run_project(folder / f"{name}.toml")
    detailed = find_element(str(folder / "four" / "spatial" / "frames" / "FG_010_spatial.####.exr"), space="srgb_tx")
    lut = folder / "lut" / "grade.clf"
    match_grade(MatchGradeSettings(), [folder / "four" / "chroma" / "pairs"], lut)
    results["LUT"] = grade(GradeSettings(), lut, detailed, str(folder / "lut" / "graded.####.exr"))
    return {"print": elements["print"], **results}


def figures(results: dict[str, Element], truth: Element) -> dict[str, tuple[float, float]]:
    """PSNR and CIEDE2000 of each result, as means over the frames that were not trained on."""
    frames = sorted(set(FRAMES) - set(parse_frames(TRAINED)))
    found = {}
    for name, element in results.items():
        convert = colour.converter(element.space, "srgb_tx")
        pairs = [
            (np.clip(convert(read_frame(element.path(one)).rgb), 0, 1), read_frame(truth.path(one)).rgb)
            for one in frames
        ]
        found[name] = tuple(float(np.mean([figure(*pair) for pair in pairs])) for figure in (psnr, ciede2000))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.absolute()
    elements = make_elements(folder / "elements")
    results = recover(folder, elements)
    print(f"\n{'against the truth':20}{'PSNR, dB':>10}{'CIEDE2000':>12}")
    for name, (peak, difference) in figures(results, elements["truth"]).items():
        print(f"{name:20}{peak:10.2f}{difference:12.2f}")


if __name__ == "__main__":
    main()
