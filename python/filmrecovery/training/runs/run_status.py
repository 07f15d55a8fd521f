"""What a training says of itself while it lives, in the file `status.json` of its run folder.

The file is touched as long as the process lives, so that whoever shares the folder, on this machine or another, tells a
training that runs from one whose machine went away. Standard library alone, so that Gaffer's own interpreter can read
it.
"""

import contextlib
import dataclasses
import datetime
import enum
import os
import platform
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.errors import OutputError, StoppedError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.base.recovery_modes import MODES

STATUS_NAME = "status.json"
GONE_SECONDS = 60.0
"""A training whose status is older than this counts as gone. The clocks of the machines may differ by less."""

_VERSION = 1
_TOUCH_SECONDS = 5.0
_WHAT, _REMEDY = "what a training says of itself", "remove it; the training writes it again"


class RunState(enum.StrEnum):
    """What has become of a training."""

    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


_WRITTEN_STATES = tuple(state for state in RunState if state is not RunState.GONE)
"""The states that a training can write itself."""


@dataclass(frozen=True)
class RunStatus:
    """What a training says of itself."""

    state: str = setting(dataclasses.MISSING, "what became of it", choices=_WRITTEN_STATES)
    mode: str = setting(dataclasses.MISSING, "what is recovered", choices=MODES)
    machine: str = setting(dataclasses.MISSING, "name of the machine")
    process: int = setting(dataclasses.MISSING, "number of the process there", minimum=1, maximum=2**32)
    started: str = setting(dataclasses.MISSING, "when this call began, in ISO 8601")
    said: str = setting("", "the error of a training that failed")


def read_status(run: Path) -> RunStatus | None:
    """What the training of a run folder said last; None where it never did. Raises FileError for a damaged file."""
    path = run / STATUS_NAME
    if not path.exists():
        return None
    return parse_record(RunStatus, read_record(path, _WHAT, _VERSION, _REMEDY), str(path), _REMEDY)


def state_now(run: Path, status: RunStatus) -> RunState:
    """What has become of a training that said this: gone, where it says that it runs and nobody does."""
    state = RunState(status.state)
    return RunState.GONE if state is RunState.RUNNING and not _lives(run, status) else state


def _lives(run: Path, status: RunStatus) -> bool:
    if status.machine == platform.node() and os.name != "nt":
        try:
            os.kill(status.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # Another user's.
            pass
    try:
        return time.time() - (run / STATUS_NAME).stat().st_mtime < GONE_SECONDS
    except OSError:
        return False


class LifeSign:
    """While entered, the status of a run says that its training runs; on the way out, how it ended."""

    def __init__(self, run: Path, mode: str) -> None:
        self._run = run
        started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self._status = RunStatus(RunState.RUNNING, mode, platform.node(), os.getpid(), started)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._touch, daemon=True)

    def __enter__(self) -> Self:
        """Raises OutputError."""
        self._write(self._status)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if error is None:
            self._write(dataclasses.replace(self._status, state=RunState.DONE))
            return
        stopped = isinstance(error, StoppedError | KeyboardInterrupt)
        end = {"state": RunState.STOPPED} if stopped else {"state": RunState.FAILED, "said": str(error) or repr(error)}
        # The caller gets the error that ended the training, such as a full disk, which may prevent this write too.
        with contextlib.suppress(OutputError):
            self._write(dataclasses.replace(self._status, **end))

    def _write(self, status: RunStatus) -> None:
        write_record(self._run / STATUS_NAME, _VERSION, to_mapping(status))

    def _touch(self) -> None:
        while not self._over.wait(_TOUCH_SECONDS):
            # A share that is away for a moment is no reason to end a training.
            with contextlib.suppress(OSError):
                os.utime(self._run / STATUS_NAME)
