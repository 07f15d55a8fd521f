import datetime

import Gaffer
import GafferImage
import IECore

from filmrecovery.film.frames.frame_encoding import MARK_NAME
from filmrecovery.film.frames.frame_seal import SEAL_NAME, UNSEALED
from filmrecovery.picture.aces import AP0_CHROMATICITIES, is_aces2065_1

MARK_VARIABLE = "recoveryWriter:mark"


class DeliveryMetadata(GafferImage.ImageProcessor):
    """The attributes of a recovered frame in its file. Private to `RecoveryWriter`.

    These are its mark, which is a variable of the context, a place for its seal, the attributes that its colour space
    and encoding need, and, if it carries its provenance, the day on which it is written.
    """

    def __init__(self, name: str = "DeliveryMetadata") -> None:
        GafferImage.ImageProcessor.__init__(self, name)

        self["colorSpace"] = Gaffer.StringPlug()
        self["encoding"] = Gaffer.StringPlug()
        for plug in self["out"].children():
            if plug.getName() != "metadata":
                plug.setInput(self["in"][plug.getName()])

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageProcessor.affects(self, input)
        if any(input.isSame(plug) for plug in (self["in"]["metadata"], self["colorSpace"], self["encoding"])):
            outputs.append(self["out"]["metadata"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(self["in"]["metadata"].hash())
        h.append(self["colorSpace"].hash())
        h.append(self["encoding"].hash())
        h.append(context.get(MARK_VARIABLE, ""))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        metadata = self["in"]["metadata"].getValue()
        # These describe the file that was read, and are wrong for the file that is written.
        for name in ("chromaticities", "acesImageContainerFlag", "colorInteropID"):
            if name in metadata:
                del metadata[name]
        metadata[MARK_NAME] = IECore.StringData(context.get(MARK_VARIABLE, ""))
        metadata[SEAL_NAME] = IECore.StringData(UNSEALED)
        if "MLProcessing" in metadata:
            metadata["ProcessingDate"] = IECore.StringData(datetime.date.today().isoformat())
        if is_aces2065_1(self["colorSpace"].getValue()):
            # Without these, a reader of EXR assumes the primaries of Rec.709.
            metadata["chromaticities"] = IECore.FloatVectorData(AP0_CHROMATICITIES)
        if self["encoding"].getValue() == "aces":
            metadata["acesImageContainerFlag"] = IECore.IntData(1)
        output.setValue(metadata)


IECore.registerRunTimeTyped(DeliveryMetadata, typeName="GafferRecovery::DeliveryMetadata")
