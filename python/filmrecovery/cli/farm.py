"""Verbs of farms: to submit work, to do a call of it on a machine, and to look at a machine before it gets work."""

import argparse
import itertools
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import Verbs, add_verb

if TYPE_CHECKING:
    from filmrecovery.farm.doctor import Finding


def add_submit(verbs: Verbs) -> None:
    from filmrecovery.farm.submit import ENGINE, FARMS
    from filmrecovery.farm.task_tree import Needs

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.base.errors import SettingsError
        from filmrecovery.farm.submit import further_options, submit, write_job
        from filmrecovery.farm.task_tree import write_tree
        from filmrecovery.project.project_tasks import project_tasks

        path, further = options.tasks, further_options(options.options)
        if path.suffix == ".toml":
            if options.undone:
                raise SettingsError(f"{path}: --undone goes with the tasks.json of an earlier submission; name that")
            path, tree = project_tasks(path, from_options(Needs, options), ENGINE)
            write_tree(path, tree, keep_done=options.dry_run)
        command = write_job(path, options.to, undone=options.undone)
        if not command:
            print(f"{path}: all of it is done")
        elif options.dry_run:
            print(f"written, not submitted. To submit: {shlex.join([*command, *further])}")
        else:
            submit([*command, *further])

    text = """submit tasks to a farm: those of a project file, or a tree of tasks

A project becomes one task for each stage, and one for what comes after the stages. The tasks, and the files that the
farm reads, are written to the folder farm in the project's output; all machines of the farm must see it at the same
path. --cores, --memory and --gpus say what each task of the project needs. A dispatcher of Gaffer writes a tasks.json
into the folder of its job: with --undone, the calls of it that did not end well are submitted again. --options go to
sbatch, to "openjd run", or to the script for OpenCue."""
    parser = add_verb(verbs, "submit", action, text)
    parser.add_argument("tasks", type=Path, help="a project file such as project.toml, or a tree of tasks in JSON")
    parser.add_argument("--to", required=True, choices=tuple(FARMS), help="the farm")
    parser.add_argument(
        "--options",
        default="",
        metavar="TEXT",
        help='further options for the farm, such as --options="--partition=film"',
    )
    parser.add_argument("--dry-run", action="store_true", help="write what the farm reads, and say how to submit it")
    parser.add_argument("--undone", action="store_true", help="leave out what ended well before")
    add_options(parser, Needs)


def add_do_task(verbs: Verbs) -> None:
    from filmrecovery.base.errors import TRY_AGAIN
    from filmrecovery.farm.do_task import PROGRESS_FORMS

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.farm.do_task import do_task

        status = do_task(options.tasks, options.name, options.call, options.progress)
        if status:
            sys.exit(status)

    text = f"""make one call of a task: what a farm calls on its machines

Ends with the status of the task's own command, or with {TRY_AGAIN} if a signal ended that command: then nothing is
wrong with the task, and the farm may try it again. With any other status except 0, trying again does not help."""
    parser = add_verb(verbs, "do-task", action, text)
    parser.add_argument("tasks", type=Path, help="the tree of tasks, tasks.json")
    parser.add_argument("name", help="name of the task")
    parser.add_argument("call", type=int, help="number of the call, from 0: which chunk of frames it is")
    parser.add_argument(
        "--progress",
        choices=tuple(PROGRESS_FORMS),
        default="plain",
        help="how the farm reads progress (default: plain)",
    )


def add_doctor(verbs: Verbs) -> None:
    from filmrecovery.farm.doctor import DoctorSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.base.errors import RunError
        from filmrecovery.farm.doctor import examine

        missing = 0
        found = examine(from_options(DoctorSettings, options), options.folders)
        for finding in itertools.chain(_asset_manager(), found):
            print(finding, flush=True)
            missing += not finding.good
        if missing:
            raise RunError(f"this machine lacks {missing} of the things above; put them right, and call again")
        print("this machine has what the work needs")

    text = """check whether this machine has what the work needs

Looks at the asset manager, where one is configured; at Python, the engine's packages, torch and its device, the
OpenColorIO config and Gaffer; and at folders: whether this machine may write there, whether the clocks agree, and how
much space is free. Says what is missing, and ends with status 1 if something is."""
    parser = add_verb(verbs, "doctor", action, text)
    # Its folders are none, and a manager that does not start is what it is to find.
    parser.set_defaults(takes_references=True)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="folders that the farm shares")
    add_options(parser, DoctorSettings)


def _asset_manager() -> Iterator["Finding"]:
    """What is to be said of the asset manager; nothing where none is configured."""
    from filmrecovery.assets.connection import connect, is_configured
    from filmrecovery.base.errors import AssetError
    from filmrecovery.farm.doctor import Finding

    if is_configured():
        try:
            yield Finding(True, f"the asset manager '{connect().name}'")
        except AssetError as error:
            yield Finding(False, f"the asset manager ({error})")


VERBS = (add_submit, add_do_task, add_doctor)
