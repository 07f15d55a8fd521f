from pathlib import Path

import Gaffer
import GafferImage
import IECore
import imath

from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from GafferRecovery import images

_SHOWN_IN = "srgb_tx"
"""The colour space that the scale's colours are of."""
_SCALE = Path(images.__file__).with_name("viridis.spi1d")
# As picture.doubt_map of the engine, which draws the maps of the reports.
_COLOUR, _WHITE = 0.7, 0.9


class DoubtMap(GafferImage.ImageProcessor):
    """How far a recovered image is to be doubted: its channel recovery.doubt in colours, over the image in grey.

    The scale runs from 0 (violet) to `scaleEnd` (yellow) and is that of the maps in reports. Other channels, windows
    and metadata stay as they are. The image must have the channel, which `Inference` makes with `doubt`, and finished
    frames may carry. Where the node is not enabled, `out` is `in`.
    """

    def __init__(self, name: str = "DoubtMap") -> None:
        GafferImage.ImageProcessor.__init__(self, name)

        self["scaleEnd"] = Gaffer.FloatPlug(defaultValue=0.05, minValue=0.0001, maxValue=1.0)

        doubt = self["__doubt"] = GafferImage.Shuffle()
        doubt["in"].setInput(self["in"])
        doubt["missingSourceMode"].setValue(GafferImage.Shuffle.MissingSourceMode.Error)
        for channel in "RGB":
            doubt["shuffles"].addChild(Gaffer.ShufflePlug(DOUBT_CHANNEL, channel))

        shares = self["__shares"] = GafferImage.Grade()
        shares["in"].setInput(doubt["out"])
        for index in range(4):
            shares["whitePoint"][index].setInput(self["scaleEnd"])
        shares["blackClamp"].setValue(True)
        shares["whiteClamp"].setValue(True)

        colours = self["__colours"] = GafferImage.LUT()
        colours["in"].setInput(shares["out"])
        colours["fileName"].setValue(str(_SCALE))
        colours["interpolation"].setValue(GafferImage.LUT.Interpolation.Linear)

        shown = self["__shown"] = GafferImage.ColorSpace()
        shown["in"].setInput(self["in"])
        shown["inputSpace"].setValue("${ocio:workingSpace}")
        shown["outputSpace"].setValue(_SHOWN_IN)

        grey = self["__grey"] = GafferImage.Saturation()
        grey["in"].setInput(shown["out"])
        grey["saturation"].setValue(0)

        clamped = self["__clamped"] = GafferImage.Clamp()
        clamped["in"].setInput(grey["out"])

        light = self["__light"] = GafferImage.Grade()
        light["in"].setInput(clamped["out"])
        light["multiply"].setValue(imath.Color4f(_WHITE, _WHITE, _WHITE, 1))

        mapped = self["__mapped"] = GafferImage.Mix()
        mapped["in"][0].setInput(light["out"])
        mapped["in"][1].setInput(colours["out"])
        mapped["mix"].setValue(_COLOUR)

        worked = self["__worked"] = GafferImage.ColorSpace()
        worked["in"].setInput(mapped["out"])
        worked["inputSpace"].setValue(_SHOWN_IN)
        worked["outputSpace"].setValue("${ocio:workingSpace}")

        out = self["__out"] = GafferImage.CopyChannels()
        out["in"][0].setInput(self["in"])
        out["in"][1].setInput(worked["out"])
        out["channels"].setValue("R G B")
        out["enabled"].setInput(self["enabled"])
        self["out"].setInput(out["out"])
        self["out"].setFlags(Gaffer.Plug.Flags.Serialisable, False)


IECore.registerRunTimeTyped(DoubtMap, typeName="GafferRecovery::DoubtMap")
