"""What is true of two simulated elements: which frames of them show the same, and where in the picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import FileError
from filmrecovery.base.read_file import read_json
from filmrecovery.picture.arrays import Matrix
from filmrecovery.trials.simulation.raw_element import RawElement, placement, translation
from filmrecovery.trials.simulation.simulated_elements import FADED_PRINT, gate_weave
from filmrecovery.trials.simulation.simulation_settings import SimulationSettings


@dataclass(frozen=True)
class Placement:
    """Where a frame comes from: the frame of the footage (None: it shows none) and the homography (3, 3) from there."""

    footage: int | None
    matrix: Matrix


@dataclass(frozen=True)
class AlignmentTruth:
    """The frames of both elements, by their numbers; sizes are (width, height) in pixels.

    `reference_window` is the picture of the reference without its borders: left, top, right, bottom in pixels.
    """

    source_size: tuple[int, int]
    reference_size: tuple[int, int]
    reference_window: tuple[float, float, float, float]
    source: dict[int, Placement]
    reference: dict[int, Placement]

    def references(self, source: int) -> tuple[int, ...]:
        """The frames of the reference that show the same as a frame of the source: none, one, or more where doubled."""
        shown = self.source[source].footage
        return tuple(
            number for number, placed in self.reference.items() if shown is not None and placed.footage == shown
        )

    def matrix(self, source: int, reference: int) -> Matrix:
        """The homography from a frame of the source to one of the reference, with [2][2] = 1.

        It holds for the framing of any two frames, also such as show other moments.
        """
        matrix = self.reference[reference].matrix @ np.linalg.inv(self.source[source].matrix)
        return matrix / matrix[2, 2]


def truth_of_print(
    shown: Mapping[int, int], settings: SimulationSettings, reference: RawElement, footage_size: tuple[int, int]
) -> AlignmentTruth:
    """The truth of a faded print (see `simulated_elements`) and a raw reference.

    `shown` maps the print's frame numbers to the footage's.
    """

    def in_gate(number: int) -> Matrix:
        down, right = gate_weave(FADED_PRINT, number, settings)
        return translation(right, down)

    return AlignmentTruth(
        footage_size,
        (reference.width, reference.height),
        reference.window,
        {number: Placement(frame, in_gate(number)) for number, frame in shown.items()},
        {
            number: Placement(frame, placement(reference, number, footage_size))
            for number, frame in reference.shown.items()
        },
    )


def write_truth(path: Path, truth: AlignmentTruth) -> None:
    """Writes the truth as JSON: `frames` for each frame of the source, and what it follows from. Raises OutputError."""
    frames = []
    for number in truth.source:
        references = truth.references(number)
        matrix = truth.matrix(number, references[0]).tolist() if references else None
        frames.append(
            {
                "source": number,
                "reference": references[0] if references else None,
                "alsoReference": references[1:],
                "matrix": matrix,
            }
        )
    content = {
        "sourceSize": truth.source_size,
        "referenceSize": truth.reference_size,
        "referenceWindow": truth.reference_window,
        "frames": frames,
        "sourcePlacements": _listed(truth.source),
        "referencePlacements": _listed(truth.reference),
    }
    write_text(path, json.dumps(content, indent=1) + "\n")


def read_truth(path: Path) -> AlignmentTruth:
    """Reads what `write_truth` wrote. Raises FileError for a file that is missing or holds something else."""
    try:
        content = read_json(path, "the truth of two elements", "simulate them again")
        return AlignmentTruth(
            tuple(content["sourceSize"]),
            tuple(content["referenceSize"]),
            tuple(content["referenceWindow"]),
            _placements(content["sourcePlacements"]),
            _placements(content["referencePlacements"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path}: not the truth of two elements ({error!r}); simulate them again") from error


def _listed(placements: dict[int, Placement]) -> list[dict[str, Any]]:
    return [
        {"frame": number, "footage": placed.footage, "matrix": placed.matrix.tolist()}
        for number, placed in placements.items()
    ]


def _placements(listed: list[dict[str, Any]]) -> dict[int, Placement]:
    return {item["frame"]: Placement(item["footage"], np.array(item["matrix"], float)) for item in listed}
