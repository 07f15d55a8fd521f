import GafferImage
import imath


def sharedArea(first: tuple[str, GafferImage.ImagePlug], second: tuple[str, GafferImage.ImagePlug]) -> imath.Box2i:
    """The part of the picture that two images have both: the intersection of their data windows.

    Each image comes with the name that the user knows it by. Raises RuntimeError for images of different size or pixel
    aspect, which cannot lie on each other pixel by pixel.
    """
    (name, image), (otherName, other) = first, second
    format, otherFormat = image.format(), other.format()
    if format != otherFormat:
        raise RuntimeError(
            f"the {name} is {_described(format)} and the {otherName} {_described(otherFormat)}: "
            f"bring the {otherName} to the {name}'s size and framing first"
        )
    window, otherWindow = image.dataWindow(), other.dataWindow()
    return imath.Box2i(
        imath.V2i(max(window.min().x, otherWindow.min().x), max(window.min().y, otherWindow.min().y)),
        imath.V2i(min(window.max().x, otherWindow.max().x), min(window.max().y, otherWindow.max().y)),
    )


def _described(format: GafferImage.Format) -> str:
    aspect = "" if format.getPixelAspect() == 1 else f" with pixel aspect {format.getPixelAspect():g}"
    return f"{format.width()}x{format.height()}{aspect}"
