"""The verb that validates a recovery."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import SEQUENCE_HELP, add_verb


def add_validate(verbs: argparse._SubParsersAction) -> None:
    from filmrecovery.validation.criteria import Criteria
    from filmrecovery.validation.validate_settings import ValidateSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.film.sequences import find_sequence, format_frames
        from filmrecovery.report.assessment import Assessed, assess
        from filmrecovery.report.page import Heading
        from filmrecovery.report.report_elements import ReportElement

        recovered = find_sequence(options.recovered, options.frames)
        frames = format_frames(recovered.frames)
        baseline = find_sequence(options.baseline, frames) if options.baseline else None
        reference = None
        if options.reference:
            reference = ReportElement(find_sequence(options.reference), options.reference_space)
        verdict = assess(
            from_options(ValidateSettings, options),
            from_options(Criteria, options),
            Assessed(
                options.model,
                options.pairs,
                find_sequence(options.source, frames),
                recovered,
                baseline,
                options.lut,
                reference,
            ),
            Heading(options.title, options.shot),
            options.output,
        )
        print(verdict)
        print(f"report: {options.output / 'report.html'}")

    text = """measure a recovery and judge it

Measures source, baseline and recovery on the hold-outs of the pairs, against their ground truth, and on every frame of
the shot; then holds the recovery to criteria. Writes the page report.html, the figures as report.json, and into
outliers.txt those of the failing frames that are worth training on, as `select --outliers` takes them."""
    parser = add_verb(verbs, "validate", action, text)
    parser.add_argument("model", type=Path, help="model.safetensors of a training")
    parser.add_argument("source", help=SEQUENCE_HELP)
    parser.add_argument("recovered", help="pattern of the recovered files")
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, metavar="FOLDER", help="folders with pairs")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the report")
    parser.add_argument("--baseline", metavar="PATTERN", help="frames to compare with, such as those of a grade")
    parser.add_argument("--lut", type=Path, metavar="FILE", help="LUT to compare with, from match-grade")
    parser.add_argument("--reference", metavar="PATTERN", help="the reference's files, aligned, to be shown")
    parser.add_argument("--reference-space", default="srgb_tx", metavar="TEXT", help="their OCIO colour space")
    parser.add_argument("--title", default="Untitled", metavar="TEXT", help="title of the film")
    parser.add_argument("--shot", default="", metavar="TEXT", help="name of the shot")
    parser.add_argument("--frames", help='frames, such as "1-48" (default: all that were recovered)')
    add_options(parser, ValidateSettings)
    add_options(parser, Criteria)


VERBS = (add_validate,)
