"""Exchanging luma between images, with stock nodes."""

import Gaffer
import GafferImage


def withLumaOf(
    other: GafferImage.ImagePlug, picture: GafferImage.ImagePlug, node: Gaffer.Node, name: str
) -> GafferImage.ImagePlug:
    """The picture with the BT.709 luma of another one. The nodes for it are added to `node`, with private names.

    With chroma held, exchanging luma adds one number to R', G' and B' alike: the luma of the difference.
    """
    difference = node[f"__{name}Difference"] = GafferImage.Merge()
    difference["operation"].setValue(GafferImage.Merge.Operation.Subtract)
    difference["in"][0].setInput(picture)
    difference["in"][1].setInput(other)

    luma = node[f"__{name}Luma"] = GafferImage.Saturation()
    luma["in"].setInput(difference["out"])
    luma["saturation"].setValue(0)

    result = node[f"__{name}Sum"] = GafferImage.Merge()
    result["operation"].setValue(GafferImage.Merge.Operation.Add)
    result["in"][0].setInput(picture)
    result["in"][1].setInput(luma["out"])
    return result["out"]
