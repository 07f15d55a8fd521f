"""The nodes that the picture in a Viewer comes from."""

from collections.abc import Iterable, Iterator

import Gaffer
import GafferImage
import GafferUI


def nodes(view: GafferUI.View) -> Iterator[Gaffer.Node]:
    """The nodes that the picture passes through, the nearest first; not those inside of others."""
    return nodesBefore(view["in"])


def nodesBefore(image: Gaffer.Plug) -> Iterator[Gaffer.Node]:
    """The nodes that the image of a plug passes through, the nearest first; not those inside of others."""
    seen: set[Gaffer.Node] = set()
    level = [image.getInput()]
    while level:
        found = dict.fromkeys(plug.node() for plug in level if plug is not None and plug.node() is not None)
        new = [node for node in found if node not in seen]
        seen.update(new)
        yield from new
        level = [
            plug.getInput()
            for node in new
            for plug in GafferImage.ImagePlug.RecursiveInputRange(node)
            if plug.getInput() is not None
        ]


def depends(before: Iterable[Gaffer.Node], plug: Gaffer.Plug) -> bool:
    """Whether a picture that passes through these nodes comes from what a plug gets."""
    source = plug.source().node()
    return any(node.isSame(source) or node.isAncestorOf(source) for node in before)
