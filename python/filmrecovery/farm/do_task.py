"""One call of a task, on a machine of a farm: what every farm calls."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from filmrecovery.base.atomic import write_text
from filmrecovery.base.errors import TRY_AGAIN, OutputError, RunError, SettingsError
from filmrecovery.base.message_lines import PROGRESS
from filmrecovery.farm.task_tree import Calls, Task, TaskTree, beside, read_task

PROGRESS_FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda percent: f"{PROGRESS}{percent}%",
    "openjd": lambda percent: f"openjd_progress: {percent}",
}
"""How a farm reads progress in the output of a task, by name."""


def do_task(path: Path, name: str, call: int, progress: str = "plain") -> int:
    """Makes a call of a task, counted from 0, and returns its exit status.

    The output of the command is passed on line by line, lines of progress in the form of that name. SIGTERM and SIGINT
    are passed on to the command, which is waited for. The status is `TRY_AGAIN` where that or another signal ended it;
    both signals are ignored then, until the process ends.
    A call that ended with 0 is noted as done (see `undone_calls`), and while it is made again it is not done.

    Raises FileError for a damaged tree, SettingsError where it has no such call, RunError where the command cannot be
    started, OutputError where it cannot be noted.
    """
    tree = read_task(path, name)
    task = tree.task(name)
    if not 0 <= call < task.calls:
        raise SettingsError(f"{path}, task '{name}': its calls are 0 to {task.calls - 1}, and {call} is none of them")
    note = _note(path, name, call)
    _drop(note)
    status = _run(tree, task.command_of(call), PROGRESS_FORMS[progress])
    if status == 0:
        write_text(note, _noted(task, call))
    return status


def undone_calls(path: Path, tree: TaskTree) -> Calls:
    """The calls of each task that did not end with status 0 yet; tasks that are done are left out.

    A call that was done with another command line is not done.
    """
    undone = {
        task.name: tuple(call for call in range(task.calls) if not _is_done(path, task, call)) for task in tree.tasks
    }
    return {name: calls for name, calls in undone.items() if calls}


def _note(path: Path, name: str, call: int) -> Path:
    return beside(path, "done") / f"{name}.{call}"


def _noted(task: Task, call: int) -> str:
    """What the note of a call that is done holds: its command line, which another call of that name has not."""
    return json.dumps(task.command_of(call)) + "\n"


def _is_done(path: Path, task: Task, call: int) -> bool:
    try:
        return _note(path, task.name, call).read_bytes() == _noted(task, call).encode()
    except FileNotFoundError:
        return False


def _drop(note: Path) -> None:
    try:
        note.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{note}: cannot be removed ({error.strerror}); remove it by hand") from error


def _run(tree: TaskTree, command: list[str], progress: Callable[[str], str]) -> int:
    process: subprocess.Popen[str] | None = None
    asked_to_end = False

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal asked_to_end
        # A farm may signal all processes of a job, and repeat it; a second signal would end the engine at once.
        if process and not asked_to_end:
            # `Popen.terminate` takes a lock that the interrupted code may hold.
            os.kill(process.pid, signal.SIGTERM)
        asked_to_end = True

    # Set before the command starts, so that no signal falls between.
    earlier = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        process = _start(tree, command)
        if asked_to_end:
            process.terminate()
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip("\n")
            percent = text.removeprefix(PROGRESS).removesuffix("%")
            print(progress(percent) if text == f"{PROGRESS}{percent}%" else text, flush=True)
        status = process.wait()
    finally:
        for number, handler in earlier.items():
            # A signal that is repeated when the command has ended must not change the status that says so.
            signal.signal(number, signal.SIG_IGN if asked_to_end else handler)
    return TRY_AGAIN if status < 0 or (status and asked_to_end) else status


def _start(tree: TaskTree, command: list[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=tree.folder,
            env=os.environ | tree.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise RunError(
            f"{command[0]}: cannot be started in {tree.folder} ({error.strerror}); see whether this machine has both"
        ) from error
