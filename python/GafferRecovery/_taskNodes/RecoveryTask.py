import Gaffer
import GafferDispatch
import IECore

from GafferRecovery._taskNodes.TaskWalk import TaskWalk
from GafferRecovery.plugs import resultsFolder


class RecoveryTask(GafferDispatch.TaskNode):
    """A task that answers a dispatcher quickly, however many paths lead to it.

    A subclass says in `taskHash` and `tasksBefore` what Gaffer asks for in `hash` and `preTasks`. Where `enabled` is
    off, the task does nothing; tasks before it still run.
    """

    def __init__(self, name: str = "RecoveryTask") -> None:
        GafferDispatch.TaskNode.__init__(self, name)

        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)

    def enabledPlug(self) -> Gaffer.BoolPlug:
        return self["enabled"]

    def taskHash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        """What tells this task from others. Empty where it does nothing."""
        raise NotImplementedError

    def tasksBefore(self, context: Gaffer.Context) -> list[GafferDispatch.TaskNode.Task]:
        """The tasks that have to be done before this one."""
        return GafferDispatch.TaskNode.preTasks(self, context)

    def needsNoFrame(self, context: Gaffer.Context) -> bool:
        """Whether the tasks before this one are the same, at the same frames, wherever its hash is the same."""
        return False

    def hash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        walk = TaskWalk.current(context)
        if walk is None:
            return self.__hash(context)
        key = self, context.hash()
        found = walk.hashes.get(key)
        if found is None:
            found = walk.hashes[key] = self.__hash(context)
        return found

    def __hash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        if context.get("dispatcher:jobDirectory", ""):
            # Whoever dispatches learns of it before anything is written.
            resultsFolder.check(self.scriptNode())
        return self.taskHash(context)

    def preTasks(self, context: Gaffer.Context) -> list[GafferDispatch.TaskNode.Task]:
        walk = TaskWalk.current(context)
        # A dispatcher asks for the hash first. Nothing is kept from one who does not.
        h = walk.hashes.get((self, context.hash())) if walk else None
        if walk is None or h is None:
            return self.tasksBefore(context)
        question = self, h, context.hash()
        if h != IECore.MurmurHash() and self.needsNoFrame(context):
            anyFrame = Gaffer.Context(context)
            anyFrame.remove("frame")
            question = self, h, anyFrame.hash()
        if question in walk.answered:
            return []
        walk.answered.add(question)
        return self.tasksBefore(context)


IECore.registerRunTimeTyped(RecoveryTask, typeName="GafferRecovery::RecoveryTask")
