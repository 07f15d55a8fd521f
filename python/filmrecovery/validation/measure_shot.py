"""The frames of a shot, measured without a ground truth: each against its source, and their flicker over time."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.scope import Scope, name_of_shot
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.validation.coverage import Coverage
from filmrecovery.validation.flicker import Fields, added_flicker, comparable_frames, flicker, mean_fields
from filmrecovery.validation.looks import Looks
from filmrecovery.validation.validation_figures import FrameDoubt, Look, ShotFigures, ShotFrame
from filmrecovery.validation.working_pictures import WorkingPictures

PictureOf = Callable[[Picture, int], Picture]
"""Gives the picture that belongs to the source's picture of a frame number, in the working space."""


@dataclass(frozen=True)
class _Glance:
    """What is kept of one picture of a frame: its look, its differences from the source, and its mean colours."""

    look: Look
    differences: dict[str, float]
    fields: Fields


@dataclass(frozen=True)
class _Measured:
    """What is kept of a frame: colours that the training never had, a glance at each picture, and its doubt."""

    uncovered: float
    glances: dict[str, _Glance]
    doubt: FrameDoubt | None


def measure_shot(
    source: WorkingPictures,
    recovered: WorkingPictures,
    baseline: PictureOf | None,
    coverage: Coverage,
    preparation: SourcePreparation,
    mode: str,
    shots: Sequence[Scope],
) -> tuple[ShotFrame, ...]:
    """The figures of every frame of the source, read and measured once.

    `coverage` knows the colours of the training, whose inputs had this preparation. Raises ElementError for frames that
    are damaged, too small, or of another size than the source's.
    """
    frames, names = source.element.frames, ("source", "recovery", *(("baseline",) if baseline else ()))

    def measure(frame: int) -> _Measured:
        original = source.picture(frame)
        looks = Looks(original, mode)

        def glance(picture: Picture) -> _Glance:
            return _Glance(looks.look(picture), _differences(picture, original), mean_fields(picture))

        recovery, doubt = recovered.doubted_of(original, frame)
        glances = {"source": glance(original), "recovery": glance(recovery)}
        if baseline:
            glances["baseline"] = glance(baseline(original, frame))
        # Training inputs are balanced and cleaned.
        return _Measured(coverage.uncovered(preparation.prepared(original)), glances, doubt)

    measured = dict(zip(frames, on_all_cores(measure, frames, "Measuring the shot"), strict=True))
    fields = {name: {frame: one.glances[name].fields for frame, one in measured.items()} for name in names}
    comparable = comparable_frames(fields["source"])
    own = {name: flicker(fields[name], comparable) for name in names}
    added = {name: added_flicker(fields[name], fields["source"], comparable) for name in names}

    def figures(name: str, frame: int) -> ShotFigures:
        glance = measured[frame].glances[name]
        return ShotFigures(
            **dataclasses.asdict(glance.look),
            **glance.differences,
            flicker=own[name].get(frame),
            added_flicker=added[name].get(frame),
        )

    return tuple(
        ShotFrame(
            frame,
            one.uncovered,
            figures("source", frame),
            figures("baseline", frame) if baseline else None,
            figures("recovery", frame),
            one.doubt,
            name_of_shot(shots, frame, ""),
        )
        for frame, one in measured.items()
    )


def _differences(picture: Picture, source: Picture) -> dict[str, float]:
    """The figures of `ShotFigures` that compare with the source."""
    difference = picture - source
    y, colours = luma(difference), chroma(difference)
    cb, cr = colours[..., 0], colours[..., 1]
    return {
        "luma_rms": _rms(y),
        "luma_max": float(np.abs(y).max()),
        "chroma_rms": _rms(colours),
        "chroma_max": float(np.abs(colours).max()),
        "shift_luma": float(y.mean(dtype=np.float64)),
        "shift_cb": float(cb.mean(dtype=np.float64)),
        "shift_cr": float(cr.mean(dtype=np.float64)),
    }


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(np.square(values), dtype=np.float64)))
