"""The command line: one verb for each stage. It reads options, calls the stage and prints what the stage returns."""

import argparse
import contextlib
import io
import logging
import os
import sys
from pathlib import Path

import filmrecovery
from filmrecovery.base.errors import TRY_AGAIN, LostProcessError, RecoveryError, SettingsError, StoppedError
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.message_lines import messages_shown
from filmrecovery.cli import (
    assets,
    delivering,
    farm,
    matchgrade,
    movies,
    painting,
    project,
    provenance,
    reference,
    rendering,
    report,
    runs,
    training,
    trials,
    validation,
)
from filmrecovery.cli.entity_arguments import parse

DESCRIPTION = """Recovers faded and worn film with small networks trained on a few frame pairs of the film itself.

A whole recovery from one file:   filmrecovery run project.toml
Stage by stage:                   filmrecovery check, match, align, crop, select, pairs, train, render, merge, validate,
                                  report, deliver
A movie in place of frames:       filmrecovery unpack
Several shots in one scan:        filmrecovery shots
Trainings at a glance:            filmrecovery runs, watch, stop, extend
A reference painted by hand:      filmrecovery paint-export, paint-import, palette
The baseline to compare with:     filmrecovery match-grade, grade
Hash lists and signatures:         filmrecovery seal, verify, sign, check-signature
On a farm:                        filmrecovery submit, doctor
Assets of the studio:             filmrecovery resolve, publish
To try it, without film:          filmrecovery demo, simulate
"""

_STOPPED = 130
"""The exit status of a program that the signal SIGINT, of number 2, ended."""
_BROKEN_PIPE = 141
"""The exit status of a program that the signal SIGPIPE, of number 13, ended."""
_LOG = logging.getLogger(__name__)

# A stage and what it needs (torch takes a second to load) is imported when its verb is used.


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb and returns the exit status.

    0; 1 after an error that the user can put right; 75 where one of several processes has gone; 130 when stopped.
    """
    _write_any_letter()
    try:
        with messages_shown():
            return _run(sys.argv[1:] if arguments is None else arguments)
    except BrokenPipeError:
        # Who read the lines has gone, as `head` does when it has enough. What is left of them has to go somewhere.
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (sys.stdout, sys.stderr):
                os.dup2(nowhere, stream.fileno())
        return _BROKEN_PIPE


def _run(arguments: list[str]) -> int:
    try:
        with sigterm_as_interrupt():
            options = parse(_parser(), arguments)
            _check_names(options)
            options.action(options)
        # Lines that cannot be written are an error here, not one when Python ends.
        sys.stdout.flush()
    except StoppedError as error:
        _LOG.error("%s", error)
        return _STOPPED
    except LostProcessError as error:
        _LOG.error("%s", error)
        return TRY_AGAIN
    except RecoveryError as error:
        _LOG.error("%s", error)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        # Where no stage knows better, such as for a name that is too long for any file.
        what = "a file" if error.filename is None else os.fsdecode(error.filename)
        _LOG.error("%s: cannot be used (%s); check the path, its permissions and the disk", what, error.strerror)
        return 1
    except MemoryError as error:
        _LOG.error("not enough memory (%s); work on smaller frames or patches, or end other programs", error)
        return 1
    except KeyboardInterrupt:
        _LOG.info("stopped; call the same command again to continue")
        return _STOPPED
    return 0


def _write_any_letter() -> None:
    """Letters that a terminal or a log lacks are written as their codes: no work is to fail for a message."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check_names(options: argparse.Namespace) -> None:
    """Raises SettingsError for a path that is no UTF-8: neither headers nor records could name the file."""
    given = [value if isinstance(value, list | tuple) else [value] for value in vars(options).values()]
    for path in (os.getcwd(), *(str(item) for values in given for item in values if isinstance(item, str | Path))):
        try:
            path.encode()
        except UnicodeEncodeError:
            raise SettingsError(
                f"{os.fsencode(path).decode(errors='backslashreplace')}: this name is no UTF-8; rename the file or its "
                "folder, or give a link to it with another name"
            ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="filmrecovery", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"filmrecovery {filmrecovery.__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    groups = (
        project,
        movies,
        reference,
        painting,
        training,
        runs,
        rendering,
        matchgrade,
        validation,
        report,
        delivering,
        provenance,
        farm,
        assets,
        trials,
    )
    for group in groups:
        for add in group.VERBS:
            add(verbs)
    return parser
