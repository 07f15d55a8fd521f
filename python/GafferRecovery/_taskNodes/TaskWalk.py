import os
from collections.abc import Hashable
from typing import Self

import Gaffer
import GafferDispatch
import IECore


class TaskWalk:
    """What a dispatcher has been told, while it gathers the tasks of one dispatch.

    A dispatcher follows every path through `preTasks`, at every frame, and remembers only which tasks it has met. Where
    paths part and meet again their number multiplies, to thousands for a frame. So a task tells a walk once what comes
    before it, and the dispatcher keeps it with the task.

    A walk begins with the signal of a dispatcher. It ends when the dispatcher saves the script into the folder of the
    job, which it does before any task of the job runs, or when the dispatch ends.
    """

    _latest: Self | None = None

    def __init__(self, context: Gaffer.Context) -> None:
        self.__job = context["dispatcher:jobDirectory"]
        self.__script = context["dispatcher:scriptFileName"]
        self.hashes: dict[Hashable, IECore.MurmurHash] = {}
        self.answered: set[Hashable] = set()

    @classmethod
    def current(cls, context: Gaffer.Context) -> Self | None:
        """The walk that asks in a context; None where it is something else that asks."""
        walk = cls._latest
        if walk is None or context.get("dispatcher:jobDirectory", "") != walk.__job or os.path.exists(walk.__script):
            return None
        return walk

    @classmethod
    def begin(cls, dispatcher: GafferDispatch.Dispatcher) -> None:
        """Begins the walk of a dispatcher, in the current context, which is that of its job."""
        script = dispatcher["tasks"][0].source().ancestor(Gaffer.ScriptNode)
        # A dispatcher among the tasks of another one walks again and again within the first walk, to make its hash.
        isNested = any(inner["task"].outputs() for inner in GafferDispatch.Dispatcher.RecursiveRange(script))
        cls._latest = None if isNested else cls(Gaffer.Context.current())

    @classmethod
    def end(cls, dispatcher: GafferDispatch.Dispatcher, succeeded: bool) -> None:
        cls._latest = None


GafferDispatch.Dispatcher.dispatchSignal().connect(TaskWalk.begin)
GafferDispatch.Dispatcher.postDispatchSignal().connect(TaskWalk.end)
