import Gaffer
import GafferImage
import IECore

from filmrecovery.reference.registration.align_settings import AlignSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.images import comparison, manualPlacement
from GafferRecovery.images.AlignedReference import AlignedReference
from GafferRecovery.plugs import settingsPlugs, unsavedPlugs

# The plugs that place a frame by hand. Each can be animated, to apply to some frames only.
_PLACEMENT = ("manual", "manualBase", "frameOffset", "transform", "corners")


class Align(EngineTask):
    """Aligns the reference with the source, to a fraction of a pixel. `out` is the aligned reference, live.

    The task finds, from matched frames, where the reference lies over the source; `alignment` carries the path of its
    result. Where `manual` is on, which can be animated, the frame is placed by hand. Where the node is not enabled,
    `out` is `in`.
    """

    def __init__(self, name: str = "Align") -> None:
        EngineTask.__init__(self, name)

        self["in"] = GafferImage.ImagePlug()
        self["source"] = GafferImage.ImagePlug()
        self["matches"] = Gaffer.StringPlug()
        self.addElement("source")
        self.addElement("reference")
        self["shots"] = Gaffer.StringPlug()
        settingsPlugs.add(self, AlignSettings)
        self["fileName"] = Gaffer.StringPlug(
            defaultValue="${project:rootDirectory}/reference/${script:name}/alignment.json"
        )
        self["manual"] = Gaffer.BoolPlug()
        self["manualBase"] = Gaffer.StringPlug(defaultValue="automatic")
        self["frameOffset"] = Gaffer.IntPlug()
        self["transform"] = Gaffer.Transform2DPlug()
        self["corners"] = manualPlacement.cornersPlug()
        self["comparisonMode"] = Gaffer.StringPlug(defaultValue="difference")
        self.addPath("alignment")
        self["referenceFrame"] = unsavedPlugs.output(Gaffer.IntPlug)
        self["out"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["comparison"] = unsavedPlugs.output(GafferImage.ImagePlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        aligned = self["__aligned"] = AlignedReference()
        aligned["in"].setInput(self["in"])
        aligned["source"].setInput(self["source"])
        aligned["alignment"].setInput(self["fileName"])
        aligned["fileChanges"].setInput(self["__fileChanges"])
        for plug in _PLACEMENT:
            aligned[plug].setInput(self[plug])

        shown = self["__shown"] = Gaffer.Switch()
        shown.setup(self["out"])
        shown["in"][0].setInput(self["in"])
        shown["in"][1].setInput(aligned["out"])
        shown["index"].setInput(self["enabled"])

        views = self["__comparison"] = Gaffer.NameSwitch()
        views.setup(self["out"])
        views["selector"].setInput(self["comparisonMode"])
        views["in"].resize(2)
        views["in"][0]["value"].setInput(comparison.edgesOf(self["source"], shown["out"], self))
        views["in"][1]["name"].setValue("difference")
        views["in"][1]["value"].setInput(comparison.differenceOf(self["source"], shown["out"], self))

        self["referenceFrame"].setInput(aligned["referenceFrame"])
        self["out"].setInput(shown["out"])
        self["comparison"].setInput(views["out"]["value"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug, Gaffer.IntPlug]:
        """The plug with the path of the file that `out` depends on, and the plug to count up when the file changes."""
        return self["fileName"], self["__fileChanges"]

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        return self["in"] if output.isSame(self["out"]) else EngineTask.correspondingInput(self, output)

    def calls(self, name: str) -> list[list[str]]:
        shots = self["shots"].getValue()
        arguments = [
            "align",
            self.needed("matches", name, "connect it to `matches` of a MatchFrames node"),
            self.files("source", name),
            self.files("reference", name),
            self.needed("fileName", name, "name the file of the alignment, such as alignment.json"),
            *([f"--shots={shots}"] if shots else []),
            *self.spaces(name, "source", "reference"),
            *self.settings(AlignSettings, name),
        ]
        return [arguments]


IECore.registerRunTimeTyped(Align, typeName="GafferRecovery::Align")
