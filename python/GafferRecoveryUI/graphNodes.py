"""The nodes of a graph: those that have something to tell, and those that a plug leads to."""

from collections.abc import Iterator

import Gaffer


def nodesWith(parent: Gaffer.Node, method: str) -> Iterator[Gaffer.Node]:
    """The nodes of a script or Box that have the method. A recursive range would also visit plugs and private nodes."""
    for node in parent.children(Gaffer.Node):
        if hasattr(node, method):
            yield node
        elif isinstance(node, Gaffer.SubGraph):
            yield from nodesWith(node, method)


def nodesAfter(plug: Gaffer.Plug) -> Iterator[Gaffer.Node]:
    """The nodes that a plug leads to, also through others, in the order of the connections; some more than once."""
    for output in plug.outputs():
        yield output.node()
        yield from nodesAfter(output)
