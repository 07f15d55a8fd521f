"""Whole images as arrays, and arrays as Gaffer's tiles."""

from typing import TYPE_CHECKING

import Gaffer
import GafferImage
import IECore
import imath

if TYPE_CHECKING:
    from filmrecovery.picture.arrays import Picture, Values

CHANNELS = ("R", "G", "B")


def rgbOf(image: GafferImage.ImagePlug) -> "Picture":
    """The data window of a flat image, (height, width, 3) float32, rows from the top.

    Raises IECore.Exception for an image without R, G and B.
    """
    return planesOf(image, CHANNELS)


def planesOf(image: GafferImage.ImagePlug, channels: tuple[str, ...]) -> "Values":
    """Some channels of the data window of a flat image, (height, width, channels) float32, rows from the top.

    Raises IECore.Exception where the image lacks one.
    """
    import numpy as np

    picture = GafferImage.ImageAlgo.image(image)
    missing = [channel for channel in channels if channel not in picture]
    if missing:
        raise IECore.Exception(
            f"the image has no channel {', '.join(missing)}; its channels are {', '.join(picture.keys())}"
        )
    size = picture.dataWindow.size() + imath.V2i(1)
    planes = [np.frombuffer(picture[channel].toString(), np.float32).reshape(size.y, size.x) for channel in channels]
    return np.stack(planes, axis=-1)


def tilesOf(planes: "Values", dataWindow: imath.Box2i, channels: tuple[str, ...] = CHANNELS) -> IECore.CompoundObject:
    """The tiles of channels, (height, width, channels), for a data window of that size, by `tileName`.

    They are 0 outside the window. Raises IECore.Cancelled where the current context is cancelled.
    """
    import numpy as np

    canceller = Gaffer.Context.current().canceller()
    side = GafferImage.ImagePlug.tileSize()
    first = GafferImage.ImagePlug.tileOrigin(dataWindow.min())
    last = GafferImage.ImagePlug.tileOrigin(dataWindow.max() - imath.V2i(1))
    left, bottom = dataWindow.min().x - first.x, dataWindow.min().y - first.y
    height, width = last.y - first.y + side, last.x - first.x + side
    padded = np.zeros((height, width, len(channels)), np.float32)
    # Gaffer counts rows from the bottom.
    padded[bottom : bottom + planes.shape[0], left : left + planes.shape[1]] = planes[::-1]
    tiles = IECore.CompoundObject()
    for y in range(0, height, side):
        # A large picture takes a second or more.
        IECore.Canceller.check(canceller)
        for x in range(0, width, side):
            for index, channel in enumerate(channels):
                values = padded[y : y + side, x : x + side, index].ravel().tolist()
                tiles[tileName(channel, first + imath.V2i(x, y))] = IECore.FloatVectorData(values)
    return tiles


def tileName(channel: str, origin: imath.V2i) -> str:
    """The name of a tile among all of an image: of a channel, by its lower left corner."""
    return f"{channel} {origin.x} {origin.y}"
