from typing import TYPE_CHECKING

import Gaffer
import GafferImage
import IECore

from filmrecovery.base.limits import WIDEST_PIXEL
from filmrecovery.film.elements.element import Element
from filmrecovery.film.headers.dpx_layout import read_layout
from GafferRecovery.engine import enginePackages
from GafferRecovery.images.pixels import tilesOf
from GafferRecovery.images.WholeImage import WholeImage
from GafferRecovery.plugs import pathPlugs, sentences

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Values

_ORIENTATION = "Orientation"


class DpxImage(WholeImage):
    """A frame in DPX of a layout that Gaffer's reader shows wrong, decoded by the engine. Private to `ElementReader`.

    `in` is what Gaffer's reader makes of the same file, whose windows and metadata are right. The picture is upright,
    so they do not say any more how it lay in the file. Where the node is not enabled, the image is that of `in`.
    """

    def __init__(self, name: str = "DpxImage") -> None:
        WholeImage.__init__(self, name)

        self["fileName"] = pathPlugs.files()
        turned = self["__metadata"] = GafferImage.DeleteImageMetadata()
        turned["in"].setInput(self["in"])
        turned["names"].setValue(_ORIENTATION)
        turned["enabled"].setInput(self["enabled"])
        for plug in self["out"].children():
            if plug.getName() == "metadata":
                plug.setInput(turned["out"]["metadata"])
            elif plug.getName() not in ("channelData", "format"):
                plug.setInput(self["in"][plug.getName()])

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = WholeImage.affects(self, input)
        if input.isSame(self["in"]["format"]):
            outputs.append(self["out"]["format"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if not output.isSame(self["out"]["format"]):
            WholeImage.hash(self, output, context, h)
            return
        h.copyFrom(self["in"]["format"].hash())
        h.append(self.typeName())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if not output.isSame(self["out"]["format"]):
            WholeImage.compute(self, output, context)
            return
        stated = self["in"]["format"].getValue()
        # Some software leaves half of it undefined, or 0.
        if not 1 / WIDEST_PIXEL <= stated.getPixelAspect() <= WIDEST_PIXEL:
            stated.setPixelAspect(1.0)
        output.setValue(stated)

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        return input.isSame(self["fileName"]) or input.parent().isSame(self["in"])

    def tileChannels(self) -> tuple[str, ...]:
        return ("R", "G", "B", "A")

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        # That of Gaffer's reader changes with the file.
        h.append(GafferImage.ImageAlgo.imageHash(self["in"]))

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        path = Element(self["fileName"].getValue(), (), "").path(round(context.getFrame()))
        with sentences.ofEngine():
            layout = read_layout(path)
            stored: Values = enginePackages.module("filmrecovery.film.headers.dpx_picture").read_picture(path, layout)
        upright = enginePackages.module("filmrecovery.film.frames.orientation").upright_pixels(
            stored, layout.orientation
        )
        return tilesOf(upright, self["in"].dataWindow(), layout.channels)


IECore.registerRunTimeTyped(DpxImage, typeName="GafferRecovery::DpxImage")
