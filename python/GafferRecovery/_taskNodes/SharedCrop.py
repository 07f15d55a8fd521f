from pathlib import Path

import Gaffer
import GafferImage
import IECore

from filmrecovery.reference.curation.shared_crop import CropSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.CropRecord import CropRecord, sourceCropFile
from GafferRecovery.plugs import settingsPlugs, unsavedPlugs


class SharedCrop(EngineTask):
    """Finds the part of the picture that both elements show, without borders, perforations, subtitles and logos.

    `crop` is this part, to train on. `sourceCrop` is the part of the source that is picture, to recover. Both are for
    images with the source's framing. `crop` is that of the frame, where the shots of the source have several. Where the
    node is not enabled both are empty, which means the whole picture.
    """

    def __init__(self, name: str = "SharedCrop") -> None:
        EngineTask.__init__(self, name)

        self["source"] = GafferImage.ImagePlug()
        self["alignment"] = Gaffer.StringPlug()
        self["within"] = Gaffer.StringPlug()
        self.addElement("source", frames=True)
        self.addElement("reference")
        self["shots"] = Gaffer.StringPlug()
        settingsPlugs.add(self, CropSettings)
        self["fileName"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/reference/${script:name}/crop.json")
        self.addPath("cropFile")
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        for output in ("crop", "sourceCrop"):
            self[output] = unsavedPlugs.output(Gaffer.Box2iPlug)
            record = self[f"__{output}"] = CropRecord()
            record["source"].setInput(self["source"])
            record["enabled"].setInput(self["enabled"])
            record["fileName"].setInput(self["fileName"])
            record["fileChanges"].setInput(self["__fileChanges"])
            record["ofSource"].setValue(output == "sourceCrop")
            self[output].setInput(record["out"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that the outputs need, and the plug to count up when the file changes."""
        return self["fileName"], self["__fileChanges"]

    def calls(self, name: str) -> list[list[str]]:
        path = self.needed("fileName", name, "name the file of the crop, such as crop.json")
        source, frames = self.files("source", name), self["sourceFrames"].getValue()
        alignment = self.needed("alignment", name, "connect it to `alignment` of an Align node")
        others = [
            *([f"--frames={frames}"] if frames else []),
            *self.spaces(name, "source", "reference"),
            *self.settings(CropSettings, name),
        ]
        within, shots = self["within"].getValue(), self["shots"].getValue()
        reference = [f"--reference={self.files('reference', name)}", f"--alignment={alignment}"]
        reference += [f"--within={within}"] if within else []
        reference += [f"--shots={shots}"] if shots else []
        # The file that is watched comes last, when the other one is there.
        return [
            ["crop", source, str(sourceCropFile(Path(path))), *others],
            ["crop", source, path, *reference, *others],
        ]


IECore.registerRunTimeTyped(SharedCrop, typeName="GafferRecovery::SharedCrop")
