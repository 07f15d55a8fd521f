"""Checks what a project finds on disk, before any work: its elements, and models that were trained before."""

from collections.abc import Iterable
from pathlib import Path

from filmrecovery.base.errors import named
from filmrecovery.film.checks.parity import check_element, check_parity
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.model.model_file import load_model
from filmrecovery.picture import colour
from filmrecovery.project.project_file import Project, Stage
from filmrecovery.reference.curation.shot_list import read_shots


def check_project(project: Project) -> None:
    """Checks what lies on disk: every frame of every element, whether elements fit together, and models.

    Raises ElementError for frames that are missing, damaged or do not fit, ModelError for models, and OutputError where
    a result would overwrite an element.
    """
    results = [project.recovered, *(project.element(stage.name) for stage in project.stages)]
    refuse_overwriting(_paths(results), _paths(project.elements.values()))
    for stage in project.stages:
        with named(f"stage '{stage.name}'"):
            _check_models(project, stage)
    for name, element in project.elements.items():
        with named(f"element '{name}'"):
            check_element(element)
    for stage in project.stages:
        if stage.training_frames and not stage.align:
            for name in stage.learnt_from:
                _check_fit(project, stage.source, name, parse_frames(stage.training_frames)[0])
        if stage.shots and stage.shots.file:
            with named(f"stage '{stage.name}', key 'shots'"):
                read_shots(stage.shots.file, project.element(stage.source))
    if project.merge:
        last = project.stages[-1].name
        _check_fit(project, last, project.merge.original, project.element(last).frames[0])


def _check_models(project: Project, stage: Stage) -> None:
    if stage.model:
        _, description = load_model(Path(stage.model))
        for space in (project.element(stage.source).space, project.element(stage.name).space):
            colour.converter(space, description.working_space)
    if stage.train.start_from:
        load_model(Path(stage.train.start_from))


def _check_fit(project: Project, name: str, other: str, frame: int) -> None:
    # Each element is of one kind throughout, so that one frame tells whether two fit together.
    check_parity(*(project.scanned_element(each).with_frames((frame,)) for each in (name, other)))


def _paths(elements: Iterable[Element]) -> list[Path]:
    return [path for element in elements for path in element.paths()]
