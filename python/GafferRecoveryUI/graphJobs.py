"""The newest local job of a graph, shown where it was started.

Gaffer's Local Jobs stays blank while a job runs on a machine with two cores, and lies behind the Viewer.
"""

import contextlib
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import Gaffer
import GafferDispatch
import GafferUI
import IECore
import psutil
from Qt import QtCore

from filmrecovery.base.duration_text import duration_text
from filmrecovery.base.message_lines import PROGRESS
from filmrecovery.training.runs.run_requests import stop_by_request
from GafferRecovery.plugs import resultsFolder
from GafferRecoveryUI.graphFaults import PLACE
from GafferRecoveryUI.WrappedText import WrappedText

_POLL_MILLISECONDS = 1000
_EXECUTING = "Executing "
_PRIVATE = ".__"
"""Before the names of nodes within a node, which do its work and mean nothing to an artist."""
_NO_ERROR = "Local Jobs has its log."
_Status = GafferDispatch.LocalDispatcher.Job.Status
_places: "weakref.WeakKeyDictionary[GafferDispatch.LocalDispatcher.Job, Path]" = weakref.WeakKeyDictionary()
"""Where the jobs of this Gaffer put their results."""


class JobLine(GafferUI.Widget):
    """What the newest job of a graph does, or how it ended, and a button that stops it.

    The jobs of a graph are those that write into the folder of its shot. Nothing is seen where there was none.
    """

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.Widget.__init__(self, row, **kw)
        self.__settings = settings
        with row:
            self.__text = WrappedText(parenting={"expand": True})
            self.__stop = GafferUI.Button(
                "Stop", toolTip="Ends this job. A training saves its state; what is finished is not made again."
            )
        self.__stop.clickedSignal().connect(Gaffer.WeakMethod(self.__stopClicked))
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(_POLL_MILLISECONDS)
        self.look()

    def look(self) -> None:
        """Looks at the job once."""
        jobs = _jobs(self.__settings.scriptNode())
        self.setVisible(bool(jobs))
        if not jobs:
            return
        job = jobs[-1]
        self.__text.setText(sentence(job), fault=hasFailed(job))
        self.__stop.setVisible(_isOpen(job))

    def __stopClicked(self, button: GafferUI.Button) -> None:
        for job in _jobs(self.__settings.scriptNode()):
            if _isOpen(job):
                job.kill()
        self.look()


def sentence(job: GafferDispatch.LocalDispatcher.Job) -> str:
    """How far a job is, in a sentence or two. Where it failed, its first error."""
    took = duration_text(job.runningTime().total_seconds())
    status = job.status()
    if status == _Status.Waiting:
        return f"{job.name()} waits for an earlier job to end."
    if status == _Status.Running:
        return f"{job.name()} runs, for {took} so far{_present(job)}."
    if status == _Status.Complete:
        return f"{job.name()} is done. It took {took}."
    if status == _Status.Killed:
        return f"{job.name()} was stopped after {took}. Press its button again to go on."
    stop = _stopOfTraining(job)
    if stop is not None:
        return (
            f"{job.name()} ended after {took}: its training was stopped by request, at step {stop[0]} of {stop[1]}. "
            "Resume goes on from there, or press its button again."
        )
    return f"{job.name()} failed after {took}. {next(_errors(job), _NO_ERROR)}"


def hasFailed(job: GafferDispatch.LocalDispatcher.Job) -> bool:
    """Whether a job ended with an error, and not because somebody had its training stopped."""
    return job.status() == _Status.Failed and _stopOfTraining(job) is None


def jobOfProcess(number: int) -> GafferDispatch.LocalDispatcher.Job | None:
    """The open job of this Gaffer that a process of this machine works for; None where it works for none."""
    for job in GafferDispatch.LocalDispatcher.defaultJobPool().jobs():
        own = job.processID() if _isOpen(job) else None
        if own is None:
            continue
        # It may end meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            if number in (own, *(child.pid for child in psutil.Process(own).children(recursive=True))):
                return job
    return None


def _jobs(script: Gaffer.ScriptNode) -> list[GafferDispatch.LocalDispatcher.Job]:
    """The jobs for the shot of a script, in the order of their start."""
    place = resultsFolder.ofShot(script.context())
    return [job for job in GafferDispatch.LocalDispatcher.defaultJobPool().jobs() if _places.get(job) == place]


def _jobAdded(job: GafferDispatch.LocalDispatcher.Job) -> None:
    _places[job] = resultsFolder.ofShot(Gaffer.Context.current())


GafferDispatch.LocalDispatcher.defaultJobPool().jobAddedSignal().connect(_jobAdded)


def _isOpen(job: GafferDispatch.LocalDispatcher.Job) -> bool:
    return job.status() in (_Status.Waiting, _Status.Running)


def _present(job: GafferDispatch.LocalDispatcher.Job) -> str:
    """The node that works now, and how far it is."""
    messages = job.messages()
    progress = ""
    for index in reversed(range(messages.size())):
        message = messages[index]
        if message.message.startswith(_EXECUTING):
            return f": {message.context.partition(_PRIVATE)[0]}{progress}"
        if not progress and message.message.startswith(PROGRESS):
            progress = f", {message.message.removeprefix(PROGRESS).strip()}"
    return ""


def _stopOfTraining(job: GafferDispatch.LocalDispatcher.Job) -> tuple[int, int] | None:
    """The step, and the steps, at which somebody had a training of this job stopped; None where nobody had."""
    return next(filter(None, map(stop_by_request, _errors(job))), None)


def _errors(job: GafferDispatch.LocalDispatcher.Job) -> Iterator[str]:
    messages = job.messages()
    for index in range(messages.size()):
        if messages[index].level == IECore.Msg.Level.Error:
            yield PLACE.sub("", messages[index].message)
