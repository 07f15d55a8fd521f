"""Compares two models as a wipe in the Viewer."""

import re
from pathlib import Path
from typing import NamedTuple

import Gaffer
import imath

import GafferRecovery
from GafferRecoveryUI import viewerWipe
from GafferRecoveryUI.trainingEditor import modelChoice, nodeCopies, pictureInViewer

_SIDE = "filmRecovery:wipe"
_BOOKMARKS = {"front": 9, "back": 8}
_OFFSETS = {"front": imath.V2f(0, -10), "back": imath.V2f(16, -10)}


class Compared(NamedTuple):
    """A model, and the name that its node gets."""

    name: str
    model: Path


def wipe(
    script: Gaffer.ScriptNode, front: Compared, back: Compared, train: Gaffer.Node | None
) -> list[GafferRecovery.Inference]:
    """Has two Inference nodes recover with two models, and the Viewer wipe between them.

    The nodes are copies of the Inference that is selected, or else of one that has the model of `train`, or else of
    any. They are made once and used again, and have the numeric bookmarks 9 and 8. One undo takes the edit back, and
    the Viewer shows what it showed before. Raises RuntimeError for a model that is not there.
    """
    for compared in (front, back):
        if not compared.model.is_file():
            raise RuntimeError(f"{compared.model}: is not there; wait until the training has written it.")
    like = _like(script, train)
    with Gaffer.UndoScope(script):
        nodes = {side: _node(script, side, compared, like) for side, compared in (("front", front), ("back", back))}
        for side, node in nodes.items():
            Gaffer.MetadataAlgo.setNumericBookmark(script, _BOOKMARKS[side], node)
    viewer = pictureInViewer.viewerOf(script, nodes["front"])
    viewerWipe.begin(viewer, _BOOKMARKS["front"], _BOOKMARKS["back"])
    return list(nodes.values())


def sentence(nodes: list[Gaffer.Node]) -> str:
    """What is said of a wipe."""
    front, back = (node.getName() for node in nodes)
    unconnected = "" if nodes[0]["in"].getInput() else " They have no input yet: connect `in` of both to the source."
    return f"The Viewer wipes between {front}, on the left, and {back}.{unconnected}"


def _node(
    script: Gaffer.ScriptNode, side: str, compared: Compared, like: GafferRecovery.Inference | None
) -> GafferRecovery.Inference:
    node = next((node for node in _inferences(script) if Gaffer.Metadata.value(node, _SIDE) == side), None)
    if node is None:
        node = nodeCopies.copyBeside(like, _OFFSETS[side]) if like is not None else modelChoice.made(script, None)
        Gaffer.Metadata.registerValue(node, _SIDE, side)
    modelChoice.give(node, compared.model)
    node.setName(re.sub(r"\W|^(?=\d)", "_", compared.name))
    return node


def _like(script: Gaffer.ScriptNode, train: Gaffer.Node | None) -> GafferRecovery.Inference | None:
    found = [node for node in _inferences(script) if Gaffer.Metadata.value(node, _SIDE) is None]
    selected = [node for node in found if node in script.selection()]
    ofTrain = [node for node in found if node["model"].source().node() is train or _isIn(node["model"].source(), train)]
    return next(iter([*selected, *ofTrain, *found]), None)


def _isIn(plug: Gaffer.Plug, node: Gaffer.Node | None) -> bool:
    return node is not None and node.isAncestorOf(plug)


def _inferences(script: Gaffer.ScriptNode) -> list[GafferRecovery.Inference]:
    return list(GafferRecovery.Inference.RecursiveRange(script))
