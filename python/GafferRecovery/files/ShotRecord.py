from pathlib import Path

import Gaffer
import IECore

from filmrecovery.film.elements.scope import name_of_shot, read_scopes
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import sentences


class ShotRecord(FileValues):
    """The name of the shot that a file of shots has at the frame. Private to `FindShots`.

    Empty if there is no file, or no shot at that frame.
    """

    def __init__(self, name: str = "ShotRecord") -> None:
        FileValues.__init__(self, name)

        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["out"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(self["fileChanges"].hash())
        fileName = self["fileName"].getValue()
        h.append(fileName)
        if fileName:
            h.append(fileState(fileName))
            h.append(context.getFrame())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        path = Path(self["fileName"].getValue())
        name = ""
        if path.is_file():
            with sentences.ofEngine():
                shots = [scope for scope in read_scopes(path) if scope.kind == "shot"]
            name = name_of_shot(shots, round(context.getFrame()))
        output.setValue(name)


IECore.registerRunTimeTyped(ShotRecord, typeName="GafferRecovery::ShotRecord")
