import GafferImage
import IECore
import imath


def sharedArea(first: tuple[str, GafferImage.ImagePlug], second: tuple[str, GafferImage.ImagePlug]) -> imath.Box2i:
    """The part of the picture that both images have: the intersection of their data windows.

    Each image comes with the name that the user knows it by.

    Raises IECore.Exception for images of different size or pixel aspect, which cannot lie on each other pixel by pixel,
    and for images that have no part in common.
    """
    (name, image), (otherName, other) = first, second
    format, otherFormat = image.format(), other.format()
    if format != otherFormat:
        raise IECore.Exception(
            f"the {name} is {_described(format)} and the {otherName} {_described(otherFormat)}: "
            f"bring the {otherName} to the {name}'s size and framing first"
        )
    window, otherWindow = image.dataWindow(), other.dataWindow()
    shared = intersection(window, otherWindow)
    if isEmpty(shared) and not (isEmpty(window) or isEmpty(otherWindow)):
        raise IECore.Exception(
            f"the {name} and the {otherName} have no part of the picture in common: their data windows are {window} "
            f"and {otherWindow}; align them first"
        )
    return shared


def intersection(area: imath.Box2i, other: imath.Box2i) -> imath.Box2i:
    """The part of one area that lies in another; empty, as `isEmpty` has it, where there is none."""
    return imath.Box2i(
        imath.V2i(max(area.min().x, other.min().x), max(area.min().y, other.min().y)),
        imath.V2i(min(area.max().x, other.max().x), min(area.max().y, other.max().y)),
    )


def isEmpty(area: imath.Box2i) -> bool:
    """Whether an area contains no pixel. As everywhere in Gaffer, its upper bound is exclusive."""
    return area.isEmpty() or 0 in (area.size().x, area.size().y)


def _described(format: GafferImage.Format) -> str:
    aspect = "" if format.getPixelAspect() == 1 else f" with pixel aspect {format.getPixelAspect():g}"
    return f"{format.width()}x{format.height()}{aspect}"
