"""What a farm is to do, the same for every farm: tasks with their command lines, chunks of frames, order and needs.

A tree lies on disk as JSON, where all machines of the farm see it. Beside `tasks.json` lie what was written for a farm
(`tasks.slurm/`), what the tasks said (`tasks.logs/`) and which of them are done (`tasks.done/`).
"""

import dataclasses
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.errors import FileError, OutputError, SettingsError
from filmrecovery.base.read_file import shown
from filmrecovery.base.records import parse_record, read_record, write_record

VERSION = 1
VARIABLES = ("OCIO", "OPENASSETIO_DEFAULT_CONFIG", "OPENASSETIO_PLUGIN_PATH")
"""Variables that tell a command where colours and assets are. They go along with a job where they are set."""
FRAMES = "{frames}"
"""The argument of a command in whose place the frames of a chunk go."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_CHUNK = re.compile(r"-?[0-9][0-9,x-]{0,9999}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REMEDY = "dispatch or submit again, which writes it again"


@dataclass(frozen=True)
class Needs:
    """What a machine must have free for one chunk of a task."""

    cores: int = setting(0, "processor cores for a task; 0: as many as the farm gives", minimum=0, maximum=4096)
    memory: int = setting(0, "memory for a task in MiB; 0: as much as the farm gives", minimum=0, maximum=1 << 26)
    gpus: int = setting(0, "GPUs for a task", minimum=0, maximum=64)

    def for_processes(self, count: int) -> "Needs":
        """What a task of so many processes needs: each needs a core and, if the task uses GPUs, one of them."""
        if count == 1:
            return self
        return Needs(max(self.cores, count), self.memory, max(self.gpus, count) if self.gpus else 0)


@dataclass(frozen=True)
class Task:
    """One command line, called once or, in any order, once for each chunk of frames."""

    name: str = setting(dataclasses.MISSING, "name of the task")
    command: tuple[str, ...] = setting(dataclasses.MISSING, "the program and its arguments; none goes through a shell")
    chunks: tuple[str, ...] = setting((), 'frames of each call, such as "1-10"; none: one call')
    after: tuple[str, ...] = setting((), "names of the tasks that have to be done before")
    needs: Needs = setting(Needs(), "what a call needs")

    @property
    def calls(self) -> int:
        """How many calls do the task."""
        return max(len(self.chunks), 1)

    def command_of(self, call: int) -> list[str]:
        """The command line of a call, counted from 0."""
        frames = self.chunks[call] if self.chunks else FRAMES
        return [frames if argument == FRAMES else argument for argument in self.command]


@dataclass(frozen=True)
class TaskTree:
    """Tasks in an order in which they can be done; each comes after those that it waits for."""

    name: str = setting(dataclasses.MISSING, "name of the job, as the farm shows it")
    folder: str = setting(dataclasses.MISSING, "folder in which the commands are called")
    tasks: tuple[Task, ...] = setting(dataclasses.MISSING, "the tasks")
    environment: dict[str, str] = setting(dataclasses.MISSING, "variables that the commands get")

    def task(self, name: str) -> Task:
        """Raises SettingsError where there is none of this name."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise SettingsError(
            f"{shown(name)}: the tree has no task of this name; it has {', '.join(t.name for t in self.tasks)}"
        )


Calls = Mapping[str, tuple[int, ...]]
"""Which calls of each task are to be made, by its name, counted from 0; a task of which none is to be made is left out.
"""


def write_tree(path: Path, tree: TaskTree, keep_done: bool = False) -> None:
    """Writes a tree of which nothing is done; with `keep_done`, what is known to be done of an earlier one stays done.

    Raises OutputError, and SettingsError for a tree that cannot be done.
    """
    _check(tree, str(path))
    if not keep_done:
        try:
            shutil.rmtree(beside(path, "done"))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise OutputError(f"{error.filename}: cannot be removed ({error.strerror}); remove it by hand") from error
    write_record(path, VERSION, to_mapping(tree))


def read_tree(path: Path) -> TaskTree:
    """Raises FileError for a file that is missing, damaged or no tree of tasks that can be done."""
    content = read_record(path, "a tree of tasks", VERSION, _REMEDY)
    return _checked(parse_record(TaskTree, content, str(path), _REMEDY), path)


def _checked(tree: TaskTree, path: Path) -> TaskTree:
    try:
        _check(tree, str(path))
    except SettingsError as error:
        raise FileError(f"{error}; {_REMEDY}") from error
    return tree


def read_task(path: Path, name: str) -> TaskTree:
    """The tree with nothing but the task of this name: what each call on a farm needs, of a tree of thousands of tasks.

    The other tasks are not looked at. Raises FileError as `read_tree` does, SettingsError where there is no such task.
    """
    content = read_record(path, "a tree of tasks", VERSION, _REMEDY)
    tasks = content.get("tasks")
    for task in tasks if isinstance(tasks, list) else ():
        if isinstance(task, dict) and task.get("name") == name:
            # What comes before is done.
            alone = content | {"tasks": [task | {"after": []}]}
            return _checked(parse_record(TaskTree, alone, str(path), _REMEDY), path)
    tree = read_tree(path)
    tree.task(name)
    return tree


def all_calls(tree: TaskTree) -> Calls:
    """The numbers of all calls of each task, by its name."""
    return {task.name: tuple(range(task.calls)) for task in tree.tasks}


def beside(path: Path, kind: str) -> Path:
    """The folder of a kind that belongs to a tree's file: logs, done, or the name of a farm."""
    return path.parent / f"{path.stem}.{kind}"


def _check(tree: TaskTree, where: str) -> None:
    if not tree.tasks:
        raise SettingsError(f"{where}: there is no task in it")
    if not Path(tree.folder).is_absolute():
        raise SettingsError(f"{where}: the folder {shown(tree.folder)} is no absolute path")
    for name in tree.environment:
        if not _VARIABLE.fullmatch(name):
            raise SettingsError(f"{where}: {shown(name)} is no name of a variable")
    known: set[str] = set()
    for task in tree.tasks:
        _check_task(task, known, f"{where}, task {shown(task.name)}")
        known.add(task.name)


def _check_task(task: Task, known: set[str], where: str) -> None:
    """Checks a task that comes after those that are `known`."""
    if not _NAME.fullmatch(task.name):
        raise SettingsError(f"{where}: a name has at most 100 of the letters A-Z and a-z, digits, '_', '.' and '-'")
    if task.name in known:
        raise SettingsError(f"{where}: two tasks have this name")
    if not task.command or not task.command[0]:
        raise SettingsError(f"{where}: it has no command")
    if bool(task.chunks) != (FRAMES in task.command):
        raise SettingsError(f"{where}: chunks go with a command that has the argument {FRAMES}, and with no other")
    for chunk in task.chunks:
        if not _CHUNK.fullmatch(chunk):
            raise SettingsError(f"{where}: {shown(chunk)} is no range of frames")
    for name in task.after:
        if name not in known:
            raise SettingsError(f"{where}: it waits for {shown(name)}, and no task of this name stands before it")
