"""A reference whose luma, chroma or channels come from other images, with stock nodes: as the engine composes it."""

import Gaffer
import GafferImage

from filmrecovery.base.recovery_modes import PARTS
from GafferRecovery.images.lumaExchange import withLumaOf

_CHANNELS = {"red": "R", "green": "G", "blue": "B"}


def composedOf(
    reference: GafferImage.ImagePlug, images: dict[str, GafferImage.ImagePlug], node: Gaffer.Node
) -> tuple[GafferImage.ImagePlug, dict[str, Gaffer.IntPlug]]:
    """The composed reference, and for each part the plug that takes it from its image where it is 1.

    The nodes for it are added to `node`, with private names. All images have the same windows, and R, G and B.
    """
    taken = {}
    for part in PARTS:
        image = images[part]
        if part == "luma":
            replaced = withLumaOf(image, reference, node, "lumaPart")
        elif part == "chroma":
            replaced = withLumaOf(reference, image, node, "chromaPart")
        else:
            copy = node[f"__{part}Copy"] = GafferImage.CopyChannels()
            copy["in"][0].setInput(reference)
            copy["in"][1].setInput(image)
            copy["channels"].setValue(_CHANNELS[part])
            replaced = copy["out"]
        switch = node[f"__{part}Switch"] = Gaffer.Switch()
        switch.setup(reference)
        switch["in"][0].setInput(reference)
        switch["in"][1].setInput(replaced)
        taken[part] = switch["index"]
        reference = switch["out"]
    return reference, taken
