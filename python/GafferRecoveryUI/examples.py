"""The template graphs, as examples in the Help menu."""

import re
from pathlib import Path

import Gaffer
import GafferUI

import GafferRecovery

_GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
_DESCRIPTIONS = {
    "chromaRecovery": (
        "Chroma Recovery",
        "The colour of a faded print, learnt from a video or another print that has kept it.",
    ),
    "balancedChromaRecovery": (
        "Balanced Chroma Recovery",
        "The colour of a scan with a strong cast: its channels are balanced, then colour is learnt from another copy.",
    ),
    "spatialRecovery": (
        "Spatial Recovery",
        "The detail of an element that has lost it, learnt from a sharper element.",
    ),
    "combinedRecovery": (
        "Combined Recovery",
        "Detail from one element, then colour from another: a chroma recovery of the spatially recovered frames.",
    ),
    "fourElements": (
        "Four Elements",
        "Detail from one element, colour from another, and the channel that this one has lost from a third.",
    ),
    "twoStepSpatialRecovery": (
        "Two-Step Spatial Recovery",
        "Detail, learnt from a part of the shot with little damage and applied to the whole shot.",
    ),
    "nonReferenceChroma": (
        "Non-Reference Chroma Recovery",
        "Colour, learnt from frames that were painted by hand because no element has kept it.",
    ),
}


def register() -> None:
    """Adds the graphs to Help > Examples, and to the examples of each node that is in them."""
    for name, (title, description) in _DESCRIPTIONS.items():
        graph = _GRAPHS / f"{name}.gfr"
        GafferUI.Examples.registerExample(
            f"Film Recovery/{title}", str(graph), description=description, notableNodes=_recoveryNodes(graph)
        )


def _recoveryNodes(graph: Path) -> list[type[Gaffer.Node]]:
    """The types of the nodes of GafferRecovery in a graph.

    They are found in its text: loading all graphs would delay each start of Gaffer.
    """
    names = set(re.findall(r"\bGafferRecovery\.(\w+)\(", graph.read_text(encoding="utf-8")))
    return [getattr(GafferRecovery, name) for name in sorted(names)]
