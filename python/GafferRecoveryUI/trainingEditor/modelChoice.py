"""Takes the model of a run into the graph."""

from pathlib import Path

import Gaffer
import imath

import GafferRecovery

_POSITION, _BESIDE = "__uiPosition", imath.V2f(20, 0)


def use(script: Gaffer.ScriptNode, model: Path, beside: Gaffer.Node | None = None) -> list[GafferRecovery.Inference]:
    """Gives the selected Inference nodes a model, or makes one that has it and selects it. One undo takes it back.

    A new one is placed beside a node, and has no input. Returns the nodes. Raises RuntimeError for a model that is not
    there, and for a node that is locked.
    """
    if not model.is_file():
        raise RuntimeError(f"{model}: is not there; wait until the training has written it.")
    nodes = [node for node in script.selection() if isinstance(node, GafferRecovery.Inference)]
    for node in nodes:
        if Gaffer.MetadataAlgo.readOnly(node["model"]):
            raise RuntimeError(f"{node.relativeName(script)}: is locked; unlock it, or select another Inference node.")
    with Gaffer.UndoScope(script):
        nodes = nodes or [made(script, beside)]
        for node in nodes:
            give(node, model)
    return nodes


def give(node: GafferRecovery.Inference, model: Path) -> None:
    """Has a node recover with the model of a file."""
    # It may be connected to a Train node, whose model would stay, or follow a training.
    for plug in ("model", "follow"):
        node[plug].setInput(None)
    node["model"].setValue(str(model))
    node["follow"].setToDefault()


def made(script: Gaffer.ScriptNode, beside: Gaffer.Node | None) -> GafferRecovery.Inference:
    """A new node, beside another, which is selected."""
    node = GafferRecovery.Inference()
    Gaffer.NodeAlgo.applyUserDefaults(node)
    if beside is not None and _POSITION in beside:
        flags = Gaffer.Plug.Flags.Default | Gaffer.Plug.Flags.Dynamic
        node[_POSITION] = Gaffer.V2fPlug(flags=flags)
        node[_POSITION].setValue(beside[_POSITION].getValue() + _BESIDE)
    (beside.parent() if beside is not None else script).addChild(node)
    script.selection().clear()
    script.selection().add(node)
    return node
