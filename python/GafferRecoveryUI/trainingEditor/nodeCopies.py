"""Copies of nodes of a graph, with what they are connected to."""

import Gaffer
import imath

_POSITION = "__uiPosition"


def copyBeside(node: Gaffer.Node, offset: imath.V2f) -> Gaffer.Node:
    """A copy of a node, in its script or Box, with its values and its inputs. Nothing is connected to its outputs."""
    parent = node.parent()
    before = set(parent.children(Gaffer.Node))
    script = node.scriptNode()
    script.execute(script.serialise(parent, Gaffer.StandardSet([node])), parent)
    (copy,) = set(parent.children(Gaffer.Node)) - before
    # What is serialised of a single node has no connections to others.
    for plug in Gaffer.Plug.RecursiveInputRange(node):
        name, source = plug.relativeName(node), plug.getInput()
        if source is not None and source.node() is not None and not node.isAncestorOf(source) and _isOf(copy, name):
            copy.descendant(name).setInput(source)
    if _POSITION in copy:
        copy[_POSITION].setValue(copy[_POSITION].getValue() + offset)
    return copy


def _isOf(node: Gaffer.Node, name: str) -> bool:
    return not name.startswith("__") and node.descendant(name) is not None
