import Gaffer
import GafferImage
import IECore

from GafferRecovery.images.lumaExchange import withLumaOf
from GafferRecovery.images.sharedArea import sharedArea


class Merge(GafferImage.ImageNode):
    """What was recovered onto the original plate, in the manner of the blend modes Color and Luminosity.

    "color" gives the recovered chroma with the original's luma, "luminosity" the recovered luma with the original's
    chroma. Other channels, windows and metadata are the original's. The images are those of the script's working space,
    which must be display-referred for their luma to be BT.709 luma. Nothing is clamped.
    """

    def __init__(self, name: str = "Merge") -> None:
        GafferImage.ImageNode.__init__(self, name)

        self["original"] = GafferImage.ImagePlug()
        self["recovered"] = GafferImage.ImagePlug()
        self["operation"] = Gaffer.StringPlug(defaultValue="color")
        self["__operationIndex"] = Gaffer.IntPlug(
            direction=Gaffer.Plug.Direction.Out, flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable
        )

        merged = self["__merged"] = Gaffer.Switch()
        merged.setup(self["out"])
        merged["in"][0].setInput(withLumaOf(self["original"], self["recovered"], self, "color"))
        merged["in"][1].setInput(withLumaOf(self["recovered"], self["original"], self, "luminosity"))
        merged["index"].setInput(self["__operationIndex"])

        channels = self["__channels"] = GafferImage.CopyChannels()
        channels["in"][0].setInput(self["original"])
        channels["in"][1].setInput(merged["out"])
        channels["channels"].setValue("R G B")
        channels["enabled"].setInput(self["enabled"])

        self["out"].setInput(channels["out"])
        self["out"].setFlags(Gaffer.Plug.Flags.Serialisable, False)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageNode.affects(self, input)
        windows = [self[image][plug] for image in ("original", "recovered") for plug in ("format", "dataWindow")]
        if any(input.isSame(plug) for plug in [self["operation"], *windows]):
            outputs.append(self["__operationIndex"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # From nothing: the base class appends a number of the type, which differs between processes.
        h.copyFrom(IECore.MurmurHash())
        h.append("GafferRecovery::Merge")
        h.append(self["operation"].hash())
        for image in (self["original"], self["recovered"]):
            h.append(image.formatHash())
            h.append(image.dataWindowHash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        operation = self["operation"].getValue()
        if operation not in ("color", "luminosity"):
            raise RuntimeError(f"operation '{operation}' is not one of color, luminosity")
        window = self["original"].dataWindow()
        # Here, where every part of the result passes, sizes are checked too.
        if sharedArea(("original", self["original"]), ("recovered", self["recovered"])) != window:
            raise RuntimeError(
                f"the recovered image's data window is {self['recovered'].dataWindow()}, the original's {window}: "
                "recover the whole of the original, or crop the original to what was recovered"
            )
        output.setValue(("color", "luminosity").index(operation))


IECore.registerRunTimeTyped(Merge, typeName="GafferRecovery::Merge")
