"""Starts a Train node as a local job in the background, without a dispatcher in the graph."""

import Gaffer
import GafferDispatch


def start(node: GafferDispatch.TaskNode) -> None:
    """Dispatches a task and what it needs, for all frames of its script, as Gaffer's Local Jobs show it.

    No node is made in the script. Raises what the dispatch raises.
    """
    dispatcher = GafferDispatch.LocalDispatcher(jobPool=GafferDispatch.LocalDispatcher.defaultJobPool())
    Gaffer.NodeAlgo.applyUserDefaults(dispatcher)
    dispatcher["jobsDirectory"].setValue("${project:rootDirectory}/dispatcher/local")
    dispatcher["jobName"].setValue(node.relativeName(node.scriptNode()))
    dispatcher["executeInBackground"].setValue(True)
    dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.FullRange)
    dispatcher["tasks"][0].setInput(node["task"])
    try:
        with node.scriptNode().context():
            dispatcher["task"].execute()
    finally:
        dispatcher["tasks"][0].setInput(None)
