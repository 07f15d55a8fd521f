"""How the page of a report is opened, from wherever its verdict stands."""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import Gaffer
import GafferUI
import IECore

import GafferRecovery
from filmrecovery.validation.report_folder import ReportFolder
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI.graphNodes import nodesWith


def register() -> None:
    """Offers the reports of a node in its menus, in the Graph Editor and the Node Editor."""
    GafferUI.GraphEditor.nodeContextMenuSignal(multiNode=True).connect(_graphMenu)
    GafferUI.NodeEditor.toolMenuSignal().connect(_nodeMenu)


def reports(node: Gaffer.Node) -> dict[str, Path]:
    """The folders of the reports that tell of a node's work, by the names of what made them.

    Those are the reports of a Validate node, those that a DeliverFolder takes with it, and those on the model of a
    Train or Inference node. They need not be there yet.
    """
    script = node.scriptNode()
    found: dict[str, Path] = {}
    with script.context():
        for validate in _validations(node, script):
            try:
                folder = pathPlugs.text(validate["directory"])
            except Gaffer.ProcessException:
                # The node shows this error itself.
                continue
            if folder:
                found[validate.relativeName(script)] = Path(folder)
    return found


def show(folder: Path | None, parent: GafferUI.Widget) -> None:
    """Opens the page of the report in a folder, or says in a dialogue that there is none yet."""
    with GafferUI.ErrorDialogue.ErrorHandler(title="No report to open", parentWindow=parent.ancestor(GafferUI.Window)):
        page = ReportFolder(folder).page if folder else None
        if page is None or not page.is_file():
            raise RuntimeError("There is no report yet: dispatch Validate first.")
        GafferUI.showURL(page.as_uri())


def appendMenu(node: Gaffer.Node, menu: IECore.MenuDefinition, parent: GafferUI.Widget) -> None:
    """Adds an item for each report of a node. One that is not there yet is seen, and cannot be chosen."""
    found = reports(node)
    if found:
        menu.append("/Film Recovery Divider", {"divider": True})
    for name, folder in found.items():
        menu.append(
            "/Open the Report" if len(found) == 1 else f"/Open the Report/{name}",
            {
                "command": functools.partial(show, folder, parent),
                "active": ReportFolder(folder).page.is_file(),
                "description": f"Opens the page of {folder}.",
            },
        )


def _validations(node: Gaffer.Node, script: Gaffer.ScriptNode) -> Iterator[GafferRecovery.Validate]:
    if isinstance(node, GafferRecovery.Validate):
        yield node
        return
    for other in nodesWith(script, "work"):
        if isinstance(other, GafferRecovery.Validate) and _tellsOf(other, node):
            yield other


def _tellsOf(validate: GafferRecovery.Validate, node: Gaffer.Node) -> bool:
    if isinstance(node, GafferRecovery.DeliverFolder):
        return any(plug.source().isSame(validate["report"].source()) for plug in node["reports"])
    if isinstance(node, (GafferRecovery.Train, GafferRecovery.Inference)):
        return node["model"].source().isSame(validate["model"].source())
    return False


def _graphMenu(editor: GafferUI.GraphEditor, nodes: Sequence[Gaffer.Node], menu: IECore.MenuDefinition) -> None:
    if len(nodes) == 1:
        appendMenu(nodes[0], menu, editor)


def _nodeMenu(editor: GafferUI.NodeEditor, node: Gaffer.Node, menu: IECore.MenuDefinition) -> None:
    appendMenu(node, menu, editor)
