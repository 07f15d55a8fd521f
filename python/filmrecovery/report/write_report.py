"""The stage: makes the page of a validation."""

import shlex
from pathlib import Path

import filmrecovery
from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.report.doubt_section import doubt_section
from filmrecovery.report.gallery import thumbnails, views
from filmrecovery.report.hold_out_table import hold_out_tables
from filmrecovery.report.key_figures import key_figures
from filmrecovery.report.page import Heading, Page, render
from filmrecovery.report.pictures import EncodedPicture, jpeg
from filmrecovery.report.report_elements import ReportElements
from filmrecovery.report.shot_plots import shot_plots
from filmrecovery.report.shown_frames import choose_shown
from filmrecovery.report.training_plots import training_plots
from filmrecovery.report.what_was_done import described, model_of_run
from filmrecovery.report.words import RECOVERED, SPREAD, verdict_sentence
from filmrecovery.training.runs.run_folder import RunFolder
from filmrecovery.validation.criteria_table import in_words
from filmrecovery.validation.declared_criteria import criteria_of
from filmrecovery.validation.validation_figures import Validation
from filmrecovery.validation.verdict import Verdict

_MOST_THUMBNAILS = 12
_SHEET = 1600, 350_000


def write_report(
    path: Path,
    validation: Validation,
    verdict: Verdict,
    heading: Heading,
    elements: ReportElements,
    run: Path | None = None,
    provenance: str = "",
) -> None:
    """Writes the page of a validation: one HTML file that needs neither network nor other files.

    Shown are the representative frame, the worst frames, the most doubted ones and all figures. Pictures and scopes are
    of the working space and of the part that was validated, with the values that a display is given. `run` is the
    folder of the training that made the model, for its loss curve, contact sheet and description; `provenance` a text
    that is added as it is.

    Raises ElementError for frames that are missing, damaged or not of one size; SettingsError for an unknown space;
    ModelError or RunError where the run folder does not hold the model that was validated; OutputError.
    """
    _check_frames(validation, elements)
    folder = RunFolder(run) if run else None
    model = model_of_run(folder, validation.model) if folder else None
    reference = elements.reference.frames if elements.reference else ()
    framing = validation.working_space, validation.crop
    shown = choose_shown(validation, verdict, reference)
    in_shot = {shot_frame.frame for shot_frame in validation.frames}
    pictured = [failing.frame for failing in verdict.failing if failing.frame in in_shot][:_MOST_THUMBNAILS]
    gallery = views(elements, shown, *framing)
    small = dict(zip(pictured, thumbnails(elements, pictured, *framing), strict=True))
    rows = criteria_of(validation.mode)
    judged, others = shot_plots(validation, verdict)
    page = Page(
        heading=heading,
        verdict=verdict,
        why=verdict_sentence(verdict, validation),
        key_figures=key_figures(validation, verdict),
        findings=[(finding, rows[finding.name]) for finding in verdict.findings],
        recovered=RECOVERED[validation.mode],
        spread=SPREAD[validation.mode],
        views=list(gallery),
        failing=[(failing, small.get(failing.frame)) for failing in verdict.failing],
        command=_command(verdict, elements) if verdict.outliers else "",
        doubt=doubt_section(validation, elements, verdict.criteria.outlier_distance),
        hold_outs=hold_out_tables(validation.hold_outs),
        judged_plots=judged,
        other_plots=others,
        training_plots=training_plots(folder.entries(), validation.mode) if folder else [],
        contact_sheet=_contact_sheet(folder) if folder else None,
        done=list(described(validation, elements, model)),
        criteria=in_words(verdict.criteria, rows.values()),
        provenance=provenance,
        version=filmrecovery.__version__,
    )
    write_text(path, render(page))


def _check_frames(validation: Validation, elements: ReportElements) -> None:
    for element in (elements.source, elements.recovery):
        missing = {shot_frame.frame for shot_frame in validation.frames}.difference(element.frames)
        if missing:
            raise ElementError(
                f"{element.pattern}: lacks frames {format_frames(missing)}, which were validated; give the "
                "elements of this validation"
            )


def _command(verdict: Verdict, elements: ReportElements) -> str:
    words = ["select", elements.source.pattern, "selection.json", "--outliers", verdict.outliers]
    return shlex.join(["filmrecovery", *words, "--source-space", elements.source.space])


def _contact_sheet(run: RunFolder) -> EncodedPicture | None:
    path = run.latest_contact_sheet()
    return jpeg(read_frame(path).rgb, *_SHEET) if path else None
