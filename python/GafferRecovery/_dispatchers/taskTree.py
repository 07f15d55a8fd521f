"""What is to be dispatched, as the engine's tree of tasks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Gaffer
import IECore

from filmrecovery.farm.task_tree import FRAMES, Needs, Task, TaskTree
from GafferRecovery.plugs import settingsPlugs

NEEDS = "farm"
"""Name of the plug of each task node, among those of the dispatcher, with what it needs of a machine."""

# What tells a machine of the farm where the extension, the engine and the colours are, where the user said so.
_VARIABLES = ("GAFFER_EXTENSION_PATHS", "FILMRECOVERY_PYTHON", "OCIO")


def taskTree(rootBatch: Any, name: str, folder: Path) -> TaskTree:
    """The tree of a dispatcher's batches, as a job of that name whose commands are called in a folder.

    Batches of one node, in the same context but for the frame, become the chunks of one task. Where one of them comes
    after another, they become several tasks, so that tasks never wait for each other in a ring.
    """
    batches = list(_inOrder(rootBatch))
    steps: dict[Any, int] = {}
    for batch in batches:
        steps[batch] = max((steps[before] + 1 for before in _realBefore(batch)), default=0)
    groups: dict[Any, list[Any]] = {}
    for batch in sorted(batches, key=lambda batch: steps[batch]):
        groups.setdefault((steps[batch], batch.plug(), _contextArguments(batch)), []).append(batch)
    names: dict[Any, str] = {}
    tasks: list[Task] = []
    for (_, plug, arguments), members in groups.items():
        node = plug.node().relativeName(plug.node().scriptNode())
        taken = sum(1 for task in tasks if task.name.partition("-")[0] == node)
        taskName = f"{node}-{taken + 1}" if taken else node
        before = {names[upstream]: None for batch in members for upstream in _realBefore(batch)}
        tasks.append(_task(taskName, node, arguments, members, tuple(before)))
        names |= dict.fromkeys(members, taskName)
    variables = Gaffer.environment()
    environment = {key: variables[key] for key in _VARIABLES if variables.get(key)}
    # What the nodes say goes to the log of the task.
    return TaskTree(name, str(folder), tuple(tasks), environment | {"IECORE_LOG_LEVEL": "INFO"})


def addNeeds(parent: Gaffer.Plug) -> None:
    """Adds the plugs with what a task needs to those that a task node has for dispatchers."""
    if NEEDS in parent:
        return
    parent[NEEDS] = Gaffer.Plug()
    settingsPlugs.add(parent[NEEDS], Needs)


def _inOrder(rootBatch: Any) -> Iterator[Any]:
    """The batches with something to do, each once, after those before it."""
    seen = set()
    # Not by recursion: a long chain of tasks would be too deep for it.
    stack = [(rootBatch, iter(rootBatch.preTasks()))]
    while stack:
        batch, before = stack[-1]
        following = next((other for other in before if other not in seen), None)
        if following is not None:
            seen.add(following)
            stack.append((following, iter(following.preTasks())))
            continue
        stack.pop()
        if batch.plug() is not None and batch.frames():
            yield batch


def _realBefore(batch: Any) -> list[Any]:
    """The batches that come right before one; in place of those with nothing to do, the ones before them."""
    found = {}
    seen = set()
    stack = list(batch.preTasks())
    while stack:
        before = stack.pop()
        if before in seen:
            continue
        seen.add(before)
        if before.frames():
            found[before] = None
        else:
            stack += before.preTasks()
    return list(found)


def _contextArguments(batch: Any) -> tuple[str, ...]:
    """The variables of a batch that its script does not set, as `gaffer execute` reads them."""
    context, ofScript = batch.context(), batch.node().scriptNode().context()
    arguments: list[str] = []
    for name in sorted(context.keys()):
        if name != "frame" and (name not in ofScript.keys() or context[name] != ofScript[name]):  # noqa: SIM118
            arguments += [f"-{name}", IECore.repr(context[name])]
    return tuple(arguments)


def _task(name: str, node: str, arguments: tuple[str, ...], batches: list[Any], after: tuple[str, ...]) -> Task:
    context = batches[0].context()
    command = [str(Gaffer.executablePath()), "execute", "-script", context["dispatcher:scriptFileName"]]
    command += ["-nodes", node, "-frames", FRAMES]
    if arguments:
        command += ["-context", *arguments]
    frames = sorted(sorted(int(frame) for frame in batch.frames()) for batch in batches)
    chunks = tuple(str(IECore.frameListFromList(chunk)) for chunk in frames)
    return Task(name, tuple(command), chunks, after, _needs(batches))


def _needs(batches: list[Any]) -> Needs:
    """What a task needs, as its node says at the first frame."""
    first = min(batches, key=lambda batch: min(batch.frames()))
    plugs = first.node()["dispatcher"].getChild(NEEDS)
    if plugs is None:
        return Needs()
    with Gaffer.Context(first.context()) as context:
        context.setFrame(min(first.frames()))
        return settingsPlugs.values(plugs, Needs, plugs.relativeName(plugs.ancestor(Gaffer.ScriptNode)))
