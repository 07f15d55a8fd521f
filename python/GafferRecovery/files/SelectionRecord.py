from pathlib import Path

import Gaffer
import IECore

from filmrecovery.reference.curation.selection_file import read_selection
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import sentences

_ROLES = {"frames": "frames", "holdOutFrames": "hold_out_frames", "previewFrame": "preview_frames"}


class SelectionRecord(Gaffer.ComputeNode):
    """The frames in a selection file, or the frames that were named by hand. Private to `SelectPairs`.

    Empty if there are neither.
    """

    def __init__(self, name: str = "SelectionRecord") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        self["fileName"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        for plug in _ROLES:
            self[f"{plug}ByHand"] = Gaffer.StringPlug()
            self[plug] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if input.direction() == Gaffer.Plug.Direction.In:
            outputs += [self[plug] for plug in _ROLES]
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in Gaffer.ValuePlug.RecursiveInputRange(self):
            h.append(plug.hash())
        h.append(output.getName())
        h.append(fileState(self["fileName"].getValue()))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        name = output.getName()
        path = Path(self["fileName"].getValue())
        if self["framesByHand"].getValue():
            output.setValue(self[f"{name}ByHand"].getValue())
        elif path.is_file():
            with sentences.ofEngine():
                output.setValue(getattr(read_selection(path), _ROLES[name]))
        else:
            output.setValue("")


IECore.registerRunTimeTyped(SelectionRecord, typeName="GafferRecovery::SelectionRecord")
