"""A project as tasks of a farm: one for each stage, and one for what comes after them."""

import os
import re
from pathlib import Path

from filmrecovery.farm.task_tree import VARIABLES, Needs, Task, TaskTree
from filmrecovery.project.load_project import load_project

_NO_LETTER = re.compile(r"[^A-Za-z0-9_.-]")


def project_tasks(path: Path, needs: Needs, engine: tuple[str, ...]) -> tuple[Path, TaskTree]:
    """Where the tree of a project file lies, in the project's output folder, and the tree.

    Each task calls the engine's verb `run` up to the end of a stage. Stages follow each other, and a stage is one call:
    the verb finds what is finished, and works on all cores that it gets. Raises what `load_project` raises.
    """
    path = path.absolute()
    project = load_project(path)
    call = (*engine, "run", str(path))
    tasks: list[Task] = []
    for stage in (*project.stages, None):
        # Letters of other alphabets are left to the verb: not every farm has them in names.
        name = f"{len(tasks) + 1}-{_NO_LETTER.sub('_', stage.name) if stage else 'delivery'}"
        until = (f"--until={stage.name}",) if stage else ()
        of_task = needs.for_processes(stage.train.processes) if stage else needs
        tasks.append(Task(name, (*call, *until), after=tuple(task.name for task in tasks[-1:]), needs=of_task))
    folder = Path(project.output)
    environment = {key: os.environ[key] for key in VARIABLES if os.environ.get(key)}
    return folder / "farm" / "tasks.json", TaskTree(
        f"{project.title} {project.shot}", str(path.parent), tuple(tasks), environment
    )
