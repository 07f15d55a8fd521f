"""Shows a picture of a training in the Viewer, without an edit of the graph."""

import re
from pathlib import Path

import Gaffer
import GafferImage
import GafferUI

from GafferRecoveryUI import graphOpening
from GafferRecoveryUI.graphNodes import nodesWith

_PICTURE = "filmRecovery:picture"
"""Marks the nodes that read them."""


def show(script: Gaffer.ScriptNode, picture: Path) -> None:
    """Shows a picture in the first Viewer of the window, or a new one, until another node gets the focus.

    It is read by a private node. Such a one cannot stand in the script itself, which would save it; the nodes of a
    graph do not save what others put into them. Raises RuntimeError where there is no node of Film Recovery.
    """
    host = next(nodesWith(script, "work"), None) or next(nodesWith(script, "watchedFile"), None)
    if host is None:
        raise RuntimeError(
            "The Viewer shows pictures of a graph with a node of Film Recovery; make a Train node first."
        )
    name = re.sub(r"\W", "_", picture.stem)
    reader = GafferImage.OpenImageIOReader(name)
    reader["fileName"].setValue(str(picture))
    Gaffer.Metadata.registerValue(reader, _PICTURE, True, persistent=False)
    before = [node for node in host.children(Gaffer.Node) if _isPicture(node)]
    with Gaffer.UndoScope(script, Gaffer.UndoScope.State.Disabled):
        host.addChild(reader)
        viewer = viewerOf(script, reader)
        viewer.setNodeSet(Gaffer.StandardSet([reader]))
        for node in before:
            host.removeChild(node)
    graphOpening.frameViewer(viewer)


def viewerOf(script: Gaffer.ScriptNode, node: Gaffer.Node) -> GafferUI.Viewer:
    """The first Viewer of the script's window, in front of its panel; where there is none, a new one for the node."""
    window = GafferUI.ScriptWindow.acquire(script)
    layout = window.getLayout()
    viewers = layout.editors(GafferUI.Viewer) if layout is not None else []
    if not viewers:
        viewer: GafferUI.Viewer = GafferUI.Viewer.acquire(node, floating=True)
        return viewer
    viewers[0].reveal()
    return viewers[0]


def focusChanged(script: Gaffer.ScriptNode, node: Gaffer.Node | None) -> None:
    """Has the Viewers that show a picture show the focus node again."""
    window = GafferUI.ScriptWindow.acquire(script, createIfNecessary=False)
    layout = window.getLayout() if window is not None else None
    for viewer in layout.editors(GafferUI.Viewer) if layout is not None else ():
        if any(map(_isPicture, viewer.getNodeSet())):
            viewer.setNodeSet(script.focusSet())


def _isPicture(node: Gaffer.Node) -> bool:
    return bool(Gaffer.Metadata.value(node, _PICTURE))
