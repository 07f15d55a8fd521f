"""Outliers that become frames to train on: how the recovery of a project goes on from its last validation.

`outliers.json` in the folder of a stage has a round for each time that outliers were added. Every later run trains on
the frames of all rounds, from the weights of the model in whose report the last round failed.
"""

import dataclasses
import logging
from pathlib import Path

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.project.project_file import Project, Stage
from filmrecovery.project.raw_reference import placed_frames, spoilt_frames
from filmrecovery.project.stage_validation import report_folder
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.training.pairs.outlier_record import added_frames, fitting_start, read_rounds
from filmrecovery.training.runs.train_settings import TrainSettings
from filmrecovery.validation.outlier_rounds import Validated, append_round, is_unfinished, new_round

_LOG = logging.getLogger(__name__)


def outliers_path(project: Project, stage: Stage) -> Path:
    """The file with the rounds of a stage."""
    return project.folder(stage) / "outliers.json"


def with_added_outliers(project: Project) -> Project:
    """The project as it is run: each stage trains on its outliers too, from the weights of its last round.

    Hold-outs stay hold-outs. Weights of a network of another size, mode or working space, which the project may have
    had before, are of no use: then the training starts from what the project says.

    Raises FileError for an `outliers.json` that cannot be read, ModelError where the model to go on from is gone.
    """
    return dataclasses.replace(project, stages=tuple(_with_rounds(project, stage) for stage in project.stages))


def add_outliers(project: Project) -> bool:
    """Adds the outliers of the last validation to the frames to train on, as a round of each stage that has some.

    `project` is as it was loaded. Left out are hold-outs, frames without a ground truth and, where frames are chosen,
    those that are spoilt. What a round added already is not added again: where the last run was not finished, nothing
    is added, and it is to go on first. Returns whether there is anything to run, and logs why.

    Raises SettingsError for a project that is not validated, FileError for a report or alignment that is damaged,
    ModelError where the folder of the last training is gone, and OutputError.
    """
    if not project.validate.enabled:
        raise SettingsError("--add-outliers: the project is not validated; leave out 'enabled' of [validate]")
    if any(is_unfinished(_validated(project, stage)) for stage in project.trained_stages):
        _LOG.info("outliers: the last run is not finished and validated, and goes on first; none are added")
        return True
    rounds = {
        stage.name: new_round(
            _validated(project, stage),
            _with_ground_truth(project, stage),
            project.validate.criteria,
            # Frames that are named by hand may be of any kind.
            set() if stage.training_frames else spoilt_frames(project.folder(stage) / "reference"),
        )
        for stage in project.trained_stages
    }
    for stage in project.trained_stages:
        if found := rounds[stage.name]:
            append_round(_validated(project, stage), found)
    if not any(rounds.values()):
        _LOG.info("outliers: there are none to add, and nothing is done")
        return False
    return True


def _validated(project: Project, stage: Stage) -> Validated:
    report = report_folder(project, stage).record
    return Validated(stage.name, report, project.model(stage), outliers_path(project, stage))


def _with_rounds(project: Project, stage: Stage) -> Stage:
    path = outliers_path(project, stage)
    rounds = read_rounds(path)
    if stage.model or not rounds:
        return stage
    kept_out = optional_frames(stage.hold_out_frames)
    added = added_frames(rounds).intersection(project.element(stage.source).frames).difference(kept_out)
    stage = dataclasses.replace(stage, train=_train_on(project, stage, path))
    if stage.training_frames:
        previews = set(optional_frames(stage.preview_frames)) - added
        return dataclasses.replace(
            stage,
            training_frames=format_frames(added.union(optional_frames(stage.training_frames))),
            preview_frames=format_frames(previews),
        )
    select = stage.select or SelectSettings()
    outliers = format_frames(added.union(optional_frames(select.outliers)))
    return dataclasses.replace(stage, select=dataclasses.replace(select, outliers=outliers))


def _train_on(project: Project, stage: Stage, record: Path) -> TrainSettings:
    """The settings of the stage's training, which starts from the weights of the last round where they fit."""
    wanted = {"mode": stage.mode, "size": stage.train.size, "working_space": project.working_space}
    start = fitting_start(record, wanted)
    return dataclasses.replace(stage.train, start_from=str(start)) if start else stage.train


def _with_ground_truth(project: Project, stage: Stage) -> set[int]:
    """The frames of the source that a pair can be made of."""
    if not stage.align:
        elements = (project.reference(stage), *project.further_references(stage).values())
        return set.intersection(*(set(element.frames) for element in elements))
    return placed_frames(project.folder(stage) / "reference", project.further_references(stage))
