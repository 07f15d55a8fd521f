from typing import TYPE_CHECKING, Any

import Gaffer
import GafferImage
import IECore

from filmrecovery.film.frames.frame_encoding import PREPARATION_NAME
from GafferRecovery.engine import enginePackages
from GafferRecovery.images import workingSpace
from GafferRecovery.images.pixels import rgbOf, tilesOf
from GafferRecovery.images.sharedArea import isEmpty
from GafferRecovery.images.WholeImage import WholeImage
from GafferRecovery.plugs import sentences

if TYPE_CHECKING:
    from filmrecovery.model.source_preparation import SourcePreparation


class PreparedImage(WholeImage):
    """A source as a model prepares it, live: the engine's own arithmetic, on the whole picture.

    The metadata of `out` say what was done, as the engine writes it into the inputs of pairs; so whoever takes the
    image knows. A subclass adds what it does in `preparation`, and names the plugs that this depends on in `settings`.
    """

    def __init__(self, name: str = "PreparedImage") -> None:
        WholeImage.__init__(self, name)

        for plug in self["out"].children():
            if plug.getName() not in ("channelData", "metadata"):
                plug.setInput(self["in"][plug.getName()])

    def settings(self) -> list[Gaffer.Plug]:
        """The plugs that `preparation` depends on."""
        raise NotImplementedError

    def preparation(self, earlier: "SourcePreparation") -> "SourcePreparation":
        """What this node alone does to a picture that was prepared so before, in the context of the whole image.

        Raises IECore.Exception where it may not be done to such a picture.
        """
        raise NotImplementedError

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = WholeImage.affects(self, input)
        if any(input.isSame(plug) for plug in [*self.settings(), self["enabled"], self["in"]["metadata"]]):
            outputs.append(self["out"]["metadata"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if not output.isSame(self["out"]["metadata"]):
            WholeImage.hash(self, output, context, h)
            return
        h.copyFrom(self["in"]["metadata"].hash())
        if self["enabled"].getValue():
            h.append(self.typeName())
            self.__appendPreparation(context, h)

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if not output.isSame(self["out"]["metadata"]):
            WholeImage.compute(self, output, context)
            return
        metadata = self["in"]["metadata"].getValue()
        if self["enabled"].getValue():
            earlier, own = self.__preparation(context)
            clean = own.clean if own.cleans else earlier.clean
            text = _engine().preparation_text(_engine().SourcePreparation(own.balance or earlier.balance, clean))
            if text:
                metadata[PREPARATION_NAME] = IECore.StringData(text)
        output.setValue(metadata)

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        return any(input.isSame(plug) for plug in [*self.settings(), *self["in"].children()])

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(GafferImage.ImageAlgo.imageHash(self["in"]))
        self.__appendPreparation(context, h)

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        dataWindow = self["in"].dataWindow()
        _, own = self.__preparation(context)
        if own == _engine().SourcePreparation() or isEmpty(dataWindow):
            return IECore.CompoundObject()
        canceller = context.canceller()
        rgb = own.prepared(rgbOf(self["in"]), check=lambda: IECore.Canceller.check(canceller))
        return tilesOf(rgb, dataWindow)

    def __preparation(self, context: Gaffer.Context) -> "tuple[SourcePreparation, SourcePreparation]":
        """What was done to the input before, and what this node does."""
        workingSpace.checkDisplayReferred(context)
        with sentences.ofEngine():
            earlier = preparationOf(self["in"].metadata())
            return earlier, self.preparation(earlier)

    def __appendPreparation(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in self.settings():
            h.append(plug.hash())
        workingSpace.appendWorkingSpace(context, h)


def preparationOf(metadata: IECore.CompoundData) -> "SourcePreparation":
    """What was done to the source of an image with this metadata. Raises FileError where they are damaged."""
    text = metadata[PREPARATION_NAME].value if PREPARATION_NAME in metadata else ""
    return _engine().parse_preparation(text, "the image")


def _engine() -> Any:
    return enginePackages.module("filmrecovery.model.source_preparation")


IECore.registerRunTimeTyped(PreparedImage, typeName="GafferRecovery::PreparedImage")
