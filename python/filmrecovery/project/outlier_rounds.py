"""Outliers that become frames to train on: how the recovery of a project goes on from its last validation.

`outliers.json` in the folder of a stage has a round for each time that outliers were added. Every later run trains on
the frames of all rounds, from the weights of the model that the last one found wanting.
"""

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ModelError, SettingsError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.frame_numbers import format_frames
from filmrecovery.film.pair_roles import optional_frames
from filmrecovery.model.model_header import read_model_header
from filmrecovery.project.project_file import Project, Stage
from filmrecovery.project.raw_reference import ALIGNMENT_NAME
from filmrecovery.project.stage_validation import report_folder
from filmrecovery.reference.alignment.alignment_file import read_alignment
from filmrecovery.reference.curation.selection_settings import SelectSettings
from filmrecovery.training.run_folder import RunFolder, run_of_model
from filmrecovery.training.train_settings import TrainSettings
from filmrecovery.validation.validation_record import read_validation
from filmrecovery.validation.verdict import judge

_LOG = logging.getLogger(__name__)

VERSION = 1
_REMEDY = "correct it, or remove it to train without what was added"


@dataclass(frozen=True)
class OutlierRound:
    """Outliers of one validation, which were added to the frames to train on."""

    frames: str = setting(dataclasses.MISSING, "the frames that were added")
    validated: str = setting(dataclasses.MISSING, "hash of the weights of the model that was validated")
    start_from: str = setting(dataclasses.MISSING, "file of that model, seen from the folder of the stage")


@dataclass(frozen=True)
class _Rounds:
    rounds: tuple[OutlierRound, ...] = setting(dataclasses.MISSING, "a table for each time that outliers were added")


def outliers_path(project: Project, stage: Stage) -> Path:
    """The file with the rounds of a stage."""
    return project.folder(stage) / "outliers.json"


def read_rounds(path: Path) -> tuple[OutlierRound, ...]:
    """The rounds of a stage, none where there is no file. Raises ElementError for a file that is something else."""
    if not path.exists():
        return ()
    rows = read_record(path, "a record of outliers", VERSION, _REMEDY).get("rounds")
    return parse_record(_Rounds, {"rounds": rows}, str(path), _REMEDY).rounds


def with_added_outliers(project: Project) -> Project:
    """The project as it is run: each stage trains on its outliers too, from the weights of its last round.

    Hold-outs stay hold-outs. Weights of a network of another size, mode or working space, which the project may have
    had before, are of no use: then the training starts from what the project says.

    Raises ElementError for an `outliers.json` that cannot be read, ModelError where the model to go on from is gone.
    """
    return dataclasses.replace(project, stages=tuple(_with_rounds(project, stage) for stage in project.stages))


def add_outliers(project: Project) -> bool:
    """Adds the outliers of the last validation to the frames to train on, as a round of each stage that has some.

    `project` is as it was loaded. Left out are hold-outs, and frames without a ground truth. What a round added already
    is not added again: where the last run was not finished, nothing is added, and it is to go on first. Returns whether
    there is anything to run, and logs why.

    Raises SettingsError for a project that is not validated, ElementError for a report or alignment that is damaged,
    ModelError where the folder of the last training is gone, and OutputError.
    """
    if not project.validate.enabled:
        raise SettingsError("--add-outliers: the project is not validated; leave out 'enabled' of [validate]")
    if any(_is_unfinished(project, stage) for stage in project.trained_stages):
        _LOG.info("outliers: the last run is not finished and validated, and goes on first; none are added")
        return True
    rounds = {stage.name: _new_round(project, stage) for stage in project.trained_stages}
    for stage in project.trained_stages:
        if found := rounds[stage.name]:
            path = outliers_path(project, stage)
            content = [dataclasses.asdict(one) for one in (*read_rounds(path), found)]
            write_record(path, VERSION, {"rounds": content})
            _LOG.info("outliers of '%s': %s added to the frames to train on", stage.name, found.frames)
    if not any(rounds.values()):
        _LOG.info("outliers: there are none to add, and nothing is done")
        return False
    return True


def _added(rounds: tuple[OutlierRound, ...]) -> set[int]:
    return {frame for one in rounds for frame in optional_frames(one.frames)}


def _with_rounds(project: Project, stage: Stage) -> Stage:
    path = outliers_path(project, stage)
    rounds = read_rounds(path)
    if stage.model or not rounds:
        return stage
    kept_out = optional_frames(stage.hold_out_frames)
    added = _added(rounds).intersection(project.element(stage.source).frames).difference(kept_out)
    stage = dataclasses.replace(stage, train=_train_on(project, stage, path, rounds[-1]))
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


def _train_on(project: Project, stage: Stage, record: Path, last: OutlierRound) -> TrainSettings:
    """The settings of the stage's training, which starts from the weights of the last round where they fit."""
    start = project.folder(stage) / last.start_from
    try:
        header = read_model_header(start)
    except ModelError as error:
        raise ModelError(f"{record}: the model to start from is missing: {error} Or remove this record.") from error
    wanted = {"mode": stage.mode, "size": stage.train.size, "working_space": project.working_space}
    if any(header.get(key) != value for key, value in wanted.items()):
        return stage.train
    return dataclasses.replace(stage.train, start_from=str(start))


def _is_unfinished(project: Project, stage: Stage) -> bool:
    """Whether the model of a stage that was asked for last is not validated yet."""
    report, model = report_folder(project, stage).record, project.model(stage)
    if not (report.exists() and model.exists()):
        return True
    validated = read_validation(report)[0].model
    rounds = read_rounds(outliers_path(project, stage))
    return read_model_header(model)["weights_hash"] != validated or validated in {one.validated for one in rounds}


def _new_round(project: Project, stage: Stage) -> OutlierRound | None:
    """The outliers of a stage that are not added yet and can be; says which cannot, and why."""
    validation, _ = read_validation(report_folder(project, stage).record)
    outliers = set(optional_frames(judge(project.validate.criteria, validation).outliers))
    outliers -= _added(read_rounds(outliers_path(project, stage)))
    left_out = {
        "kept out of training as hold-outs": outliers.intersection(one.frame for one in validation.hold_outs),
        "no frame of the reference lies well over them": outliers - _with_ground_truth(project, stage),
    }
    for reason, frames in left_out.items():
        if frames:
            _LOG.info("outliers of '%s': %s left out, %s", stage.name, format_frames(frames), reason)
        outliers -= frames
    if not outliers:
        return None
    model = project.model(stage)
    run = run_of_model(model)
    if run is None:
        raise ModelError(f"{model}: the folder of its training is no longer beside it; train it again")
    start = RunFolder(run).model.relative_to(project.folder(stage))
    return OutlierRound(format_frames(outliers), validation.model, start.as_posix())


def _with_ground_truth(project: Project, stage: Stage) -> set[int]:
    """The frames of the source that a pair can be made of."""
    if not stage.align:
        return set(project.reference(stage).frames)
    alignment = read_alignment(project.folder(stage) / "reference" / ALIGNMENT_NAME)
    return {frame.source for frame in alignment.frames if not frame.flagged}
