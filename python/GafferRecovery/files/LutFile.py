import functools
import os
from pathlib import Path

import Gaffer
import GafferImage
import IECore
import PyOpenColorIO

from filmrecovery.film.frames.frame_encoding import PREPARATION_NAME
from filmrecovery.matchgrade.grade_record import read_grade_record, record_path
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import sentences


class LutFile(Gaffer.ComputeNode):
    """The path of a LUT for Gaffer to read, written in another way for each LUT that it was. Private to `MatchGrade`.

    Gaffer and OpenColorIO keep what they have read under the name of the file, for as long as the process lives.

    `in` is the image that it is for. One that was balanced or cleaned is refused by a LUT that was fitted to a source
    as it is, and the other way round.
    """

    def __init__(self, name: str = "LutFile") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self["enabled"] = Gaffer.BoolPlug(defaultValue=True)
        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["out"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        # Of the image only the metadata count.
        outputs = Gaffer.ComputeNode.affects(self, input)
        depended = [self["in"]["metadata"], *(self[name] for name in ("enabled", "fileName", "fileChanges"))]
        if any(input.isSame(plug) for plug in depended):
            outputs.append(self["out"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for name in ("enabled", "fileName", "fileChanges"):
            h.append(self[name].hash())
        h.append(self["in"].metadataHash())
        h.append(fileState(record_path(Path(self["fileName"].getValue() or "none"))))
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
        self.__checkPreparation(path)
        changes = self["fileChanges"].getValue()
        if changes:
            PyOpenColorIO.ClearAllCaches()
        output.setValue(f"{path.parent.as_posix()}/{'./' * changes}{path.name}")

    def __checkPreparation(self, path: Path) -> None:
        record = record_path(path)
        # A LUT from elsewhere has none.
        if not record.is_file():
            return
        wanted, found = _isForPrepared(record, fileState(record)), PREPARATION_NAME in self["in"].metadata()
        if wanted and not found:
            raise IECore.Exception(
                f"{path}: was fitted to a source that was balanced or cleaned; connect `in` to the Balance or Clean "
                "node that the pairs came from"
            )
        if found and not wanted:
            raise IECore.Exception(
                f"{path}: was fitted to a source that was neither balanced nor cleaned; connect `in` to the source "
                "before the Balance and Clean nodes, or dispatch MatchGrade again"
            )


@functools.lru_cache(16)
def _isForPrepared(record: Path, state: str) -> bool:
    """Whether the LUT of a record takes a prepared source; read again where the state of the file is another."""
    with sentences.ofEngine():
        return read_grade_record(record).preparation is not None


IECore.registerRunTimeTyped(LutFile, typeName="GafferRecovery::LutFile")
