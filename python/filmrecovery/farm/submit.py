"""Hands a tree of tasks to a farm."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import RunError, SettingsError
from filmrecovery.farm.do_task import undone_calls
from filmrecovery.farm.farm_job import FarmJob
from filmrecovery.farm.opencue import write_opencue
from filmrecovery.farm.openjd import write_openjd
from filmrecovery.farm.slurm import write_slurm
from filmrecovery.farm.task_tree import all_calls, read_tree


@dataclass(frozen=True)
class Farm:
    """How a tree is written for a farm, and the command that the path of what was written is given to."""

    write: Callable[[FarmJob], Path]
    command: tuple[str, ...]


FARMS = {
    "slurm": Farm(write_slurm, ("sh",)),
    "openjd": Farm(write_openjd, ("openjd", "run")),
    "opencue": Farm(write_opencue, ("python3",)),
}
"""By the name in `--to`. `openjd run` does the tasks on this machine, one after the other."""


ENGINE = (sys.executable, "-m", "filmrecovery")
"""The engine that runs here, as the machines of a farm call it that see the same files."""


def write_job(path: Path, farm: str, engine: tuple[str, ...] = ENGINE, undone: bool = False) -> list[str]:
    """Writes what a farm reads, and returns the command line that submits it; empty where `undone` leaves nothing.

    With `undone`, the calls of which it is known that they ended well are left out. `engine` is what the machines of
    the farm call. Raises FileError for a damaged tree, and OutputError.
    """
    path = path.absolute()
    tree = read_tree(path)
    calls = undone_calls(path, tree) if undone else all_calls(tree)
    if not calls:
        return []
    return [*FARMS[farm].command, str(FARMS[farm].write(FarmJob(path, tree, calls, engine)))]


def further_options(text: str) -> list[str]:
    """Options for the program of a farm, as a shell parts them. Raises SettingsError for a quote that stays open."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SettingsError(
            f"options '{text}': cannot be read ({error}); close each quote, as a shell wants it"
        ) from error


def submit(command: list[str], variables: Mapping[str, str] | None = None) -> None:
    """Calls a command that `write_job` returned; what it prints goes where this process prints.

    Raises RunError where it cannot be called, or fails.
    """
    try:
        done = subprocess.run(
            command, env=variables, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
    except OSError as error:
        raise RunError(
            f"{command[0]}: cannot be called ({error.strerror}); the machine that submits needs it on PATH"
        ) from error
    print(done.stderr, end="", file=sys.stderr, flush=True)
    if done.returncode:
        # The last words of the farm's own program tell most, and a window does not show what is printed.
        reason = (done.stderr.strip().splitlines() or ["see above what it said"])[-1]
        raise RunError(
            f"{shlex.join(command)}: ended with status {done.returncode} ({reason}); put that right, and submit again"
        )
