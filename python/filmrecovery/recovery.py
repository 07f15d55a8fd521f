"""The whole recovery of a shot, as a project file says: pairs, training and render of each stage, then the merge."""

import dataclasses
import sys
from pathlib import Path

from filmrecovery.atomic import write_text
from filmrecovery.curation.selection_settings import SelectSettings
from filmrecovery.curation.shared_crop import CropSettings
from filmrecovery.merge import MergeSettings, merge_sequences
from filmrecovery.pair_roles import pair_roles
from filmrecovery.pairs import PairSettings, make_pairs
from filmrecovery.preparation.raw_reference import RawReference, prepare_reference
from filmrecovery.project import Project, Stage, check_project, load_project
from filmrecovery.render import render
from filmrecovery.render_settings import RenderSettings
from filmrecovery.sequences import Sequence
from filmrecovery.training import train


def run_project(path: str | Path) -> Sequence:
    """Recovers the shot of a project file and returns the delivered frames.

    The file and the elements are checked before anything is written. The same call again goes on where the last one
    stopped, and redoes nothing that is finished. The copy of the project file is written last: where it is, the
    delivery is whole.

    Raises SettingsError, ElementError, ModelError, RunError and OutputError as `load_project`, `check_project` and the
    functions of the stages do.
    """
    project = load_project(path)
    # As it was read: it may be edited for the next call while this one works.
    text = Path(path).read_text(encoding="utf-8")
    _announce(f"{project.title}, {project.shot}: checking the elements")
    check_project(project)
    for number, stage in enumerate(project.stages, start=1):
        _announce(f"Stage {number} of {len(project.stages)}: {stage.name}")
        _run_stage(project, stage)
    if project.merge:
        _merge(project)
    write_text(project.copy_path, text)
    return project.recovered.sequence()


def _announce(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run_stage(project: Project, stage: Stage) -> None:
    source, result = project.element(stage.source), project.element(stage.name)
    settings = RenderSettings(
        input_space=source.space,
        output_space=result.space,
        encoding=project.delivery.encoding if project.is_delivered(stage) else "zip",
        device=stage.train.device,
    )
    prepared = _prepare(project, stage) if stage.align else None
    if prepared:
        settings = dataclasses.replace(settings, crop=str(prepared.source_crop))
    model = Path(stage.model) if stage.model else _train(project, stage, prepared)
    render(settings, model, source.pattern, result.pattern, source.frames)


def _prepare(project: Project, stage: Stage) -> RawReference:
    """Matches, aligns and crops the reference of a stage, and chooses frames where none are named."""
    source, reference = project.element(stage.source), project.element(stage.reference)
    spaces = {"source_space": source.space, "reference_space": reference.space, "working_space": project.working_space}
    select = None
    if not stage.training_frames:
        own = {name: space for name, space in spaces.items() if name != "reference_space"}
        select = dataclasses.replace(stage.select or SelectSettings(), **own)
    return prepare_reference(
        dataclasses.replace(stage.align, **spaces),
        dataclasses.replace(stage.crop or CropSettings(), **spaces),
        select,
        source.sequence(),
        reference.sequence(),
        project.folder(stage) / "reference",
    )


def _train(project: Project, stage: Stage, prepared: RawReference | None) -> Path:
    """Trains a stage's model on pairs of its own, and returns the path of the model."""
    source, reference = project.element(stage.source), project.element(stage.reference)
    settings = PairSettings(
        mode=stage.mode,
        frames=stage.training_frames,
        hold_out_frames=stage.hold_out_frames,
        preview_frames=stage.preview_frames,
        median=stage.median,
        source_space=source.space,
        reference_space=reference.space,
        working_space=project.working_space,
        label=f"{project.title} {project.shot}",
    )
    pattern = reference.pattern
    if prepared:
        settings = prepared.pair_settings(settings)
        pattern = prepared.aligned(pair_roles(settings.frames, settings.hold_out_frames)).pattern
    folder = project.folder(stage)
    make_pairs(settings, source.pattern, pattern, folder / "pairs")
    return train(stage.train, [folder / "pairs"], folder / "run")


def _merge(project: Project) -> None:
    recovered = project.element(project.stages[-1].name)
    original = project.element(project.merge.original)
    settings = MergeSettings(
        operation=project.merge.operation,
        original_space=original.space,
        recovered_space=recovered.space,
        working_space=project.working_space,
        output_space=project.delivery.space,
        encoding=project.delivery.encoding,
    )
    merge_sequences(settings, original.pattern, recovered.pattern, project.recovered.pattern, recovered.frames)
