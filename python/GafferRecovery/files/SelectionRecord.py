from pathlib import Path

import Gaffer
import IECore

from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.reference.curation.selection_file import read_selection
from filmrecovery.training.pairs.outlier_record import added_frames, read_rounds
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import sentences

_ROLES = {"frames": "frames", "holdOutFrames": "hold_out_frames", "previewFrame": "preview_frames"}


class SelectionRecord(FileValues):
    """The frames in a selection file, or the frames that were named by hand. Private to `SelectPairs`.

    Empty if there are neither. To frames that were named by hand the outliers of a record come in addition; a hold-out
    stays one. Those of a selection file have them already.
    """

    def __init__(self, name: str = "SelectionRecord") -> None:
        FileValues.__init__(self, name)

        self["fileName"] = Gaffer.StringPlug()
        self["outliersFile"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        for plug in _ROLES:
            self[f"{plug}ByHand"] = Gaffer.StringPlug()
            self[plug] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in Gaffer.ValuePlug.RecursiveInputRange(self):
            h.append(plug.hash())
        h.append(output.getName())
        for plug in ("fileName", "outliersFile"):
            h.append(fileState(self[plug].getValue()))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        name = output.getName()
        path = Path(self["fileName"].getValue())
        if self["framesByHand"].getValue():
            output.setValue(self.__byHand(name))
        elif path.is_file():
            with sentences.ofEngine():
                output.setValue(getattr(read_selection(path), _ROLES[name]))
        else:
            output.setValue("")

    def __byHand(self, name: str) -> str:
        text = self[f"{name}ByHand"].getValue()
        with sentences.ofEngine():
            added = addedOutliers(self["outliersFile"].getValue())
            if not added or name == "holdOutFrames":
                return text
            frames = set(optional_frames(text))
            if name == "previewFrame":
                return format_frames(frames - added)
            return format_frames(frames | added.difference(optional_frames(self["holdOutFramesByHand"].getValue())))


def addedOutliers(path: str) -> set[int]:
    """The frames in a record of outliers; none where no file is named, or there is none. Raises FileError."""
    return added_frames(read_rounds(Path(path))) if path else set()


IECore.registerRunTimeTyped(SelectionRecord, typeName="GafferRecovery::SelectionRecord")
