import os
from pathlib import Path

import Gaffer
import IECore
import PyOpenColorIO

from GafferRecovery.files.FileValues import FileValues


class LutFile(FileValues):
    """The path of a LUT for Gaffer to read, written in another way for each LUT that it was. Private to `MatchGrade`.

    Gaffer and OpenColorIO keep what they have read under the name of the file, for as long as the process lives.
    """

    def __init__(self, name: str = "LutFile") -> None:
        FileValues.__init__(self, name)

        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)
        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["out"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in Gaffer.ValuePlug.RecursiveInputRange(self):
            h.append(plug.hash())
        # Whether it is there may change.
        h.append(os.path.isfile(self["fileName"].getValue()))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        path = Path(self["fileName"].getValue())
        if not self["enabled"].getValue():
            output.setValue("")
            return
        if not self["fileName"].getValue():
            raise IECore.Exception("the plug fileName is empty; name the file of the LUT, such as grade.clf")
        if not path.is_file():
            raise IECore.Exception(f"there is no LUT yet: dispatch MatchGrade, which makes {path}")
        changes = self["fileChanges"].getValue()
        if changes:
            PyOpenColorIO.ClearAllCaches()
        output.setValue(f"{path.parent.as_posix()}/{'./' * changes}{path.name}")


IECore.registerRunTimeTyped(LutFile, typeName="GafferRecovery::LutFile")
