"""How the outliers of a validation become frames to train on."""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ModelError
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.pairs.outlier_record import OutlierRound, added_frames, read_rounds, write_rounds
from filmrecovery.training.runs.run_folder import RunFolder, run_of_model
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.validation_record import read_validation
from filmrecovery.validation.verdict import judge

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Validated:
    """A model that was validated: the record of its report, its file, and the record of outliers that were added.

    `name` is for messages.
    """

    name: str
    report: Path
    model: Path
    outliers: Path


def is_unfinished(validated: Validated) -> bool:
    """Whether the model that was asked for last is not validated yet.

    Raises FileError for a report or a record of outliers that cannot be read, ModelError for a model.
    """
    if not (validated.report.exists() and validated.model.exists()):
        return True
    weights = read_validation(validated.report)[0].model
    rounds = read_rounds(validated.outliers)
    return read_model_header(validated.model)["weights_hash"] != weights or weights in {
        outlier_round.validated for outlier_round in rounds
    }


def new_round(
    validated: Validated,
    with_ground_truth: Collection[int] | None = None,
    criteria: Criteria | None = None,
    spoilt: Collection[int] = (),
) -> OutlierRound | None:
    """The outliers of the last validation that are not added yet and can be; logs which cannot, and why.

    Left out are hold-outs, the frames that are `spoilt` and, where those `with_ground_truth` are known, all others.
    Where `criteria` are given, they judge again what was measured. The validation must not be unfinished. Raises as
    `is_unfinished` does, and ModelError where the folder of the last training is gone.
    """
    validation, verdict = read_validation(validated.report)
    outliers = set(optional_frames((judge(criteria, validation) if criteria else verdict).outliers))
    outliers -= added_frames(read_rounds(validated.outliers))
    left_out = {
        "kept out of training as hold-outs": outliers.intersection(hold_out.frame for hold_out in validation.hold_outs)
    }
    left_out["flashed, torn or blurred themselves"] = outliers.intersection(spoilt)
    if with_ground_truth is not None:
        left_out["no frame of the reference lies well over them"] = outliers.difference(with_ground_truth)
    for reason, frames in left_out.items():
        if frames:
            _LOG.info("outliers of '%s': %s left out, %s", validated.name, format_frames(frames), reason)
        outliers -= frames
    if not outliers:
        return None
    run = run_of_model(validated.model)
    if run is None:
        raise ModelError(f"{validated.model}: the folder of its training is no longer beside it; train it again")
    start = os.path.relpath(RunFolder(run).model, validated.outliers.parent)
    return OutlierRound(format_frames(outliers), validation.model, Path(start).as_posix())


def append_round(validated: Validated, added: OutlierRound) -> None:
    """Adds a round to the record of outliers, and says so. Raises OutputError."""
    write_rounds(validated.outliers, [*read_rounds(validated.outliers), added])
    _LOG.info("outliers of '%s': %s added to the frames to train on", validated.name, added.frames)


def add_outliers_of(
    validated: Validated, with_ground_truth: Collection[int] | None = None, spoilt: Collection[int] = ()
) -> OutlierRound | None:
    """Adds the outliers of the last validation, as `new_round` finds them, to the frames to train on.

    Where the model that was trained with the last ones is not validated yet, nothing is added. Returns what was added,
    and logs why nothing was. Raises as `new_round` does, and OutputError.
    """
    if is_unfinished(validated):
        _LOG.info("outliers: none are added, because the newest model is not validated yet; validate it first")
        return None
    added = new_round(validated, with_ground_truth, spoilt=spoilt)
    if added is None:
        _LOG.info("outliers: there are none to add")
        return None
    append_round(validated, added)
    return added
