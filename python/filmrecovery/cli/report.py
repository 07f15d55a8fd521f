"""The verb that makes the page of a validation."""

import argparse
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import Verbs, add_verb


def add_report(verbs: Verbs) -> None:
    from filmrecovery.report.report_settings import ReportSettings

    def action(options: argparse.Namespace) -> None:
        import datetime

        from filmrecovery.report.page import Heading
        from filmrecovery.report.report_elements import find_elements
        from filmrecovery.report.write_report import write_report
        from filmrecovery.validation.report_folder import ReportFolder
        from filmrecovery.validation.validation_record import read_validation

        settings = from_options(ReportSettings, options)
        folder = ReportFolder(options.folder)
        validation, verdict = read_validation(folder.record)
        heading = Heading(settings.title, settings.shot, datetime.date.today().isoformat(), _facts(options.fact))
        elements = find_elements(settings, validation)
        provenance = _text(options.provenance) if options.provenance else ""
        write_report(folder.page, validation, verdict, heading, elements, options.run, provenance)
        print(f"{folder.page}: {'passed' if verdict.passed else 'failed'}")

    text = """make the page of a validation

One HTML file, report.html, that opens without a network: the verdict, before and after, comparisons, the frames that
fail, the figures of the hold-outs and of every frame, waveform and vectorscope, and how the training went."""
    parser = add_verb(verbs, "report", action, text)
    parser.add_argument("folder", type=Path, help="folder with the report.json of validate; the page goes there too")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="folder of the training that made the model")
    parser.add_argument(
        "--fact",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help='one more line for the head of the page, such as "Restorationist=Jane Doe"; may be given more than once',
    )
    parser.add_argument("--provenance", type=Path, metavar="FILE", help="text to add, such as a provenance sidecar")
    add_options(parser, ReportSettings)


def _facts(options: list[str]) -> dict[str, str]:
    from filmrecovery.base.errors import SettingsError

    facts = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise SettingsError(f"--fact '{option}': expected NAME=TEXT, such as \"Restorationist=Jane Doe\"")
        facts[name] = text
    return facts


def _text(path: Path) -> str:
    from filmrecovery.base.read_file import MOST_BYTES_BY_HAND, read_text

    return read_text(path, "text", "give a text file in UTF-8", MOST_BYTES_BY_HAND)


VERBS = (add_report,)
