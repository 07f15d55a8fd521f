"""The verbs that validate a recovery, and list the criteria of a validation."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import (
    WHOLE_HELP,
    Verbs,
    add_element,
    add_verb,
    element_of,
    optional_element_of,
    whole_element_of,
)
from filmrecovery.picture.aces import DELIVERY_SPACE


def add_validate(verbs: Verbs) -> None:
    from filmrecovery.validation.criteria import Criteria
    from filmrecovery.validation.declared_criteria import CRITERIA
    from filmrecovery.validation.validate_settings import ValidateSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
        from filmrecovery.film.elements.spread_frames import spread_frames
        from filmrecovery.report.assessment import Assessed, assess
        from filmrecovery.report.page import Heading
        from filmrecovery.validation.report_folder import ReportFolder

        settings = from_options(ValidateSettings, options)
        whole = None
        if settings.most_frames and options.frames:
            # Those that are measured are the only ones that must be there.
            named = parse_frames(options.frames)
            options.frames, whole = format_frames(spread_frames(named, settings.most_frames)), len(named)
        recovered = whole_element_of(options, "recovered", settings.shots)
        frames = format_frames(recovered.frames)
        folder = ReportFolder(options.output)
        found = assess(
            settings,
            from_options(Criteria, options),
            Assessed(
                options.model,
                options.pairs,
                element_of(options, "source", frames),
                recovered,
                optional_element_of(options, "baseline", frames),
                options.lut,
                optional_element_of(options, "reference"),
                whole,
            ),
            Heading(options.title, options.shot),
            folder,
        )
        print(found.verdict)
        if found.change:
            print(found.change)
        print(f"report: {folder.page}")

    asked = "\n".join(f"  {question}" for question in dict.fromkeys(row.question for row in CRITERIA))
    text = f"""measure a recovery and judge it

Measures source, baseline and recovery on the hold-outs of the pairs, against their ground truth, and on every frame of
the shot. Then judges the recovery by these questions (`filmrecovery criteria` says more of each):

{asked}

Writes the page report.html, outliers.txt with the failing frames that are worth training on, as `select --outliers`
takes them, and last report.json with all figures. If the work is stopped before its end, there is no report.json."""
    parser = add_verb(verbs, "validate", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    add_element(parser, "source", space=None)
    add_element(parser, "recovered", DELIVERY_SPACE, text="pattern of the recovered files")
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, metavar="FOLDER", help="folders with pairs")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the report")
    text = "pattern of frames to compare with, such as those of a grade"
    add_element(parser, "baseline", DELIVERY_SPACE, required=False, text=text)
    parser.add_argument("--lut", type=Path, metavar="FILE", help="LUT to compare with, from match-grade")
    add_element(parser, "reference", required=False, text="pattern of the reference's files, aligned, to be shown")
    parser.add_argument("--title", default="Untitled", metavar="TEXT", help="title of the film")
    parser.add_argument("--shot", default="", metavar="TEXT", help="name of the shot")
    parser.add_argument("--frames", help=WHOLE_HELP)
    add_options(parser, ValidateSettings)
    add_options(parser, Criteria)


def add_add_outliers(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.reference.alignment.alignment_file import read_alignment
        from filmrecovery.reference.curation.selection_file import read_selection
        from filmrecovery.validation.outlier_rounds import Validated, add_outliers_of
        from filmrecovery.validation.report_folder import ReportFolder

        frames = None
        if options.alignment:
            frames = {found.source for found in read_alignment(options.alignment).frames if not found.flagged}
        report = ReportFolder(options.report).record
        spoilt = read_selection(options.selection).spoilt_frames if options.selection else ()
        validated = Validated(str(options.report), report, options.model, options.outliers)
        found = add_outliers_of(validated, frames, spoilt)
        if found:
            print(f"{options.outliers}: train on {found.frames} too, from {found.start_from}")

    text = """add the outliers of a validation to the frames to train on

Adds them as a round to the file OUTLIERS, which the node SelectPairs reads. Hold-outs are left out, with
--alignment frames without a reference, and with --selection frames that are torn, flashed or blurred. Nothing is added
while the model that was trained with the last outliers is not validated yet. For a project file, `run --add-outliers`
does this."""
    parser = add_verb(verbs, "add-outliers", action, text)
    parser.add_argument("report", type=Path, help="folder of a report, from validate")
    parser.add_argument("outliers", type=Path, help="file to add to, such as outliers.json")
    parser.add_argument("--model", type=Path, required=True, metavar="FILE", help="model that was validated")
    parser.add_argument("--alignment", type=Path, metavar="FILE", help="how the reference lies over the source")
    parser.add_argument("--selection", type=Path, metavar="FILE", help="the choice of frames, from select")


def add_criteria(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.validation.criteria_table import markdown_table

        print(markdown_table(), end="")

    text = """list the criteria of a validation as a table

Prints a table in Markdown: what each criterion asks, what it measures, what it allows unless an option says otherwise,
and what to do if it fails."""
    add_verb(verbs, "criteria", action, text)


VERBS = (add_validate, add_add_outliers, add_criteria)
