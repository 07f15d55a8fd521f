import Gaffer
import IECore

from filmrecovery.reference.curation.selection_settings import SelectSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.SelectionRecord import SelectionRecord
from GafferRecovery.plugs import settingsPlugs

_CHOSEN = {"frames": "selectedFrames", "holdOutFrames": "selectedHoldOutFrames", "previewFrame": "selectedPreviewFrame"}
_OPTIONS = {"frames": "sourceFrames", "matches": "matches", "alignment": "alignment"}


class SelectPairs(EngineTask):
    """Chooses the frames to train on, to hold out and to preview, of a whole element; or takes those named by hand.

    `selectedFrames` and its like carry what was chosen, and are empty until then. Where `frames` is set nothing is
    chosen: it counts, with `holdOutFrames` and `previewFrame`.
    """

    def __init__(self, name: str = "SelectPairs") -> None:
        EngineTask.__init__(self, name)

        self.addElement("source", frames=True)
        self["matches"] = Gaffer.StringPlug()
        self["alignment"] = Gaffer.StringPlug()
        settingsPlugs.add(self, SelectSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/selection.json"
        )
        for plug in _CHOSEN:
            self[plug] = Gaffer.StringPlug()
        # Where it can be known that the file changed, this is counted up.
        self["__fileChanges"] = Gaffer.IntPlug(flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable)

        record = self["__record"] = SelectionRecord()
        record["fileName"].setInput(self["fileName"])
        record["fileChanges"].setInput(self["__fileChanges"])
        for plug, chosen in _CHOSEN.items():
            record[f"{plug}ByHand"].setInput(self[plug])
            self[chosen] = Gaffer.StringPlug(
                direction=Gaffer.Plug.Direction.Out, flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable
            )
            self[chosen].setInput(record[plug])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that the outputs depend on, and the one to count up when it changes."""
        return self["fileName"], self["__fileChanges"]

    def calls(self, name: str) -> list[list[str]]:
        if self["frames"].getValue():
            return []
        named = {option: self[plug].getValue() for option, plug in _OPTIONS.items()}
        arguments = [
            "select",
            self.files("source", name),
            self.needed("fileName", name, "name the file of the selection, such as selection.json"),
            *(f"--{option}={value}" for option, value in named.items() if value),
            *self.spaces(name, "source"),
            *self.settings(SelectSettings, name),
        ]
        return [arguments]


IECore.registerRunTimeTyped(SelectPairs, typeName="GafferRecovery::SelectPairs")
