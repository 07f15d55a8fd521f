from collections.abc import Iterator
from pathlib import Path

import Gaffer
import GafferImage

from GafferRecovery.images.AlignedReference import AlignedReference


def sourceFiles(image: GafferImage.ImagePlug) -> list[Path]:
    """The files, of those that the image is made from at the current context's frame, that are there.

    Follows images alone: what a model was trained on is no part of the image. Nodes that read at another frame than
    their own, such as TimeWarp, are taken to read at this one, but for references that are aligned.
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
    """The frame at which a node asks for an input when it is asked for a frame itself, in the current context."""
    node = input.node()
    if isinstance(node, AlignedReference) and input.isSame(node["in"]):
        return node["referenceFrame"].getValue()
    return frame
