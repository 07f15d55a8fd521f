import dataclasses
from typing import Any

import Gaffer
import GafferImage
import IECore

from filmrecovery.film.elements.element import DEFAULT_SPACE
from GafferRecovery._taskNodes.RecoveryTask import RecoveryTask
from GafferRecovery.engine import engineProcess
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class EngineTask(RecoveryTask):
    """A task that the engine does once for any range of frames, because it works on whole elements.

    A subclass adds plugs, and says in `calls` how the engine is called. The engine itself does nothing twice.
    """

    def __init__(self, name: str = "EngineTask") -> None:
        RecoveryTask.__init__(self, name)

    def addElement(self, role: str, frames: bool = False, space: str = DEFAULT_SPACE) -> None:
        """Adds plugs for an element's files, for their colour space and, if asked for, for some of its frames."""
        self[f"{role}Files"] = pathPlugs.files()
        if frames:
            self[f"{role}Frames"] = Gaffer.StringPlug()
        self[f"{role}Space"] = Gaffer.StringPlug(defaultValue=space)

    def addPath(self, output: str) -> None:
        """Adds an output plug that carries the path in `fileName`. It is empty where the node is not enabled."""
        self[output] = unsavedPlugs.output(Gaffer.StringPlug)
        path = self["__path"] = Gaffer.Switch()
        path.setup(self[output])
        path["in"].resize(2)
        path["in"][1].setInput(self["fileName"])
        path["index"].setInput(self["enabled"])
        self[output].setInput(path["out"])

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of each call of the engine, in their order. `name` is the name of the node, for errors."""
        raise NotImplementedError

    def taskHash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        with context:
            calls = self.__calls()
        if not calls:
            return IECore.MurmurHash()
        # Without the frame: all frames of a dispatch share the calls.
        h = IECore.MurmurHash()
        h.append(self.typeName())
        for argument in [argument for call in calls for argument in call]:
            h.append(argument)
        return h

    def execute(self) -> None:
        for call in self.__calls():
            engineProcess.run(call, self.relativeName(self.scriptNode()))
        # This process has computed values from the file before the file was there.
        Gaffer.ValuePlug.clearHashCache()

    def __calls(self) -> list[list[str]]:
        return self.calls(self.relativeName(self.scriptNode())) if self["enabled"].getValue() else []

    def settings(self, cls: type, name: str, **others: Any) -> list[str]:
        """The engine's options for a dataclass of settings. If it has a working space, that is the script's.

        `others` are values for settings whose plugs do not say all of it.
        """
        if any(field.name == "working_space" for field in dataclasses.fields(cls)):
            others["working_space"] = GafferImage.OpenColorIOAlgo.getWorkingSpace(Gaffer.Context.current())
        return settingsPlugs.options(self, cls, name, **others)

    def needed(self, plug: str, name: str, advice: str) -> str:
        """The value of a plug. Raises IECore.Exception, with the advice, where it is empty."""
        value = self[plug].getValue()
        if not value:
            raise IECore.Exception(f"{name}: the plug {plug} is empty; {advice}")
        return value

    def spaces(self, name: str, *roles: str) -> list[str]:
        """The engine's options for the colour spaces of elements. Raises IECore.Exception where one is not named."""
        advice = "name the OpenColorIO colour space of the files"
        return [f"--{role}-space={self.needed(f'{role}Space', name, advice)}" for role in roles]

    def files(self, element: str, name: str) -> str:
        """The pattern of an element's files. Raises IECore.Exception where it is empty."""
        return self.needed(f"{element}Files", name, f"set it to the files of the {element}, such as scan.####.exr")

    def pairFolders(self, name: str, purpose: str) -> list[str]:
        """The folders of the connected pairs. Raises IECore.Exception, with the purpose of the pairs, where none is."""
        folders = [plug.getValue() for plug in self["pairs"] if plug.getValue()]
        if not folders:
            raise IECore.Exception(
                f"{name}: has no pairs to {purpose}; connect the pairs of a TrainingPairs node to `pairs`"
            )
        return folders


IECore.registerRunTimeTyped(EngineTask, typeName="GafferRecovery::EngineTask")
