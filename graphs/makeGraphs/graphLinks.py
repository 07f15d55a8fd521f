"""Connections from one step of a graph to another. Their wires are not drawn: a dot tells where each comes from."""

import Gaffer
import GafferDispatch
import imath
from settingsNode import DYNAMIC


def link(script: Gaffer.ScriptNode, name: str, plug: Gaffer.Plug, label: str = "") -> Gaffer.Dot:
    """Adds a dot that brings the value of an output to another step. Its label is that of the node it comes from."""
    dot = addDot(script, name, plug, label)
    hideInputs(dot)
    return dot


def addDot(script: Gaffer.ScriptNode, name: str, plug: Gaffer.Plug, label: str = "") -> Gaffer.Dot:
    """Adds a dot with a label: its own name, where none is given."""
    dot = script[name] = Gaffer.Dot()
    dot.setup(plug)
    dot["in"].setInput(plug)
    dot["labelType"].setValue(Gaffer.Dot.LabelType.Custom if label else Gaffer.Dot.LabelType.NodeName)
    dot["label"].setValue(label)
    return dot


def hideInputs(node: Gaffer.Node) -> None:
    """Lets the wires to a node not be drawn. "Show Input Connections" in the menu of the node draws them again."""
    node["__uiInputConnectionsMinimised"] = Gaffer.BoolPlug(flags=DYNAMIC)
    node["__uiInputConnectionsMinimised"].setValue(True)


def hidePaths(node: Gaffer.Node, *plugs: str) -> None:
    """Takes plugs for paths out of the graph. The Node Editor shows what they are connected to."""
    for plug in plugs:
        Gaffer.Metadata.registerValue(node[plug], "nodule:type", "")


def annotate(node: Gaffer.Node, text: str) -> None:
    annotation = Gaffer.MetadataAlgo.Annotation(text, imath.Color3f(0.05, 0.05, 0.05))
    Gaffer.MetadataAlgo.addAnnotation(node, "user", annotation)


def awaitTask(
    script: Gaffer.ScriptNode, name: str, node: GafferDispatch.TaskNode, *before: GafferDispatch.TaskNode
) -> list[Gaffer.Dot]:
    """Makes a task wait for tasks of other steps, and returns the dots that stand for these."""
    dots = []
    for task in before:
        dot = link(script, f"{name}{task.getName()}" if len(before) > 1 else name, task["task"], task.getName())
        nextTask(node).setInput(dot["out"])
        dots.append(dot)
    return dots


def nextTask(node: GafferDispatch.TaskNode) -> Gaffer.Plug:
    return next(plug for plug in node["preTasks"] if plug.getInput() is None)
