"""What is to be dispatched, as the engine's tree of tasks."""

import collections
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Gaffer
import IECore

from filmrecovery.farm.task_tree import FRAMES, VARIABLES, Needs, Task, TaskTree
from GafferRecovery.plugs import settingsPlugs

NEEDS = "farm"
"""Name of the plug of each task node, among those of the dispatcher, with what it needs of a machine."""

_Group = tuple[int, Any, tuple[str, ...]]
"""What batches of one task have in common: how many tasks come before, the plug of the node, and the context."""

# What tells a machine of the farm where the extension and the engine are, where the user said so; and what both need.
_VARIABLES = ("GAFFER_EXTENSION_PATHS", "FILMRECOVERY_PYTHON", *VARIABLES)


def taskTree(rootBatch: Any, name: str, folder: Path) -> TaskTree:
    """The tree of a dispatcher's batches, as a job of that name whose commands are called in a folder.

    Batches of one node, in the same context except for the frame, become the chunks of one task. Where one of them
    comes after another, they become several tasks, so that tasks never wait for each other in a ring.
    """
    # How many tasks come one after the other before a batch; and, for it or for what follows it, the groups right
    # before. Batches that do nothing only pass on what is before them.
    steps: dict[Any, int] = {}
    groupsBefore: dict[Any, dict[_Group, None]] = {}
    groupOf: dict[Any, _Group] = {}
    members: dict[_Group, list[Any]] = {}
    for batch in _inOrder(rootBatch):
        before = batch.preTasks()
        steps[batch] = max((steps[other] + (other in groupOf) for other in before), default=0)
        groupsBefore[batch] = {}
        for other in before:
            groupsBefore[batch] |= {groupOf[other]: None} if other in groupOf else groupsBefore[other]
        if batch.plug() is not None and batch.frames():
            group = groupOf[batch] = steps[batch], batch.plug(), _contextArguments(batch)
            members.setdefault(group, []).append(batch)
    names: dict[_Group, str] = {}
    counts: collections.Counter[str] = collections.Counter()
    tasks: list[Task] = []
    for group in sorted(members, key=lambda group: group[0]):
        _, plug, arguments = group
        node = plug.node().relativeName(plug.node().scriptNode())
        counts[node] += 1
        names[group] = node if counts[node] == 1 else f"{node}-{counts[node]}"
        after = {names[before]: None for batch in members[group] for before in groupsBefore[batch]}
        tasks.append(_task(names[group], node, arguments, members[group], tuple(after)))
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
    """All batches, each once, after those before it."""
    seen = set()
    # Not by recursion: a long chain of tasks would be too deep for it.
    stack = [(rootBatch, iter(rootBatch.preTasks()))]
    while stack:
        batch, before = stack[-1]
        following = next((other for other in before if other not in seen), None)
        if following is None:
            stack.pop()
            yield batch
        else:
            seen.add(following)
            stack.append((following, iter(following.preTasks())))


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
        needs = settingsPlugs.values(plugs, Needs, plugs.relativeName(plugs.ancestor(Gaffer.ScriptNode)))
        processes = first.node().getChild("processes")
        return needs.for_processes(processes.getValue() if isinstance(processes, Gaffer.IntPlug) else 1)
