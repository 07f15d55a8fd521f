import Gaffer
import GafferImage
import IECore

from filmrecovery.base.recovery_modes import MERGE_OPERATIONS
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from filmrecovery.provenance.header_keys import GRADE_NAME
from GafferRecovery.images import workingSpace
from GafferRecovery.images.lumaExchange import withLumaOf
from GafferRecovery.images.sharedArea import sharedArea
from GafferRecovery.plugs import unsavedPlugs


class Merge(GafferImage.ImageNode):
    """Merges the recovered image onto the original plate, like the blend modes Color and Luminosity.

    "color" gives the recovered chroma with the original's luma, "luminosity" the recovered luma with the original's
    chroma. Other channels, windows and metadata are the original's, except what `Inference` says of the recovered
    image: the key that names its grade, and the channel recovery.doubt. The images are those of the script's working
    space, which must be display-referred: only there is their luma BT.709 luma. Nothing is clamped. Where the node is
    not enabled, `out` is `original`.
    """

    def __init__(self, name: str = "Merge") -> None:
        GafferImage.ImageNode.__init__(self, name)

        self["original"] = GafferImage.ImagePlug()
        self["recovered"] = GafferImage.ImagePlug()
        self["operation"] = Gaffer.StringPlug(defaultValue="color")
        self["__operationIndex"] = unsavedPlugs.output(Gaffer.IntPlug)

        merged = self["__merged"] = Gaffer.Switch()
        merged.setup(self["out"])
        # In the order of MERGE_OPERATIONS.
        merged["in"][0].setInput(withLumaOf(self["original"], self["recovered"], self, "color"))
        merged["in"][1].setInput(withLumaOf(self["recovered"], self["original"], self, "luminosity"))
        merged["index"].setInput(self["__operationIndex"])

        channels = self["__channels"] = GafferImage.CopyChannels()
        channels["in"][0].setInput(self["original"])
        channels["in"][1].setInput(merged["out"])
        channels["channels"].setValue("R G B")
        channels["enabled"].setInput(self["enabled"])

        doubt = self["__doubt"] = GafferImage.CopyChannels()
        doubt["in"][0].setInput(channels["out"])
        doubt["in"][1].setInput(self["recovered"])
        doubt["channels"].setValue(DOUBT_CHANNEL)
        doubt["enabled"].setInput(self["enabled"])

        grade = self["__grade"] = GafferImage.CopyImageMetadata()
        grade["in"].setInput(doubt["out"])
        grade["copyFrom"].setInput(self["recovered"])
        grade["names"].setValue(GRADE_NAME)
        grade["enabled"].setInput(self["enabled"])

        self["out"].setInput(grade["out"])
        self["out"].setFlags(Gaffer.Plug.Flags.Serialisable, False)

    def correspondingInput(self, output: Gaffer.Plug) -> Gaffer.Plug | None:
        if output.isSame(self["out"]):
            return self["original"]
        return GafferImage.ImageNode.correspondingInput(self, output)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageNode.affects(self, input)
        windows = [self[image][plug] for image in ("original", "recovered") for plug in ("format", "dataWindow")]
        if any(input.isSame(plug) for plug in [self["operation"], *windows]):
            outputs.append(self["__operationIndex"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # Not from the base class's hash: it contains a number of the type, which differs between processes.
        h.copyFrom(IECore.MurmurHash())
        h.append("GafferRecovery::Merge")
        h.append(self["operation"].hash())
        for image in (self["original"], self["recovered"]):
            h.append(image.formatHash())
            h.append(image.dataWindowHash())
        workingSpace.appendWorkingSpace(context, h)

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        workingSpace.checkDisplayReferred(context)
        operation = self["operation"].getValue()
        if operation not in MERGE_OPERATIONS:
            raise IECore.Exception(f"operation '{operation}' is not one of {', '.join(MERGE_OPERATIONS)}")
        window = self["original"].dataWindow()
        # Sizes are checked here because every part of the result needs this value.
        if sharedArea(("original", self["original"]), ("recovered", self["recovered"])) != window:
            raise IECore.Exception(
                f"the recovered image's data window is {self['recovered'].dataWindow()}, the original's {window}: "
                "recover the whole of the original, or crop the original to the recovered part"
            )
        output.setValue(MERGE_OPERATIONS.index(operation))


IECore.registerRunTimeTyped(Merge, typeName="GafferRecovery::Merge")
