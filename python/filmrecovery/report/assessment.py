"""The stage that ends a recovery: it is measured, judged and reported."""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.base.errors import OutputError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.products.freshness import has_same_content, is_current, made_from, say_current
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.model.model_header import read_model_header
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture import colour
from filmrecovery.reference.curation.shared_crop import read_crop
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.report.page import Heading
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.report.write_report import write_report
from filmrecovery.training.pairs.pair_manifest import pairs_hash, read_manifest
from filmrecovery.training.runs.run_folder import run_of_model
from filmrecovery.validation.change_of_verdict import change
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate import Grade, measured_of, validate
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.validation_record import read_validation, write_validation
from filmrecovery.validation.verdict import Verdict, judge, write_outliers

_VERSION = 4
"""Counted up when something else is measured or judged of the same files."""


@dataclass(frozen=True)
class Assessed:
    """What is assessed: the model and the pairs it was trained on, the source, what it was recovered to, and what both
    are compared with: frames or a LUT as the baseline, and the reference, aligned, to be looked at.

    `whole` is the number of frames that these stand for, where the elements have only some of them.
    """

    model: Path
    pairs: Sequence[Path]
    source: Element
    recovered: Element
    baseline: Element | None = None
    lut: Path | None = None
    reference: Element | None = None
    whole: int | None = None


@dataclass(frozen=True)
class Assessment:
    """What was measured, the verdict on it, and what changed since the report on another model, if there was one."""

    validation: Validation
    verdict: Verdict
    change: str = ""


def assess(
    settings: ValidateSettings, criteria: Criteria, assessed: Assessed, heading: Heading, folder: ReportFolder
) -> Assessment:
    """Measures and judges a recovery, and writes its report (see `report_assessment`).

    What was measured already is not measured again, only judged and reported where criteria or heading changed. The
    loss curve and the contact sheet of the page are those of the training beside the model, where it is there.

    Raises as `validate` and `report_assessment` do, ElementError for a LUT that cannot be read, and FileError for an
    earlier report that cannot be read.
    """
    total = assessed.whole or len(assessed.recovered.frames)
    assessed = dataclasses.replace(
        assessed,
        source=measured_of(settings, assessed.source),
        recovered=measured_of(settings, assessed.recovered),
    )
    if len(assessed.recovered.frames) < total:
        text = f"{len(assessed.recovered.frames)} of {total}; the others are not judged"
        heading = dataclasses.replace(heading, facts=heading.facts | {"Frames measured": text})
    line = _line(settings, criteria, assessed, heading)
    before = read_validation(folder.record) if folder.record.exists() else None
    if before and is_current(folder.record, line) and folder.page.is_file():
        say_current(folder.record)
        return Assessment(*before)
    grade = load_lut(assessed.lut) if assessed.lut else None
    if before and has_same_content(folder.record, line):
        validation = before[0]
    else:
        validation = validate(
            settings, assessed.pairs, assessed.model, assessed.source, assessed.recovered, assessed.baseline, grade
        )
    baseline: Element | Grade | None = assessed.baseline
    if grade and not baseline:
        baseline = of_prepared(grade, assessed.model)
    elements = ReportElements(assessed.source, assessed.recovered, assessed.reference, baseline)
    changed = ""
    if before and before[0].model != validation.model:
        changed = change(before, (validation, judge(criteria, validation)))
        heading = dataclasses.replace(heading, facts=heading.facts | {"Since the last model": changed})
    verdict = report_assessment(folder, validation, criteria, heading, elements, run_of_model(assessed.model), line)
    return Assessment(validation, verdict, changed)


def _line(settings: ValidateSettings, criteria: Criteria, assessed: Assessed, heading: Heading) -> str:
    """What the assessment is made from: the content decides what is measured, the settings what the page says of it."""
    return made_from(
        "validation",
        _VERSION,
        (criteria, heading),
        # With another config the same files have other colours.
        colour.config_name(),
        read_model_header(assessed.model)["weights_hash"],
        [pairs_hash(read_manifest(folder)) for folder in assessed.pairs],
        read_crop(Path(settings.crop)) if settings.crop else None,
        read_shots(settings.shots, assessed.source) if settings.shots else (),
        assessed.source,
        assessed.recovered,
        assessed.baseline,
        assessed.lut,
    )


def report_assessment(
    folder: ReportFolder,
    validation: Validation,
    criteria: Criteria,
    heading: Heading,
    elements: ReportElements,
    run: Path | None,
    made_from: str | None = None,
) -> Verdict:
    """Judges a validation, and writes the outliers, the page and, last, the record.

    An earlier record is removed first. If the work stops on the way, the folder has no record, and so does not look
    finished. A heading without a date gets today's; `made_from` goes into the record (see `freshness`).

    Raises as `write_report` does, and OutputError.
    """
    verdict = judge(criteria, validation)
    dated = dataclasses.replace(heading, date=heading.date or datetime.date.today().isoformat())
    _remove(folder.record)
    write_outliers(folder.outliers, verdict)
    write_report(folder.page, validation, verdict, dated, elements, run)
    write_validation(folder.record, validation, verdict, made_from)
    return verdict


def _remove(record: Path) -> None:
    try:
        record.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{record}: the earlier record cannot be removed ({error.strerror or error}); choose a folder that you may "
            "write to"
        ) from error


def of_prepared(grade: Grade, model: Path) -> Grade:
    """A grade that was fitted to a model's pairs, for the source as it is: prepared first, as in the pairs.

    Raises ModelError for a model that cannot be read.
    """
    preparation = from_mapping(SourcePreparation, read_model_header(model)["preparation"], str(model))
    return lambda rgb: grade(preparation.prepared(rgb))
