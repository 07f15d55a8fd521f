"""The stage: measures a recovery on the hold-outs of its pairs and over the shot, beside its source and a baseline."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.overlap import at_once
from filmrecovery.film.elements.element import Element, check_on_disk
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.elements.scope import Scope, unknown_shots
from filmrecovery.film.elements.spread_frames import spread_frames
from filmrecovery.model.device import find_device, move_to
from filmrecovery.model.inference import doubt_of, recover
from filmrecovery.model.model_file import ModelDescription, load_model
from filmrecovery.model.network import RecoveryNetwork
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.training.pairs.load_pairs import Pair
from filmrecovery.training.pairs.training_data import TrainingData, load_training_data
from filmrecovery.validation.coverage import Coverage
from filmrecovery.validation.looks import pair_fit
from filmrecovery.validation.measure_hold_outs import measure_hold_outs
from filmrecovery.validation.measure_shot import PictureOf, measure_shot
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import (
    ShotWithoutPairs,
    Validation,
)
from filmrecovery.validation.working_pictures import WorkingPictures, check_size

Grade = Callable[[Picture], Picture]
"""What a baseline makes of a picture (height, width, 3) in the working space."""


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

    def pictures(element: Element) -> WorkingPictures:
        to_working = colour.converter(element.space, space)
        check_on_disk(element.with_frames(source.frames))
        return WorkingPictures(element, to_working, area, masks)

    sources, recoveries, baselines = pictures(source), pictures(recovered), pictures(baseline) if baseline else None
    hold_outs = data.of_role("hold-out")
    for pair in hold_outs:
        check_size(pair.input, f"the hold-out of frame {pair.frame}")

    def recovery(pair: Pair) -> Picture:
        # Its input is as the network is to see it. Pairs of several shots may have the same numbers.
        return recover(network, pair.input, description.shot_number(pair.label))

    def doubted(pair: Pair) -> Channel | None:
        return doubt_of(network, pair.input, description.shot_number(pair.label)) if network.knows_doubt else None

    results: dict[str, Callable[[Pair], Picture]] = {"recovery": recovery}
    if of_hold_out := _baseline_of_hold_outs(grade, baselines, hold_outs):
        results["baseline"] = of_hold_out
    measured, steady = measure_hold_outs(hold_outs, results, doubted, description.mode)
    frames = measure_shot(
        sources,
        recoveries,
        _baseline_of_shot(grade, baselines, description.preparation),
        Coverage(pair.input for pair in data.of_role("train")),
        description.preparation,
        description.mode,
        shots,
    )
    learnt_from = [pair for pair in data.pairs if pair.role != "preview"]
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
        pairs=tuple(at_once(lambda pair: pair_fit(pair, description.mode), learnt_from)),
        shots_without_pairs=_shots_without_pairs(shots, description, data, source),
        hold_outs=measured,
        steadiness=steady,
        frames=frames,
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


def _baseline_of_hold_outs(
    grade: Grade | None, frames: WorkingPictures | None, hold_outs: Sequence[Pair]
) -> Callable[[Pair], Picture] | None:
    if grade:
        return lambda pair: grade(pair.input)
    if frames and all(frames.element.path(pair.frame).is_file() for pair in hold_outs):
        return lambda pair: frames.picture_of(pair.input, pair.frame)
    return None


def _baseline_of_shot(
    grade: Grade | None, frames: WorkingPictures | None, preparation: SourcePreparation
) -> PictureOf | None:
    if frames:
        return frames.picture_of
    if grade:
        # As the pairs have it, to which the grade was fitted.
        return lambda picture, number: grade(preparation.prepared(picture))
    return None


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
