"""What the verbs of the command line have in common."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filmrecovery.provenance.provenance_settings import ProvenanceSettings, read_provenance

if TYPE_CHECKING:
    from filmrecovery.provenance.provenance_record import UsedElement

SEQUENCE_HELP = "pattern of the files, such as scan.####.exr or scan.%%04d.exr"
FRAMES_HELP = 'frames, such as "1-48" or "1-10x3,25" (default: all that are there)'


def add_verb(
    verbs: argparse._SubParsersAction, name: str, action: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """Adds a verb; the first line of its text goes into the list of verbs."""
    parser = verbs.add_parser(
        name,
        help=text.splitlines()[0],
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(action=action)
    return parser


def add_elements_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options for what a recovery was made of; `elements_of` reads those of the elements."""
    parser.add_argument("--source", nargs="+", default=(), metavar="PATTERN", help="files that were recovered")
    parser.add_argument("--reference", nargs="+", default=(), metavar="PATTERN", help="files that were learnt from")
    parser.add_argument("--pairs", type=Path, nargs="+", default=(), metavar="FOLDER", help="pairs of these models")


def elements_of(options: argparse.Namespace) -> "list[UsedElement]":
    """The elements that the options name. Raises SettingsError for a bad pattern, ElementError for missing files."""
    from filmrecovery.film.sequences import find_sequence
    from filmrecovery.provenance.provenance_record import UsedElement

    return [
        UsedElement(role, role, find_sequence(pattern))
        for role, patterns in (("source", options.source), ("reference", options.reference))
        for pattern in patterns
    ]


def add_provenance_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option whose settings `provenance_of` reads."""
    text = "TOML or JSON file with film_title, shot, and the keys that [provenance] has in a project"
    parser.add_argument("--provenance", type=Path, metavar="FILE", help=text)


def provenance_of(options: argparse.Namespace) -> ProvenanceSettings:
    """The settings that are in the file of the option, or the defaults."""
    return read_provenance(options.provenance) if options.provenance else ProvenanceSettings()
