import contextlib
from pathlib import Path
from typing import Any

import Gaffer
import GafferDispatch
import IECore

from filmrecovery.farm.submit import further_options, submit, write_job
from filmrecovery.farm.task_tree import write_tree
from GafferRecovery._dispatchers.taskTree import addNeeds, taskTree
from GafferRecovery.engine import engineProcess
from GafferRecovery.plugs import sentences


class FarmDispatcher(GafferDispatch.Dispatcher):
    """Writes what is to be dispatched for a farm, into the folder of the job, and hands it over.

    A subclass names the farm, as the engine's room `farm` does, in `farm`.
    """

    farm = ""

    def __init__(self, name: str = "FarmDispatcher") -> None:
        GafferDispatch.Dispatcher.__init__(self, name)

        self["options"] = Gaffer.StringPlug()
        self["submit"] = Gaffer.BoolPlug(defaultValue=True)

    def _doDispatch(self, rootBatch: Any) -> None:
        context = Gaffer.Context.current()
        folder = Path(context["dispatcher:jobDirectory"]).absolute()
        name = self["jobName"].getValue() or Path(context["dispatcher:scriptFileName"]).stem
        with sentences.ofEngine(self.getName()):
            options = further_options(self["options"].getValue())
            path = _newFile(folder)
            write_tree(path, taskTree(rootBatch, name, folder))
            command = write_job(path, self.farm, (str(engineProcess.python()), "-m", "filmrecovery"))
            IECore.msg(IECore.Msg.Level.Info, self.getName(), f"wrote {command[-1]}")
            if self["submit"].getValue():
                submit([*command, *options], engineProcess.environment())

    @classmethod
    def register(cls, name: str) -> None:
        IECore.registerRunTimeTyped(cls, typeName=f"GafferRecovery::{cls.__name__}")
        GafferDispatch.Dispatcher.registerDispatcher(name, cls, addNeeds)


def _newFile(folder: Path) -> Path:
    """A file for a tree. A dispatcher among the tasks of another one works in the folder of the same job."""
    number = 1
    while True:
        path = folder / ("tasks.json" if number == 1 else f"tasks-{number}.json")
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            return path
        number += 1


IECore.registerRunTimeTyped(FarmDispatcher, typeName="GafferRecovery::FarmDispatcher")
