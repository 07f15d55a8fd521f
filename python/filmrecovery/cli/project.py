"""The verb that does a whole recovery."""

import argparse
from pathlib import Path

from filmrecovery.cli.verb import add_verb


def add_run(verbs: argparse._SubParsersAction) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.recovery import run_project

        delivered = run_project(options.project)
        print(f"delivered: {delivered.pattern}")

    text = """recover a shot as a project file says

Elements, frames, stages and settings stand in one TOML file, which is checked whole before any work. Called again, it
goes on where it was stopped and redoes nothing that is finished."""
    parser = add_verb(verbs, "run", action, text)
    parser.add_argument("project", type=Path, help="the project file, such as project.toml")


VERBS = (add_run,)
