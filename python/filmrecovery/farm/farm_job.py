"""What the writers of all farms are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.farm.task_tree import Calls, Task, TaskTree, beside


@dataclass(frozen=True)
class FarmJob:
    """A tree in its file, which of its calls a farm is to make, and how the farm's machines call the engine."""

    path: Path
    tree: TaskTree
    calls: Calls
    engine: tuple[str, ...]
    """The program and the arguments that come before a verb."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of which a call is to be made."""
        return tuple(task for task in self.tree.tasks if task.name in self.calls)

    @property
    def logs(self) -> Path:
        """The folder of what the calls say."""
        return beside(self.path, "logs")

    def after(self, task: Task) -> list[str]:
        """The names of the tasks that a task has to wait for; those that are done already are left out."""
        return [name for name in task.after if name in self.calls]

    def command(self, task: Task) -> list[str]:
        """The command line that makes a call of a task; the number of the call goes behind it."""
        return [*self.engine, "do-task", str(self.path), task.name]


def number_ranges(numbers: Iterable[int]) -> str:
    """Numbers in ascending order as all farms read them, such as "0-3,7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
