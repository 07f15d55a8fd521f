import Gaffer
import GafferImage
import IECore

from GafferRecovery.images.pixels import CHANNELS, tileName
from GafferRecovery.plugs import unsavedPlugs


class WholeImage(GafferImage.ImageProcessor):
    """An image processor that makes R, G and B of a whole image at once, because no tile can be made alone.

    `__tiles` holds all tiles of an image, and `out` takes each tile from there. A subclass makes the tiles in
    `affectsTiles`, `hashTiles` and `computeTiles`, and connects or computes the other plugs of `out`.
    """

    def __init__(self, name: str = "WholeImage") -> None:
        GafferImage.ImageProcessor.__init__(self, name)

        self["__tiles"] = unsavedPlugs.output(Gaffer.CompoundObjectPlug, defaultValue=IECore.CompoundObject())

    def affectsTiles(self, input: Gaffer.Plug) -> bool:
        """Whether the tiles depend on a plug."""
        raise NotImplementedError

    def hashTiles(self, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        """Appends everything that the tiles depend on to a hash, in the context of the whole image."""
        raise NotImplementedError

    def computeTiles(self, context: Gaffer.Context) -> IECore.CompoundObject:
        """The tiles of `tileChannels` by `tileName`, in the context of the whole image."""
        raise NotImplementedError

    def tileChannels(self) -> tuple[str, ...]:
        """The channels that `computeTiles` makes."""
        return CHANNELS

    def otherTile(self) -> IECore.FloatVectorData:
        """The tile where `computeTiles` makes none: for another channel, or outside the image."""
        return self["in"]["channelData"].getValue(_copy=False)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = GafferImage.ImageProcessor.affects(self, input)
        if self.affectsTiles(input):
            outputs.append(self["__tiles"])
        if any(input.isSame(plug) for plug in (self["__tiles"], self["enabled"], self["in"]["channelData"])):
            outputs.append(self["out"]["channelData"])
        return outputs

    def hashCachePolicy(self, output: Gaffer.ValuePlug) -> Gaffer.ValuePlug.CachePolicy:
        if output.isSame(self["__tiles"]):
            return Gaffer.ValuePlug.CachePolicy.TaskCollaboration
        return Gaffer.ValuePlug.CachePolicy.Default

    def computeCachePolicy(self, output: Gaffer.ValuePlug) -> Gaffer.ValuePlug.CachePolicy:
        if output.isSame(self["__tiles"]):
            return Gaffer.ValuePlug.CachePolicy.TaskCollaboration
        # The tiles of `out` are parts of that value, which is in the cache.
        return Gaffer.ValuePlug.CachePolicy.Uncached

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        if output.isSame(self["__tiles"]):
            # Not from the base class's hash: it contains numbers of types, which differ between processes.
            h.copyFrom(IECore.MurmurHash())
            h.append(self.typeName())
            self.hashTiles(context, h)
            return
        channel = context["image:channelName"]
        if channel not in self.tileChannels() or not self.__enabled(context):
            h.copyFrom(self["in"]["channelData"].hash())
            return
        with wholeImageContext(context):
            tiles = self["__tiles"].hash()
        h.copyFrom(tiles)
        h.append(channel)
        h.append(context["image:tileOrigin"])

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["__tiles"]):
            output.setValue(self.computeTiles(context))
        else:
            output.setValue(self.__tile(context), _copy=False)

    def __tile(self, context: Gaffer.Context) -> IECore.FloatVectorData:
        channel = context["image:channelName"]
        if channel in self.tileChannels() and self.__enabled(context):
            with wholeImageContext(context):
                tiles = self["__tiles"].getValue(_copy=False)
            name = tileName(channel, context["image:tileOrigin"])
            if name in tiles:
                return tiles[name]
        return self.otherTile()

    def __enabled(self, context: Gaffer.Context) -> bool:
        with wholeImageContext(context):
            return self["enabled"].getValue()


def wholeImageContext(context: Gaffer.Context) -> Gaffer.Context:
    """The context for the image as a whole, from the context for one tile."""
    whole = Gaffer.Context(context)
    whole.remove("image:tileOrigin")
    whole.remove("image:channelName")
    return whole


IECore.registerRunTimeTyped(WholeImage, typeName="GafferRecovery::WholeImage")
