"""What is asked of a training, from a shell, a window or another machine: by a file in its run folder.

Standard library alone, so that Gaffer's own interpreter can ask.
"""

import dataclasses
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import from_mapping, setting, to_mapping
from filmrecovery.base.errors import FileError, OutputError, RunError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.training.runs.run_identity import IDENTITY_NAME
from filmrecovery.training.runs.run_status import RunState, read_status, state_now
from filmrecovery.training.runs.train_settings import MOST_STEPS

REQUEST_NAME = "request.json"

A_REQUEST = "a request"
"""What stops a training, in the words of `stop_text`, where somebody asked for it."""

_LOG = logging.getLogger(__name__)
_STOP = re.compile(rf"stopped by {A_REQUEST} at step (\d+) of (\d+)")
_VERSION = 1
_WHAT, _REMEDY = "what is asked of a training", "remove it, and ask again"


@dataclass(frozen=True)
class RunRequest:
    """What is asked of a training."""

    stop: bool = setting(False, "end now, so that a later call goes on")
    steps: int | None = setting(None, "a new length in steps", minimum=1, maximum=MOST_STEPS)


def stop_text(run: Path, stopper: str, step: int, steps: int) -> str:
    """What a training says when it was stopped, by a signal or `A_REQUEST`, after so many of its steps."""
    return (
        f"{run}: stopped by {stopper} at step {step} of {steps}; Resume, or the same call again, goes on from step "
        f"{step}"
    )


def stop_by_request(text: str) -> tuple[int, int] | None:
    """The step and the steps in what a training said when a request stopped it; None for any other text."""
    found = _STOP.search(text)
    return (int(found[1]), int(found[2])) if found else None


def ask_to_stop(run: Path) -> None:
    """Asks the training of a run folder to write a checkpoint and to end; it does within seconds.

    Raises RunError where none runs there, FileError for a damaged file, OutputError where the request cannot be
    written.
    """
    status = read_status(run)
    if status is None or state_now(run, status) is not RunState.RUNNING:
        raise RunError(f"{run}: no training runs there, so there is none to stop")
    leave_request(run, dataclasses.replace(read_request(run), stop=True))


def ask_for_steps(run: Path, steps: int) -> None:
    """Gives the training of a run folder another length, in steps: the one that runs, or the next call of it.

    A number of steps that is done already ends it there. Raises RunError for a folder without a training,
    SettingsError for a length that none can have, FileError and OutputError as `ask_to_stop`.
    """
    if not (run / IDENTITY_NAME).exists():
        raise RunError(f"{run}: holds no training; give the folder that has its {IDENTITY_NAME}")
    asked = to_mapping(read_request(run)) | {"steps": steps}
    leave_request(run, from_mapping(RunRequest, asked, str(run)))


def read_request(run: Path) -> RunRequest:
    """What is asked of the training of a run folder and not done yet. Raises FileError for a damaged file."""
    path = run / REQUEST_NAME
    if not path.exists():
        return RunRequest()
    return parse_record(RunRequest, read_record(path, _WHAT, _VERSION, _REMEDY), str(path), _REMEDY)


def read_or_drop_request(run: Path) -> RunRequest:
    """What is asked of a training, as the training itself reads it.

    A file that cannot be read is logged and removed: it is no reason to end. Raises OutputError where that fails.
    """
    try:
        return read_request(run)
    except FileError as error:
        _LOG.warning("%s", error)
        leave_request(run, RunRequest())
        return RunRequest()


def drop_stop(run: Path) -> None:
    """Removes a wish to stop, and leaves what else is asked. Raises OutputError."""
    leave_request(run, dataclasses.replace(read_or_drop_request(run), stop=False))


def leave_request(run: Path, request: RunRequest) -> None:
    """Leaves in a run folder what is still to do of what was asked. Raises OutputError."""
    path = run / REQUEST_NAME
    if request != RunRequest():
        write_record(path, _VERSION, to_mapping(request))
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be removed ({error.strerror}); check the rights of its folder") from error
