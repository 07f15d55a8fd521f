"""The newest local job of a graph, told where it was started.

Gaffer's Local Jobs stays blank while a job runs on a machine with two cores, and lies behind the Viewer.
"""

from pathlib import Path
from typing import Any

import Gaffer
import GafferDispatch
import GafferUI
import IECore
from Qt import QtCore, QtWidgets

from filmrecovery.base.duration_text import duration_text
from filmrecovery.base.message_lines import PROGRESS
from GafferRecoveryUI.graphFaults import PLACE

_POLL_MILLISECONDS = 1000
_EXECUTING = "Executing "
_PRIVATE = ".__"
"""Before the names of nodes within a node, which do its work and mean nothing to an artist."""
_FAULT_COLOR = "rgb(224, 166, 80)"
_Status = GafferDispatch.LocalDispatcher.Job.Status


class JobLine(GafferUI.Widget):
    """What the newest job of a graph does, or how it ended, and a button that stops it.

    The jobs of a graph are those that write into its folder for results. Nothing is seen where there was none.
    """

    def __init__(self, settings: Gaffer.Node, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.Widget.__init__(self, row, **kw)
        self.__settings = settings
        with row:
            self.__label = GafferUI.Label("", parenting={"expand": True})
            self.__stop = GafferUI.Button(
                "Stop", toolTip="Ends this job. A training saves its state; what is finished is not made again."
            )
        text = self.__label._qtWidget()
        text.setWordWrap(True)
        text.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Minimum)
        text.setTextInteractionFlags(QtCore.Qt.TextSelectableByMouse)
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
        self.__label.setText(told(job))
        failed = job.status() == _Status.Failed
        self.__label._qtWidget().setStyleSheet(f"color: {_FAULT_COLOR}" if failed else "")
        self.__stop.setVisible(_isOpen(job))

    def __stopClicked(self, button: GafferUI.Button) -> None:
        for job in _jobs(self.__settings.scriptNode()):
            if _isOpen(job):
                job.kill()
        self.look()


def told(job: GafferDispatch.LocalDispatcher.Job) -> str:
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
    return f"{job.name()} failed after {took}. {_firstError(job)}"


def _jobs(script: Gaffer.ScriptNode) -> list[GafferDispatch.LocalDispatcher.Job]:
    """The jobs in the folder of a script, in the order of their start."""
    folder = Path(script.context().substitute("${project:rootDirectory}"))
    return [
        job for job in GafferDispatch.LocalDispatcher.defaultJobPool().jobs() if folder in Path(job.directory()).parents
    ]


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


def _firstError(job: GafferDispatch.LocalDispatcher.Job) -> str:
    messages = job.messages()
    for index in range(messages.size()):
        if messages[index].level == IECore.Msg.Level.Error:
            return PLACE.sub("", messages[index].message)
    return "Local Jobs has its log."
