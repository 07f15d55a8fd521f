"""The frames to train on, to hold out and to preview, set by hand where the node of a stage reads them."""

from collections.abc import Iterable, Mapping

import Gaffer

from filmrecovery.film.elements.frame_numbers import format_frames
from filmrecovery.film.elements.pair_roles import ROLES
from GafferRecoveryUI.shotEditor.FrameFacts import LEFT
from GafferRecoveryUI.shotEditor.shotStages import ROLE_PLUGS


def setRole(node: Gaffer.Node, roles: Mapping[int, str], frames: Iterable[int], role: str) -> str:
    """Gives frames a role, and all others those that they have in `roles`. Says what was written, and where.

    A stage previews one frame: a new one takes the place of the old. It is an edit of the script, which can be undone.
    Raises RuntimeError where nothing would be left to train on, or the plugs cannot be set.
    """
    chosen = list(frames)
    wanted = {frame: had for frame, had in roles.items() if role != "preview" or had != "preview"}
    wanted.update(dict.fromkeys(chosen if role != "preview" else chosen[:1], role))
    texts = [format_frames(frame for frame, has in wanted.items() if has == each) for each in ROLES]
    if not texts[0]:
        raise RuntimeError("One frame at least has to be trained on; choose another one to train on first.")
    _write(node, texts)
    done = {"train": "to train on", "hold-out": "to hold out", "preview": "to preview", LEFT: "to leave out"}
    return f"{_counted(chosen)} {done[role]}. {_where(node)}"


def setAutomatic(node: Gaffer.Node) -> str:
    """Names no frames by hand any more, so that the node chooses them. Says so. It can be undone.

    Raises RuntimeError where the plugs cannot be set.
    """
    _write(node, ["", "", ""])
    return "The frames are chosen again, when the graph is dispatched."


def _write(node: Gaffer.Node, texts: Iterable[str]) -> None:
    plugs = _plugs(node)
    for plug in plugs:
        if plug.direction() is Gaffer.Plug.Direction.Out or not plug.settable() or Gaffer.MetadataAlgo.readOnly(plug):
            raise RuntimeError(
                f"{plug.relativeName(node.scriptNode())} cannot be set: it is locked, or gets its value from another "
                "node."
            )
    with Gaffer.UndoScope(node.scriptNode()):
        for plug, text in zip(plugs, texts, strict=True):
            plug.setValue(text)


def _plugs(node: Gaffer.Node) -> list[Gaffer.ValuePlug]:
    """Where the values come from: in a graph of ours the plugs of `Settings`."""
    return [node[name].source() for name in ROLE_PLUGS]


def _where(node: Gaffer.Node) -> str:
    """Where roles were written, and which other nodes read them there."""
    plug = _plugs(node)[0]
    others = [
        output.node().getName()
        for output in plug.outputs()
        if not output.node().isSame(node) and all(name in output.node() for name in ROLE_PLUGS)
    ]
    if plug.node().isSame(node):
        return ""
    also = f", which {', '.join(others)} reads too" if others else ""
    return f"Written to {plug.node().getName()}{also}."


def _counted(frames: list[int]) -> str:
    return f"{'Frame' if len(frames) == 1 else 'Frames'} {format_frames(frames)}"
