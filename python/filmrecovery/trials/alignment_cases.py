"""Pairs of elements with known truth, each hard to match or to align in a way of its own.

The source of every case is a faded print (`simulated_elements`) of some footage, the reference a raw element
(`raw_element`) of the same footage.
"""

import dataclasses
import functools
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import RunError, SettingsError
from filmrecovery.base.progress import progress
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import luma
from filmrecovery.trials.simulation.alignment_truth import AlignmentTruth, truth_of_print, write_truth
from filmrecovery.trials.simulation.demo_shot import DEMO_SPACE
from filmrecovery.trials.simulation.footage import Footage
from filmrecovery.trials.simulation.raw_element import RawElement, numbered, raw_frame
from filmrecovery.trials.simulation.simulated_elements import faded_print
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings

# Frames of the footage: the reference begins before the source and ends after it, unless a case says otherwise.
_WHOLE = range(40)
_SOURCE = range(4, 36)
_FIRST_SOURCE = 1001

_PRINT = SimulationSettings(seed=1, fade=0.5, wear=0.3, weave=0.3)
_SECOND = SimulationSettings(seed=2, wear=0.3, video_quality=60)


@dataclass(frozen=True)
class Recipe:
    """How the elements of a case are made."""

    reference: Callable[..., RawElement]  # of a width and a height
    source: SimulationSettings = _PRINT
    reference_size: float = 1.0  # width of the reference against the footage's
    reference_aspect: float | None = None  # width against height; the footage's where None
    step: int = 1  # the elements show every step-th frame of the footage
    held: range = range(0)  # frames of the elements that all show the first of them
    grey: bool = False  # whether the print is black and white


CASES = {
    # Numbers and framing differ, and little else.
    "mild fade": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 87),
            look="internegative",
            scale=1.03,
            shift=(0.006, -0.004),
            weave=0.4,
            jitter=0.1,
        ),
        source=dataclasses.replace(_PRINT, fade=0.25, wear=0.1),
    ),
    # Hardly any cyan left, coarse grain.
    "heavy fade": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 1, dropped=(13,), doubled=(24,)),
            scale=1.05,
            shift=(-0.008, 0.01),
            rotation=0.3,
            weave=0.5,
            jitter=0.15,
        ),
        source=dataclasses.replace(_PRINT, fade=1.0, grain=1.5),
    ),
    # A worn-out print beside an element that is worn too.
    "scratches": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 412, dropped=(18, 19), doubled=(9,)),
            look="internegative",
            scale=1.02,
            shift=(0.01, 0.005),
            rotation=-0.2,
            weave=0.5,
            jitter=0.15,
            settings=dataclasses.replace(_SECOND, wear=1.0),
        ),
        source=dataclasses.replace(_PRINT, wear=1.0),
    ),
    # A video of half the width, compressed hard.
    "half resolution": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 1, doubled=(8, 16, 24, 32)),
            scale=1.04,
            shift=(0.004, 0.008),
            weave=0.5,
            jitter=0.15,
            gain=(0.95, 1.0, 0.9),
            gamma=1.15,
            settings=dataclasses.replace(_SECOND, video_quality=20),
        ),
        reference_size=0.5,
    ),
    # A 4:3 video with black bars; files are missing.
    "borders": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 250, missing=(15, 16, 17, 30)),
            borders=(0.04, 0.15, 0.02, 0.13),
            scale=1.02,
            shift=(0.003, 0.0),
            weave=0.5,
            jitter=0.15,
        ),
        reference_aspect=4 / 3,
    ),
    # Filmed off a screen, from the side.
    "perspective": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 1, dropped=(11,)),
            look="internegative",
            scale=1.06,
            shift=(-0.004, 0.006),
            rotation=0.8,
            keystone=(0.03, -0.02),
            weave=0.4,
            jitter=0.1,
        ),
    ),
    "subtitles": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 33, dropped=(20, 21, 22)),
            scale=1.03,
            shift=(0.0, 0.006),
            weave=0.4,
            jitter=0.1,
            subtitles=True,
        )
    ),
    "fast motion": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 5, dropped=(12,), doubled=(27,)),
            scale=1.04,
            shift=(0.005, -0.008),
            rotation=0.3,
            weave=0.5,
            jitter=0.15,
        ),
        step=3,
    ),
    # Nothing but the timing tells the frames in its middle apart.
    "static shot": Recipe(
        functools.partial(
            RawElement, numbered(_WHOLE, 61, dropped=(7,)), scale=1.03, shift=(-0.005, 0.004), weave=0.5, jitter=0.15
        ),
        held=range(12, 30),
    ),
    # A worn silver print beside a video with wrong colour.
    "black and white": Recipe(
        functools.partial(
            RawElement,
            numbered(_WHOLE, 1, dropped=(26,), doubled=(14,)),
            scale=1.05,
            shift=(0.006, 0.006),
            rotation=-0.4,
            weave=0.6,
            jitter=0.2,
            gain=(1.0, 0.9, 0.75),
            gamma=0.85,
            saturation=0.7,
        ),
        source=dataclasses.replace(_PRINT, fade=0.0, grain=1.3, wear=1.0),
        grey=True,
    ),
    # The reference survives in two pieces, with leader between them.
    "segments": Recipe(
        functools.partial(
            RawElement,
            numbered(range(14), 501) | dict.fromkeys(range(515, 523)) | numbered(range(22, 40), 523, doubled=(30,)),
            scale=1.03,
            shift=(0.006, 0.004),
            rotation=0.2,
            weave=0.5,
            jitter=0.15,
        )
    ),
}


@dataclass(frozen=True)
class Case:
    """Two elements on disk, and what is true of them."""

    name: str
    source: Element
    reference: Element
    truth: AlignmentTruth


def check_footage(shots: Collection[Footage], cases: Collection[str]) -> None:
    """Raises SettingsError for cases that do not exist, and for footage of one name; ElementError where it is short."""
    names = [shot.name for shot in shots]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(
                f"more than one footage is called '{name}'; rename the files, so that each has a folder"
            )
    last = max(_recipe(name).step for name in cases) * _WHOLE[-1]
    for shot in shots:
        shot.picture(last)


def make_case(name: str, footage: Footage, folder: Path) -> Case:
    """Simulates one of `CASES` from 40 frames of footage (120 for fast motion) and returns it.

    Writes EXR sequences `source/source.####.exr` and `reference/reference.####.exr` into `folder`, display-referred
    Rec.709, with `case.json` and `truth.json`. Frames that are there are left alone, so that a finished case is read
    rather than made.

    Raises SettingsError for an unknown name, ElementError for footage that is too short, RunError where the folder
    holds another case, and OutputError where it cannot be written.
    """
    recipe = _recipe(name)
    height, width = footage.picture(0).shape[:2]
    reference_width = round(width * recipe.reference_size)
    element = recipe.reference(
        width=reference_width, height=round(reference_width / (recipe.reference_aspect or width / height))
    )
    shown = numbered(_SOURCE, _FIRST_SOURCE)
    truth = truth_of_print(shown, recipe.source, element, (width, height))
    _claim(folder, recipe, element, footage)

    def picture(frame: int) -> Picture:
        return footage.picture(recipe.step * (recipe.held.start if frame in recipe.held else frame))

    def print_frame(number: int) -> Picture:
        rgb = faded_print(picture(shown[number]), number, recipe.source)
        return np.repeat(luma(rgb)[..., None], 3, axis=2) if recipe.grey else rgb

    source = Element(str(folder / "source" / "source.####.exr"), tuple(truth.source), DEMO_SPACE)
    reference = Element(str(folder / "reference" / "reference.####.exr"), tuple(truth.reference), DEMO_SPACE)
    pictures = [(source.path(number), functools.partial(print_frame, number)) for number in source.frames]
    pictures += [
        (reference.path(number), functools.partial(raw_frame, element, number, picture)) for number in reference.frames
    ]
    unfinished = [(path, make) for path, make in pictures if not path.exists()]
    for path, make in progress(unfinished, len(pictures), f"Simulating {name}", len(pictures) - len(unfinished)):
        write_frame(path, frame_from_rgb(make()), "dwaa")
    write_truth(folder / "truth.json", truth)
    return Case(name, source, reference, truth)


def _recipe(name: str) -> Recipe:
    if name not in CASES:
        raise SettingsError(f"'{name}' is not one of the cases {', '.join(CASES)}")
    return CASES[name]


def _claim(folder: Path, recipe: Recipe, element: RawElement, footage: Footage) -> None:
    """Writes down what the folder holds. Raises RunError where that is another case already."""
    path = folder / "case.json"
    content = {
        "footage": footage.name,
        "source": dataclasses.asdict(recipe.source),
        "reference": dataclasses.asdict(element),
        "step": recipe.step,
        "held": list(recipe.held),
        "grey": recipe.grey,
    }
    wanted = json.dumps(content, indent=1) + "\n"
    if not path.exists():
        write_text(path, wanted)
    elif path.read_text(encoding="utf-8") != wanted:
        raise RunError(f"{folder}: holds another case, or one of another version; choose another folder or remove it")
