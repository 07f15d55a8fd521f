"""The verb that does a whole recovery, and the one that explains its project file."""

import argparse
from pathlib import Path

from filmrecovery.cli.verb import Verbs, add_verb


def add_run(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.project.run_project import run_project

        delivered = run_project(options.project, options.add_outliers, options.until)
        print(f"{'recovered' if options.until else 'delivered'}: {delivered.pattern}")

    text = """recover a shot as a project file says

Elements, frames, stages and settings are in one TOML file, which is checked completely before any work. Call it again
to continue where it was stopped; what is finished is not done again. At the end the result of each stage is validated.
With --add-outliers the run also learns from the frames that failed the last validation."""
    parser = add_verb(verbs, "run", action, text)
    parser.add_argument("project", type=Path, help="the project file, such as project.toml")
    parser.add_argument(
        "--add-outliers",
        action="store_true",
        help="also train on the outliers of the last validation, starting from the last models",
    )
    parser.add_argument("--until", metavar="STAGE", help="end when this stage has its frames (default: all)")


def add_project_keys(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.project.project_keys import project_keys

        print(project_keys(), end="")

    text = """print the keys of a project file

One table for each table of the file, as Markdown: every key, what it means, its values and its default."""
    add_verb(verbs, "project-keys", action, text)


VERBS = (add_run, add_project_keys)
