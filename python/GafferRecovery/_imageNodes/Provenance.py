from pathlib import Path

import Gaffer
import GafferImage
import IECore

from filmrecovery.model.model_header import read_model_header
from filmrecovery.provenance.header_keys import header_keys
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from GafferRecovery.files.fileState import fileState
from GafferRecovery.plugs import sentences, settingsPlugs, unsavedPlugs


class Provenance(GafferImage.ImageProcessor):
    """Writes into the metadata of an image what was done to it: by which models, to which elements, by whom.

    `models` are the files of the models that the image went through, in their order. `merge` is the operation of a
    final merge. The writer adds the date on which it writes the frame. Where the node is not enabled, `out` is `in`.
    """

    def __init__(self, name: str = "Provenance") -> None:
        GafferImage.ImageProcessor.__init__(self, name)

        self["models"] = Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug("models0"))
        self["merge"] = Gaffer.StringPlug()
        settingsPlugs.add(self, ProvenanceSettings)
        self["__fileChanges"] = unsavedPlugs.fileChanges()
        for plug in self["out"].children():
            if plug.getName() != "metadata":
                plug.setInput(self["in"][plug.getName()])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the last model, and the plug to count up when its file changes."""
        named = [plug for plug in self["models"] if plug.getInput() or not plug.isSetToDefault()]
        return (named or list(self["models"]))[-1], self["__fileChanges"]

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageProcessor.affects(self, input)
        settings = [self["merge"], self["enabled"], self["__fileChanges"], self["in"]["metadata"]]
        settings += [self[name] for name, *_ in settingsPlugs.fields(ProvenanceSettings)]
        if self["models"].isAncestorOf(input) or any(input.isSame(plug) for plug in settings):
            outputs.append(self["out"]["metadata"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.copyFrom(self["in"]["metadata"].hash())
        if not self["enabled"].getValue():
            return
        h.append("GafferRecovery::Provenance")
        for plug in self["models"]:
            h.append(plug.hash())
            h.append(fileState(plug.getValue()))
        h.append(self["merge"].hash())
        for name, *_ in settingsPlugs.fields(ProvenanceSettings):
            h.append(self[name].hash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        metadata = self["in"]["metadata"].getValue()
        if self["enabled"].getValue():
            earlier = {name: data.value for name, data in metadata.items() if isinstance(data, IECore.StringData)}
            for name, text in self.__keys(earlier).items():
                metadata[name] = IECore.StringData(text)
        output.setValue(metadata)

    def __keys(self, earlier: dict[str, str]) -> dict[str, str]:
        # A model that is not trained yet has no description.
        paths = [Path(plug.getValue()) for plug in self["models"] if Path(plug.getValue()).is_file()]
        with sentences.ofEngine():
            settings = settingsPlugs.values(self, ProvenanceSettings, self.relativeName(self.scriptNode()))
            models = [read_model_header(path) for path in paths]
            return header_keys(settings, models, earlier=earlier, merge=self["merge"].getValue())


IECore.registerRunTimeTyped(Provenance, typeName="GafferRecovery::Provenance")
