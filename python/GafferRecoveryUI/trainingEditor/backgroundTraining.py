"""Starts a Train node as a local job in the background, without a dispatcher in the graph."""

import Gaffer
import GafferDispatch


def start(node: GafferDispatch.TaskNode) -> GafferDispatch.LocalDispatcher.Job | None:
    """Dispatches a task and what it needs, for all frames of its script, as Gaffer's Local Jobs show it.

    Returns the job; None where there is nothing to do. No node is made in the script. Raises what the dispatch raises.
    """
    pool = GafferDispatch.LocalDispatcher.defaultJobPool()
    before = pool.jobs()
    dispatcher = GafferDispatch.LocalDispatcher(jobPool=pool)
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
    return next((job for job in pool.jobs() if job not in before), None)
