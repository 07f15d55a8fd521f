"""The stage that ends a recovery: it is measured, judged and reported."""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import from_mapping
from filmrecovery.film.element import Element
from filmrecovery.matchgrade.lut_file import load_lut
from filmrecovery.model.model_header import read_model_header
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.report.page import Heading
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.report.write_report import write_report
from filmrecovery.training.run_folder import run_of_model
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.validate import Grade, validate
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_record import write_validation
from filmrecovery.validation.verdict import Verdict, judge, write_outliers

RECORD_NAME = "report.json"
OUTLIERS_NAME = "outliers.txt"
PAGE_NAME = "report.html"


@dataclass(frozen=True)
class Assessed:
    """What is assessed: the model and the pairs it was trained on, the source, what it was recovered to, and what both
    are compared with: frames or a LUT as the baseline, and the reference, aligned, to be looked at."""

    model: Path
    pairs: Sequence[Path]
    source: Element
    recovered: Element
    baseline: Element | None = None
    lut: Path | None = None
    reference: Element | None = None


def assess(
    settings: ValidateSettings, criteria: Criteria, assessed: Assessed, heading: Heading, folder: Path
) -> Verdict:
    """Measures and judges a recovery, and writes `report.json`, `outliers.txt` and the page `report.html`.

    The loss curve and the contact sheet of the page are those of the training beside the model, where it is there. A
    heading without a date gets today's.

    Raises as `validate` and `write_report` do, and ElementError for a LUT that cannot be read.
    """
    grade = load_lut(assessed.lut) if assessed.lut else None
    validation = validate(
        settings, assessed.pairs, assessed.model, assessed.source, assessed.recovered, assessed.baseline, grade
    )
    verdict = judge(criteria, validation)
    write_validation(folder / RECORD_NAME, validation, verdict)
    write_outliers(folder / OUTLIERS_NAME, verdict)
    baseline: Element | Grade | None = assessed.baseline
    if grade and not baseline:
        baseline = of_prepared(grade, assessed.model)
    elements = ReportElements(assessed.source, assessed.recovered, assessed.reference, baseline)
    dated = dataclasses.replace(heading, date=heading.date or datetime.date.today().isoformat())
    write_report(folder / PAGE_NAME, validation, verdict, dated, elements, run_of_model(assessed.model))
    return verdict


def of_prepared(grade: Grade, model: Path) -> Grade:
    """A grade that was fitted to a model's pairs, for the source as it is: prepared first, as in the pairs.

    Raises ModelError for a model that cannot be read.
    """
    preparation = from_mapping(SourcePreparation, read_model_header(model)["preparation"], str(model))
    return lambda rgb: grade(preparation.prepared(rgb))
