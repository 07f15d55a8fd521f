"""What the verbs of the command line have in common."""

import argparse
from collections.abc import Callable

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
