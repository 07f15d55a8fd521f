from collections.abc import Iterator
from pathlib import Path

import Gaffer
import GafferImage

from GafferRecovery.images.AlignedReference import AlignedReference


def sourceFiles(image: GafferImage.ImagePlug) -> list[Path]:
    """The existing files that the image is made from, at the frame of the current context.

    Only images are followed: the pairs that a model was trained on are no part of the image. For an aligned reference,
    the file of the reference's own frame is found. Other nodes that change the frame, such as TimeWarp, are treated as
    if they did not.
    """
    files: set[Path] = set()
    visited: set[tuple[str, float]] = set()
    with Gaffer.Context(Gaffer.Context.current()) as context:
        waiting: list[tuple[Gaffer.Plug, float]] = [(image, context.getFrame())]
        while waiting:
            plug, frame = waiting.pop()
            source = plug.source()
            node = source.node()
            if node is None or (node.fullName(), frame) in visited:
                continue
            visited.add((node.fullName(), frame))
            context.setFrame(frame)
            if isinstance(node, GafferImage.OpenImageIOReader):
                path = Path(context.substitute(node["fileName"].getValue()))
                if path.is_file():
                    files.add(path)
            waiting += [(plug, _frameAt(plug, frame)) for plug in _inputs(node, source) if plug.getInput()]
    return sorted(files)


def _inputs(node: Gaffer.Node, output: Gaffer.Plug) -> Iterator[Gaffer.Plug]:
    if isinstance(node, Gaffer.Switch):
        active = node.activeInPlug(output)
        if active is not None:
            yield active
    else:
        yield from GafferImage.ImagePlug.RecursiveInputRange(node)


def _frameAt(input: Gaffer.Plug, frame: float) -> float:
    """The frame at which a node reads an input to make a frame, in the current context."""
    node = input.node()
    if isinstance(node, AlignedReference) and input.isSame(node["in"]):
        return node["referenceFrame"].getValue()
    return frame
