"""The dispatchers that an artist presses."""

from typing import NamedTuple

import Gaffer
import GafferDispatch
from graphLinks import annotate, hideInputs


class Dispatchers(NamedTuple):
    look: GafferDispatch.LocalDispatcher
    early: GafferDispatch.LocalDispatcher
    deliver: GafferDispatch.LocalDispatcher
    report: GafferDispatch.LocalDispatcher
    handOver: GafferDispatch.LocalDispatcher


def addDispatchers(
    script: Gaffer.ScriptNode,
    look: list[GafferDispatch.TaskNode],
    early: list[GafferDispatch.TaskNode],
    deliver: GafferDispatch.TaskNode,
    report: GafferDispatch.TaskNode,
    handOver: GafferDispatch.TaskNode,
    lookText: str = "Press Dispatch: matches and aligns,\nand chooses frames to learn from.",
) -> Dispatchers:
    """Adds a dispatcher for each thing that an artist asks for. What it needs and what is missing is made first."""
    texts = {
        "LookFirst": lookText,
        "EarlyReport": "Press Dispatch: trains, recovers a few\nframes of all, and judges these.",
        "Deliver": "Press Dispatch: trains, and recovers\nevery frame. Repeats nothing.",
        "Report": "Press Dispatch: measures and judges.\nDelivers first, if need be.",
        "HandOver": "Press Dispatch: puts all of the shot\nin one sealed folder. Reports first.",
    }
    tasks = {"LookFirst": look, "EarlyReport": early, "Deliver": [deliver], "Report": [report], "HandOver": [handOver]}
    made = {name: _dispatcher(script, name, found, texts[name]) for name, found in tasks.items()}
    made["EarlyReport"]["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.CustomRange)
    made["EarlyReport"]["frameRange"].setInput(early[0]["measuredFrames"])
    for second in early[1:]:
        # Of the frames that the dispatcher makes.
        second["mostFrames"].setInput(early[0]["mostFrames"])
    return Dispatchers(made["LookFirst"], made["EarlyReport"], made["Deliver"], made["Report"], made["HandOver"])


def _dispatcher(
    script: Gaffer.ScriptNode, name: str, tasks: list[GafferDispatch.TaskNode], text: str
) -> GafferDispatch.LocalDispatcher:
    dispatcher = script[name] = GafferDispatch.LocalDispatcher()
    for index, task in enumerate(tasks):
        dispatcher["tasks"][index].setInput(task["task"])
    dispatcher["framesMode"].setValue(GafferDispatch.Dispatcher.FramesMode.FullRange)
    # As a dispatcher that is made in the window has them.
    dispatcher["executeInBackground"].setValue(True)
    dispatcher["jobName"].setValue(f"{name} ${{film:shot}}")
    dispatcher["jobsDirectory"].setValue("${project:rootDirectory}/dispatcher/local")
    hideInputs(dispatcher)
    annotate(dispatcher, text)
    return dispatcher
