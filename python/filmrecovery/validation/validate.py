"""The stage: measures a recovery on the hold-outs of its pairs and over the shot, beside its source and a baseline."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.overlap import at_once, on_all_cores
from filmrecovery.film.elements.element import Element, check_on_disk
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.elements.scope import Scope, name_of_shot, unknown_shots
from filmrecovery.film.elements.spread_frames import spread_frames
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.model.device import find_device, move_to
from filmrecovery.model.inference import doubt_of, recover
from filmrecovery.model.model_file import ModelDescription, load_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channel, Picture, Values
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.measures import SMALLEST_SIDE
from filmrecovery.picture.mirrored_fill import mirrored_fill
from filmrecovery.reference.curation.shared_crop import SharedCrop, part_inside, read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.training.pairs.training_data import TrainingData, load_training_data
from filmrecovery.validation.coverage import Coverage
from filmrecovery.validation.doubted import frame_doubt
from filmrecovery.validation.flicker import Fields, added_flicker, comparable_frames, flicker, mean_fields
from filmrecovery.validation.looks import Looks, pair_fit
from filmrecovery.validation.measure_hold_outs import measure_hold_outs
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import (
    FrameDoubt,
    Look,
    ShotFigures,
    ShotFrame,
    ShotWithoutPairs,
    Validation,
)

Grade = Callable[[Picture], Picture]
"""What a baseline makes of a picture (height, width, 3) in the working space."""

Pictures = Callable[[Picture, int], Picture]
"""Gives the picture that belongs to the source's picture of a frame number, in the working space."""


def validate(
    settings: ValidateSettings,
    pair_folders: Sequence[Path],
    model_path: Path,
    source: Element,
    recovered: Element,
    baseline: Element | None = None,
    grade: Grade | None = None,
) -> Validation:
    """Measures a recovery: on hold-outs against their ground truth, and over the frames of the source without one.

    `pair_folders` hold the pairs that the model was trained on; their hold-outs are recovered here, by the model.
    `recovered` and `baseline` have the frames of `source`. The baseline may be frames, a `grade`, or both: frames are
    taken for the shot and the grade for the hold-outs, each for the other's part too where it is alone. Every frame of
    the shot is read once and measured as it is, in the model's working space; hold-outs are clamped to 0..1 to be
    compared with the ground truth, which is too. With `most_frames`, frames of the shot are left out, hold-outs never.
    Where the settings name the shots, frames are compared with those of their own shot, and shots without pairs are
    listed. What a mask covers is filled from beside it, in all pictures alike, so that nothing is measured there. Where
    the recovered frames have the channel recovery.doubt, and where the model knows it of the hold-outs, it is measured
    too.

    Raises SettingsError where model and pairs do not go together, and for an unknown space; ModelError for a model that
    cannot be used; ElementError for pairs or frames that are missing, damaged or not of one size.
    """
    source, recovered = (measured_of(settings, element) for element in (source, recovered))
    data = load_training_data(pair_folders)
    network, description = _load(model_path, data, find_device(settings.device))
    area = read_crop(Path(settings.crop)) if settings.crop else None
    shots = read_shots(settings.shots, source) if settings.shots else ()
    space = description.working_space
    masks = PictureMasks(settings.mask_files, settings.mask_boxes)
    elements = {
        name: _WorkingPictures(element, colour.converter(element.space, space), area, masks)
        for name, element in (("source", source), ("recovered", recovered), ("baseline", baseline))
        if element
    }
    for pictures in elements.values():
        check_on_disk(pictures.element.with_frames(source.frames))
    hold_outs = data.of_role("hold-out")
    for pair in hold_outs:
        _check_size(pair.input, f"the hold-out of frame {pair.frame}")
    of_shot_baseline: Pictures | None = None
    of_hold_outs: dict[str, Callable[[Pair], Picture]] = {
        # Its input is as the network is to see it. Pairs of several shots may have the same numbers.
        "recovery": lambda pair: recover(network, pair.input, description.shot_number(pair.label))
    }
    if grade:
        of_shot_baseline = _graded(grade, description.preparation)
        of_hold_outs["baseline"] = lambda pair: grade(pair.input)
    if baseline:
        of_shot_baseline = elements["baseline"].picture_of
        if all(baseline.path(pair.frame).is_file() for pair in hold_outs):
            of_hold_outs.setdefault("baseline", lambda pair: elements["baseline"].picture_of(pair.input, pair.frame))

    def doubted(pair: Pair) -> Channel | None:
        return doubt_of(network, pair.input, description.shot_number(pair.label)) if network.knows_doubt else None

    measured, steady = measure_hold_outs(hold_outs, of_hold_outs, doubted, description.mode)
    return Validation(
        mode=description.mode,
        working_space=space,
        model=description.weights_hash,
        own_pairs=data.hash == description.pairs_hash,
        training_frames=format_frames(pair.frame for pair in data.of_role("train")),
        source=source,
        recovered=recovered,
        baseline=baseline,
        crop=area.area if area else None,
        pairs=tuple(
            at_once(
                lambda pair: pair_fit(pair, description.mode), [pair for pair in data.pairs if pair.role != "preview"]
            )
        ),
        shots_without_pairs=_shots_without_pairs(shots, description, data, source),
        hold_outs=measured,
        steadiness=steady,
        frames=_shot(
            elements["source"],
            elements["recovered"],
            of_shot_baseline,
            Coverage(pair.input for pair in data.of_role("train")),
            description.preparation,
            description.mode,
            shots,
        ),
    )


def measured_of(settings: ValidateSettings, element: Element) -> Element:
    """The element with the frames that are measured."""
    return element.with_frames(spread_frames(element.frames, settings.most_frames)) if settings.most_frames else element


def _shots_without_pairs(
    shots: Sequence[Scope], description: ModelDescription, data: TrainingData, source: Element
) -> tuple[ShotWithoutPairs, ...]:
    """The shots that the model has no grade for; none where the pairs are not labelled by the shots."""
    # A model of one shot alone does not name it.
    known = description.shots or {pair.label for pair in data.of_role("train")} & {shot.name for shot in shots}
    if not known:
        return ()
    missing = unknown_shots(shots, known, source.frames)
    return tuple(ShotWithoutPairs(name, format_frames(frames)) for name, frames in missing.items())


def _graded(grade: Grade, preparation: SourcePreparation) -> Pictures:
    # As the pairs have it, to which the grade was fitted.
    return lambda picture, frame: grade(preparation.prepared(picture))


def _load(path: Path, data: TrainingData, device: torch.device) -> tuple[RecoveryNetwork, ModelDescription]:
    network, description = load_model(path)
    for key in ("mode", "working_space", "preparation"):
        if getattr(description, key) != getattr(data.recipe, key):
            raise SettingsError(
                f"{path}: its {key} is {getattr(description, key)}, and that of the pairs {getattr(data.recipe, key)}; "
                "give the pairs that the model was trained on"
            )
    move_to(network, device)
    return network, description


@dataclass(frozen=True)
class _WorkingPictures:
    """The frames of an element, read into the working space."""

    element: Element
    convert: colour.Conversion
    area: SharedCrop | None
    masks: PictureMasks

    def picture(self, frame: int) -> Picture:
        """The part of the frame that is measured, (height, width, 3) float32."""
        return self._read(frame)[0]

    def picture_of(self, source: Picture, frame: int) -> Picture:
        """The part of the frame that is measured. Raises ElementError where it has not the size of the source's."""
        return self.doubted_of(source, frame)[0]

    def doubted_of(self, source: Picture, frame: int) -> tuple[Picture, FrameDoubt | None]:
        """The part of the frame, as `picture_of`, and how far it is doubted, where the frame says so."""
        picture, doubt = self._read(frame)
        area = self.area and self.area.at(frame)
        if picture.shape != source.shape:
            sizes = [f"{array.shape[1]}x{array.shape[0]} pixels" for array in (picture, source)]
            raise ElementError(f"{self.element.path(frame)}: {sizes[0]}; expected {sizes[1]} as in the source")
        if doubt is None:
            return picture, None
        return picture, frame_doubt(doubt, *((area.x0, area.y0) if area else ()))

    def _read(self, frame: int) -> tuple[Picture, Channel | None]:
        path = self.element.path(frame)
        read = read_frame(path)
        rgb, doubt = read.rgb, read.channel(DOUBT_CHANNEL)
        part = part_inside(self.area, frame, path, *rgb.shape[:2])
        rgb = np.ascontiguousarray(rgb[part])
        doubt = None if doubt is None else doubt[part]
        _check_size(rgb, str(path))
        mask = self.masks.covered(frame, read.spec, part)
        if mask is not None:
            rgb = mirrored_fill(rgb, mask)
            doubt = None if doubt is None else np.where(mask, 0.0, doubt)
        return self.convert(rgb), doubt


def _check_size(picture: Picture, what: str) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise ElementError(
            f"{what}: {width}x{height} pixels are too few to be measured; "
            f"expected {SMALLEST_SIDE} or more on every side, after the crop"
        )


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


def _shot(
    source: _WorkingPictures,
    recovered: _WorkingPictures,
    baseline: Pictures | None,
    coverage: Coverage,
    preparation: SourcePreparation,
    mode: str,
    shots: Sequence[Scope],
) -> tuple[ShotFrame, ...]:
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

    measured = list(on_all_cores(measure, frames, "Measuring the shot"))
    glances = [picture.glances for picture in measured]
    fields = {
        name: {frame: glance[name].fields for frame, glance in zip(frames, glances, strict=True)} for name in names
    }
    comparable = comparable_frames(fields["source"])
    own = {name: flicker(fields[name], comparable) for name in names}
    added = {name: added_flicker(fields[name], fields["source"], comparable) for name in names}

    def figures(name: str, index: int) -> ShotFigures:
        glance, frame = glances[index][name], frames[index]
        return ShotFigures(
            **dataclasses.asdict(glance.look),
            **glance.differences,
            flicker=own[name].get(frame),
            added_flicker=added[name].get(frame),
        )

    return tuple(
        ShotFrame(
            frame,
            measured[index].uncovered,
            figures("source", index),
            figures("baseline", index) if "baseline" in names else None,
            figures("recovery", index),
            measured[index].doubt,
            name_of_shot(shots, frame, ""),
        )
        for index, frame in enumerate(frames)
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
