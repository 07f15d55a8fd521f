"""What a report says of how the recovery was made: elements, model and settings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import RunError
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.model.model_header import read_model_header
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.validation.validation_figures import Validation


def model_of_run(run: RunFolder, weights_hash: str) -> tuple[Path, dict[str, Any]]:
    """The model of a training that has these weights, and its description.

    Raises ModelError where it has no model, and RunError where its models have other weights.
    """
    headers = {
        path: read_model_header(path) for path in (run.model, run.best_model) if path.exists() or path == run.model
    }
    for path, header in headers.items():
        if header["weights_hash"] == weights_hash:
            return path, header
    raise RunError(
        f"{run.path}: its models are not the one that was validated, of weights {weights_hash}; give the folder of "
        "that training, or validate the recovery by this model"
    )


def described(
    validation: Validation, elements: ReportElements, model: tuple[Path, dict[str, Any]] | None
) -> Iterator[tuple[str, str]]:
    """Names and texts of what was done, in the order of the work."""
    yield "Recovery", validation.mode
    for name, element in elements.files():
        yield name.capitalize(), f"{element.pattern}, frames {format_frames(element.frames)}, in {element.space}"
    if callable(elements.baseline):
        yield "Baseline", "a grade of the source, fitted to the pairs"
    yield "Working space", validation.working_space
    if validation.crop:
        yield "Part of the picture", f"{validation.crop} (left, top, right, bottom, in pixels)"
    yield "Frames trained on", validation.training_frames
    held_out = format_frames(hold_out.frame for hold_out in validation.hold_outs)
    yield "Frames held out", held_out or "none"
    if validation.shots_without_pairs:
        shots = ", ".join(map(str, validation.shots_without_pairs))
        yield "Shots without pairs", f"{shots}; recovered by the grade of the whole film; add pairs of them to be sure"
    yield "Model, SHA-256 of its weights", validation.model
    if model:
        path, header = model
        yield "Model file", str(path)
        yield "Pairs, SHA-256", header["pairs_hash"]
        yield "Network", f"{header['size']}, {header['steps']} steps, seed {header['seed']}"
        yield "Preparation of the source", str(from_mapping(SourcePreparation, header["preparation"], str(path)))
        yield (
            "Settings of the training",
            ", ".join(f"{key} {json.dumps(value)}" for key, value in header["settings"].items()),
        )
        yield "Versions", ", ".join(f"{name} {version}" for name, version in header["versions"].items())
