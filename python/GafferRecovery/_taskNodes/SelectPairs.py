import Gaffer
import IECore

from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import optional_frames
from filmrecovery.reference.curation.selection_settings import SelectSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.SelectionRecord import SelectionRecord, addedOutliers
from GafferRecovery.plugs import pathPlugs, sentences, settingsPlugs, unsavedPlugs

_CHOSEN = {"frames": "selectedFrames", "holdOutFrames": "selectedHoldOutFrames", "previewFrame": "selectedPreviewFrame"}
_OPTIONS = {"frames": "sourceFrames", "matches": "matches", "alignment": "alignment", "shots": "shots"}


class SelectPairs(EngineTask):
    """Chooses the frames of an element to train on, to hold out and to preview, or takes frames named by hand.

    `selectedFrames`, `selectedHoldOutFrames` and `selectedPreviewFrame` carry the chosen frames, and are empty before
    the choice. If `frames` is set nothing is chosen: they carry `frames`, `holdOutFrames` and `previewFrame`. The
    outliers in `outliersFile`, which a Validate node adds to when it is asked to, are trained on in both cases. Where
    the node is not enabled nothing is chosen, and they carry what was chosen before.
    """

    def __init__(self, name: str = "SelectPairs") -> None:
        EngineTask.__init__(self, name)

        self.addElement("source", frames=True)
        self["matches"] = Gaffer.StringPlug()
        self["alignment"] = Gaffer.StringPlug()
        self["furtherAlignments"] = pathPlugs.several("alignment")
        self["shots"] = Gaffer.StringPlug()
        settingsPlugs.add(self, SelectSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/selection.json"
        )
        self["outliersFile"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/outliers.json"
        )
        for plug in _CHOSEN:
            self[plug] = Gaffer.StringPlug()
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        record = self["__record"] = SelectionRecord()
        record["fileName"].setInput(self["fileName"])
        record["outliersFile"].setInput(self["outliersFile"])
        record["fileChanges"].setInput(self["__fileChanges"])
        for plug, chosen in _CHOSEN.items():
            record[f"{plug}ByHand"].setInput(self[plug])
            self[chosen] = unsavedPlugs.output(Gaffer.StringPlug)
            self[chosen].setInput(record[plug])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plugs with the paths of the files that the outputs need, and the plug to count up when one changes."""
        return self["fileName"], self["outliersFile"], self["__fileChanges"]

    def calls(self, name: str) -> list[list[str]]:
        if self["frames"].getValue():
            return []
        with sentences.ofEngine(name):
            outliers = addedOutliers(self["outliersFile"].getValue())
            outliers |= set(optional_frames(self["outliers"].getValue()))
        named = {option: self[plug].getValue() for option, plug in _OPTIONS.items()}
        arguments = [
            "select",
            self.files("source", name),
            self.needed("fileName", name, "name the file of the selection, such as selection.json"),
            *(f"--{option}={value}" for option, value in named.items() if value),
            *self.spaces(name, "source"),
            *self.settings(SelectSettings, name, outliers=format_frames(outliers)),
        ]
        further = [plug.getValue() for plug in self["furtherAlignments"] if plug.getValue()]
        arguments += ["--further-alignments", *further] if further else []
        return [arguments]


IECore.registerRunTimeTyped(SelectPairs, typeName="GafferRecovery::SelectPairs")
