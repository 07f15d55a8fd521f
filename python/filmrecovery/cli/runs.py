"""Verbs that look at trainings and steer them, by the files of their folders."""

import argparse
import contextlib
from pathlib import Path

from filmrecovery.base.declared_settings import add_options, from_options
from filmrecovery.cli.verb import Verbs, add_verb

_FOLDERS_HELP = "folders of trainings, or folders that hold folders of trainings"


def add_runs(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.training.runs.run_table import run_table

        print(run_table(options.folders))

    text = """list trainings: state, step, errors, time left

Trainings on another machine are listed too, where the folder is shared. A training is "gone" when its process ended
without saying so, for example because the machine was switched off. The same call of train continues it from its last
checkpoint."""
    parser = add_verb(verbs, "runs", action, text)
    parser.add_argument("folders", type=Path, nargs="+", help=_FOLDERS_HELP)


def add_stop(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.training.runs.run_requests import ask_to_stop

        ask_to_stop(options.run)
        print(f"{options.run}: is asked to stop; it ends within a few seconds, and the same call of train continues it")

    text = """ask a training to stop

It writes a checkpoint after its next step. A report or a preparation that goes on is left, and done by the call that
continues it. The training may run on another machine that shares the folder."""
    _add_run(add_verb(verbs, "stop", action, text))


def add_extend(verbs: Verbs) -> None:
    def action(options: argparse.Namespace) -> None:
        from filmrecovery.training.runs.run_requests import ask_for_steps

        ask_for_steps(options.run, options.steps)
        print(
            f"{options.run}: is asked for {options.steps} steps; a training that runs takes the new length at its next "
            "step, any other when train is called again"
        )

    text = """give a training another length, longer or shorter, while it runs or afterwards

If it has done that many steps already, it ends now and writes its model."""
    parser = add_verb(verbs, "extend", action, text)
    _add_run(parser)
    parser.add_argument("--steps", type=int, required=True, metavar="N", help="the whole length in steps")


def add_watch(verbs: Verbs) -> None:
    from filmrecovery.watching.watch_settings import WatchSettings

    def action(options: argparse.Namespace) -> None:
        from filmrecovery.watching.watch_server import open_watch

        server = open_watch(from_options(WatchSettings, options), options.folders)
        # Ctrl-C is the way to end it, from the first word on.
        with contextlib.suppress(KeyboardInterrupt):
            print(f"{server.address}  shows the trainings; Ctrl-C ends it")
            print(f"token for stop and extend: {server.token}", flush=True)
            server.serve()

    text = """show trainings as a page in a browser

Serves a page with trainings, curves, contact sheets, previews and reports, which are read again every two seconds. Only
browsers on this machine can open it. To stop a training or to give it another length, the page asks for the token that
is printed."""
    parser = add_verb(verbs, "watch", action, text)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help=_FOLDERS_HELP)
    add_options(parser, WatchSettings)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="folder of the training")


VERBS = (add_runs, add_stop, add_extend, add_watch)
