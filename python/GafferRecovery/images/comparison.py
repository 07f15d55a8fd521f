"""Views that show how well two images of different colour are aligned, made of stock nodes."""

import Gaffer
import GafferImage

# Width of fine detail in pixels: wide enough to show a shift of a fraction of a pixel in spite of grain.
_FINE = 2.0
# Detail is divided by the usual detail around it, so that it looks as strong in a faded picture as in a fresh one.
_AROUND = 24.0
_LEAST_DETAIL = 0.003
_DIFFERENCE_GAIN, _EDGE_GAIN = 0.12, 0.3

_Merge = GafferImage.Merge


def differenceOf(
    source: GafferImage.ImagePlug, reference: GafferImage.ImagePlug, node: Gaffer.Node
) -> GafferImage.ImagePlug:
    """The difference of the images' detail, on mid grey: even where they are aligned, like a relief where not."""
    details = [
        _detail(image, node, f"difference{name}", _Merge.Operation.Subtract)
        for image, name in ((source, "Source"), (reference, "Reference"))
    ]
    difference = _merged(node, "difference", _Merge.Operation.Subtract, *details)
    return _graded(difference, node, "differenceGrade", _DIFFERENCE_GAIN, 0.5)


def edgesOf(
    source: GafferImage.ImagePlug, reference: GafferImage.ImagePlug, node: Gaffer.Node
) -> GafferImage.ImagePlug:
    """The edges of the source in red and the edges of the reference in cyan: white where they are aligned."""
    both = node["__edges"] = GafferImage.CopyChannels()
    for index, (image, name) in enumerate(((reference, "Reference"), (source, "Source"))):
        both["in"][index].setInput(_detail(image, node, f"edges{name}", _Merge.Operation.Difference))
    both["channels"].setValue("R")
    return _graded(both["out"], node, "edgesGrade", _EDGE_GAIN, 0.0)


def _detail(
    image: GafferImage.ImagePlug, node: Gaffer.Node, name: str, operation: GafferImage.Merge.Operation
) -> GafferImage.ImagePlug:
    """The difference between the luma of an image and the luma around it, as grey, in multiples of its usual size.

    The operation is Subtract for detail with its sign, Difference for its magnitude.
    """
    channels = node[f"__{name}Channels"] = GafferImage.DeleteChannels()
    channels["in"].setInput(image)
    channels["mode"].setValue(GafferImage.DeleteChannels.Mode.Keep)
    channels["channels"].setValue("R G B")
    luma = node[f"__{name}Luma"] = GafferImage.Saturation()
    luma["in"].setInput(channels["out"])
    luma["saturation"].setValue(0)
    blurred = _blurred(luma["out"], node, f"{name}Blur", _FINE)
    magnitude = _merged(node, f"{name}Magnitude", _Merge.Operation.Difference, luma["out"], blurred)
    usual = _graded(_blurred(magnitude, node, f"{name}Around", _AROUND), node, f"{name}Usual", 1.0, _LEAST_DETAIL)
    detail = _merged(node, f"{name}Detail", operation, luma["out"], blurred)
    return _merged(node, f"{name}Normalised", _Merge.Operation.Divide, usual, detail)


def _merged(
    node: Gaffer.Node,
    name: str,
    operation: GafferImage.Merge.Operation,
    below: GafferImage.ImagePlug,
    above: GafferImage.ImagePlug,
) -> GafferImage.ImagePlug:
    merge = node[f"__{name}"] = GafferImage.Merge()
    merge["operation"].setValue(operation)
    merge["in"][0].setInput(below)
    merge["in"][1].setInput(above)
    return merge["out"]


def _blurred(image: GafferImage.ImagePlug, node: Gaffer.Node, name: str, radius: float) -> GafferImage.ImagePlug:
    blur = node[f"__{name}"] = GafferImage.Blur()
    blur["in"].setInput(image)
    blur["radius"]["x"].setValue(radius)
    blur["radius"]["y"].setValue(radius)
    blur["boundingMode"].setValue(GafferImage.Sampler.BoundingMode.Clamp)
    return blur["out"]


def _graded(
    image: GafferImage.ImagePlug, node: Gaffer.Node, name: str, gain: float, offset: float
) -> GafferImage.ImagePlug:
    grade = node[f"__{name}"] = GafferImage.Grade()
    grade["in"].setInput(image)
    grade["channels"].setValue("R G B")
    for channel in "rgb":
        grade["multiply"][channel].setValue(gain)
        grade["offset"][channel].setValue(offset)
    return grade["out"]
