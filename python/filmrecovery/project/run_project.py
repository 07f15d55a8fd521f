"""The whole recovery of a shot, as a project file says: pairs, training and render of each stage, merge, validation."""

import dataclasses
import logging
from pathlib import Path

from filmrecovery.assets.held_versions import write_held
from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import SettingsError
from filmrecovery.base.read_file import shown
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.pair_roles import pair_roles
from filmrecovery.film.elements.scope import Scope
from filmrecovery.model.balance_settings import BalanceSettings
from filmrecovery.project.add_outliers import add_outliers, with_added_outliers
from filmrecovery.project.check_project import check_project
from filmrecovery.project.load_project import read_project
from filmrecovery.project.project_assets import pinned_text
from filmrecovery.project.project_file import Merge, Project, Stage, StageBalance
from filmrecovery.project.raw_reference import RawReference, prepare_reference
from filmrecovery.project.stage_validation import validate_stages
from filmrecovery.project.unpack_movies import unpack_movies
from filmrecovery.provenance.sidecars import write_sidecars
from filmrecovery.reference.curation.balance_estimation import current_balance
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.reference.curation.shared_crop import CropSettings
from filmrecovery.reference.curation.shot_detection import current_shots
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.curation.shot_settings import ShotSettings
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.rendering.merge_settings import MergeSettings
from filmrecovery.rendering.merge_with_plate import merge_sequences
from filmrecovery.rendering.render import render
from filmrecovery.rendering.render_settings import RenderSettings
from filmrecovery.training.learning.train import train_for
from filmrecovery.training.pairs.make_pairs import make_pairs
from filmrecovery.training.pairs.pair_records import Part
from filmrecovery.training.pairs.pair_settings import PairSettings

_LOG = logging.getLogger(__name__)


def run_project(path: str | Path, outliers: bool = False, until: str | None = None) -> Element:
    """Recovers the shot of a project file and returns the delivered frames; or those of the stage `until`, and ends
    there.

    Movies are unpacked, then the file and the elements are checked, before anything else is written. The same call
    again continues where the last one stopped, and does nothing again that is finished. The copy of the project file is
    written after all frames: where it is, the delivery is complete. Then the results are validated; a failed verdict is
    not an error.

    With `outliers`, the outliers of the last validation are first added to the training frames (see `add_outliers`).
    Where there are none, nothing is done.

    Raises SettingsError, AssetError, ElementError, ModelError, RunError and OutputError as `load_project`,
    `check_project` and the functions of the stages do.
    """
    # The text is kept as it was read: the file may be edited for the next call while this one works.
    project, held, text = read_project(path)
    if until is not None and until not in (stage.name for stage in project.stages):
        raise SettingsError(f"{path}: there is no stage {shown(until)} to work until; name one of its stages")
    if outliers and not add_outliers(project):
        return project.recovered
    project = with_added_outliers(project)
    if held:
        text = pinned_text(text, held, str(path))
        write_held(project.held_path, held)
    unpack_movies(project)
    _LOG.info("%s, %s: checking the elements", project.title, project.shot)
    check_project(project)
    for number, stage in enumerate(project.stages, start=1):
        _LOG.info("Stage %d of %d: %s", number, len(project.stages), stage.name)
        _run_stage(project, stage)
        if stage.name == until:
            return project.element(stage.name)
    if project.merge:
        _merge(project, project.merge)
    _write_sidecars(project)
    write_text(project.copy_path, text)
    if project.validate.enabled:
        validate_stages(project)
    return project.recovered


def _run_stage(project: Project, stage: Stage) -> None:
    source, result = project.element(stage.source), project.element(stage.name)
    settings = RenderSettings(
        output_space=result.space,
        encoding=project.delivery.encoding if project.is_delivered(stage) else "zip",
        doubt=stage.doubt,
        keep_files=stage.mask.files if stage.mask.keep else None,
        keep_boxes=stage.mask.boxes if stage.mask.keep else None,
        device=stage.train.device,
    )
    prepared = _prepare(project, stage, stage.align) if stage.align else None
    if prepared:
        settings = dataclasses.replace(settings, crop=str(prepared.source_crop), shots=project.shots_file(stage))
    model = project.model(stage) if stage.model else _train(project, stage, prepared)
    provenance = project.provenance_of([stage])
    render(settings, model, source, result.pattern, provenance)


def _prepare(project: Project, stage: Stage, align: AlignSettings) -> RawReference:
    """Matches, aligns and crops the reference of a stage, and chooses frames where none are named."""
    source, reference = project.element(stage.source), project.reference(stage)
    space = project.working_space
    select = None if stage.training_frames else stage.select or SelectSettings()
    return prepare_reference(
        dataclasses.replace(align, working_space=space),
        dataclasses.replace(stage.crop or CropSettings(), working_space=space),
        dataclasses.replace(select, working_space=space) if select else None,
        source,
        reference,
        project.folder(stage) / "reference",
        _shots(project, stage),
        project.further_references(stage),
    )


def _shots(project: Project, stage: Stage) -> tuple[Scope, ...]:
    """The shots of a stage's source, of the file that names them or found; none where all of it is one shot."""
    if not stage.shots:
        return ()
    source = project.element(stage.source)
    path = project.shots_file(stage)
    assert path is not None
    if not stage.shots.file:
        current_shots(Path(path), ShotSettings(project.working_space, stage.shots.minimum_length), source)
    # Somebody may have corrected it.
    return read_shots(path, source)


def _train(project: Project, stage: Stage, prepared: RawReference | None) -> Path:
    """Trains a stage's model on pairs of its own, and returns the path of the model."""
    source, reference = project.element(stage.source), project.reference(stage)
    assert stage.mode is not None  # as `load_project` checks
    settings = PairSettings(
        mode=stage.mode,
        frames=stage.training_frames or "",
        hold_out_frames=stage.hold_out_frames,
        preview_frames=stage.preview_frames,
        median=stage.median,
        working_space=project.working_space,
        balance=str(_balance(project, stage, stage.balance)) if stage.balance else None,
        clean=stage.clean,
        mask_files=stage.mask.files,
        mask_boxes=stage.mask.boxes,
        label=f"{project.title} {project.shot}",
    )
    further = project.further_references(stage)
    if prepared:
        settings = prepared.pair_settings(settings)
        frames = pair_roles(settings.frames, settings.hold_out_frames)
        reference = prepared.aligned(frames)
        further = {name: prepared.aligned(frames, name) for name in further}
    elements = {stage.source: source, stage.reference: reference, **further}
    parts = [Part(part, elements[name]) for part, name in stage.part_names]
    folder = project.folder(stage)
    make_pairs(settings, source, reference, folder / "pairs", _shots(project, stage), parts)
    return train_for(stage.train, [folder / "pairs"], project.model(stage))


def _balance(project: Project, stage: Stage, balance: StageBalance) -> Path:
    """Estimates the balance of a stage's source, unless that is done, and returns the path of its file."""
    source, reference = project.element(stage.source), project.reference(stage)
    settings = BalanceSettings(balance.keep_luma, project.working_space)
    path = project.folder(stage) / "balance.json"
    matched = reference if balance.reference else None
    print(f"balance: {current_balance(path, settings, source, matched)}")
    return path


def _merge(project: Project, merge: Merge) -> None:
    recovered = project.element(project.stages[-1].name)
    original = project.element(merge.original)
    settings = MergeSettings(
        operation=merge.operation,
        working_space=project.working_space,
        output_space=project.delivery.space,
        encoding=project.delivery.encoding,
    )
    provenance = project.provenance_of(project.stages)
    merge_sequences(settings, original, recovered, project.recovered.pattern, provenance)


def _write_sidecars(project: Project) -> None:
    """The sidecars of the delivery: what each element was to the stages, and what they made of it."""
    sources = dict.fromkeys(project.scanned_name(stage.source) for stage in project.stages)
    learnt_from = (project.scanned_name(name) for stage in project.stages for name in stage.learnt_from)
    references = [name for name in dict.fromkeys(learnt_from) if name not in sources]
    roles = {"reference": references, "source": sources}
    write_sidecars(
        project.provenance_of(project.stages),
        project.recovered,
        {role: [project.element(name) for name in names] for role, names in roles.items()},
        [project.model(stage) for stage in project.stages],
        [project.folder(stage) / "pairs" for stage in project.trained_stages],
        project.merge.operation if project.merge else None,
    )
