"""What the verbs of the command line have in common."""

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.element import DEFAULT_SPACE, Element, find_element
from filmrecovery.film.elements.gaps import check_unbroken
from filmrecovery.provenance.provenance_settings import ProvenanceSettings, read_provenance

SEQUENCE_HELP = "pattern of the files, such as scan.####.exr or scan.%%04d.exr"
FRAMES_HELP = 'frames, such as "1-48" or "1-10x3,25" (default: all that are there)'
WHOLE_HELP = 'frames, such as "1-48" or "1-10x3,25" (default: all, of which none may be missing)'


class Verbs(Protocol):
    """What verbs are added to; argparse has no public name for it."""

    def add_parser(
        self, name: str, *, help: str, description: str, formatter_class: type[argparse.HelpFormatter]
    ) -> argparse.ArgumentParser: ...


def add_verb(
    verbs: Verbs, name: str, action: Callable[[argparse.Namespace], None], text: str
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


def add_element(
    parser: argparse.ArgumentParser,
    role: str,
    space: str | None = DEFAULT_SPACE,
    *,
    required: bool = True,
    nargs: str | None = None,
    text: str = "",
) -> None:
    """Adds the arguments for an element: its files (an option if it is not required) and its colour space.

    With `nargs="?"` the files are no option, and may be left out all the same. Without a default `space`, the user has
    to name the colour space. `element_of` reads both.
    """
    text = text or (SEQUENCE_HELP if role == "source" else f"pattern of the {role}'s files")
    if required:
        parser.add_argument(role, nargs=nargs, help=text)
    else:
        parser.add_argument(f"--{role}", metavar="PATTERN", help=text)
    shown = f" (default: {space})" if space else ""
    files = "recovered files" if role == "recovered" else f"{role}'s files"
    # The default comes last: an asset manager may know better.
    parser.set_defaults(**{_default_space(role): space})
    parser.add_argument(f"--{role}-space", metavar="TEXT", help=f"OCIO colour space of the {files}{shown}")


def _default_space(role: str) -> str:
    return f"{role}_space_if_unsaid"


def element_of(options: argparse.Namespace, role: str, frames: str | None = None) -> Element:
    """The element that the options name, of the frames on disk or of a range.

    Raises SettingsError for a bad pattern or range, and where no colour space is named that has no default;
    ElementError for missing files.
    """
    space = getattr(options, f"{role}_space") or getattr(options, _default_space(role))
    if not space:
        raise SettingsError(f"--{role}-space is missing; name the OCIO colour space of the {role}'s files")
    return named_element(options, getattr(options, role), frames, space, role)


def named_element(
    options: argparse.Namespace, pattern: str, frames: str | None = None, space: str = "", name: str = ""
) -> Element:
    """The element of a pattern among the options; of an asset it has the frames, space and version of the manager.

    Raises SettingsError for a bad pattern or range, ElementError for missing files.
    """
    asset = options.assets.get(pattern)
    if not asset:
        return find_element(pattern, frames, space, name)
    from filmrecovery.assets.agreement import agreed_frames

    found = find_element(pattern, agreed_frames(frames, asset), space or asset.space, name)
    return dataclasses.replace(found, entity=asset.entity)


def whole_element_of(options: argparse.Namespace, role: str, shots: str | None = None) -> Element:
    """As `element_of`, with the frames of the option `frames`; without it with all, and none may be missing.

    `shots` is a file of shots, between which frames may be missing. Raises ElementError, too, where frames are missing.
    """
    from filmrecovery.reference.curation.shot_list import read_shots

    element = element_of(options, role, options.frames)
    if options.frames is None:
        check_unbroken(element, read_shots(shots, element) if shots else ())
    return element


def optional_element_of(options: argparse.Namespace, role: str, frames: str | None = None) -> Element | None:
    """As `element_of`, or None where the element is not given."""
    return element_of(options, role, frames) if getattr(options, role) else None


def add_elements_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options for what a recovery was made of; `elements_of` reads the elements from them."""
    parser.add_argument("--source", nargs="+", default=(), metavar="PATTERN", help="files that were recovered")
    parser.add_argument("--reference", nargs="+", default=(), metavar="PATTERN", help="files that were learnt from")
    parser.add_argument("--pairs", type=Path, nargs="+", default=(), metavar="FOLDER", help="pairs of these models")


def elements_of(options: argparse.Namespace) -> dict[str, list[Element]]:
    """The elements of each role that the options name.

    Raises SettingsError for a bad pattern, ElementError for missing files.
    """
    return {
        role: [named_element(options, pattern) for pattern in getattr(options, role)]
        for role in ("source", "reference")
    }


def add_provenance_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option whose settings `provenance_of` reads."""
    text = "TOML or JSON file with film_title, shot, and the keys that [provenance] has in a project"
    parser.add_argument("--provenance", type=Path, metavar="FILE", help=text)


def provenance_of(options: argparse.Namespace) -> ProvenanceSettings:
    """The settings that are in the file of the option, or the defaults."""
    return read_provenance(options.provenance) if options.provenance else ProvenanceSettings()
