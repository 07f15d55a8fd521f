from pathlib import Path

import Gaffer
import GafferImage


def sourceFiles(image: GafferImage.ImagePlug) -> list[Path]:
    """The files, of those that the image is made from at the current context's frame, that are there.

    Follows images alone: what a model was trained on is no part of the image. Nodes that read at another frame than
    their own, such as TimeWarp, are taken to read at this one.
    """
    files: set[Path] = set()
    visited: set[str] = set()
    waiting: list[Gaffer.Plug] = [image]
    while waiting:
        source = waiting.pop().source()
        node = source.node()
        if node is None or node.fullName() in visited:
            continue
        visited.add(node.fullName())
        if isinstance(node, GafferImage.OpenImageIOReader):
            path = Path(Gaffer.Context.current().substitute(node["fileName"].getValue()))
            if path.is_file():
                files.add(path)
        waiting += [plug for plug in GafferImage.ImagePlug.RecursiveInputRange(node) if plug.getInput()]
    return sorted(files)
