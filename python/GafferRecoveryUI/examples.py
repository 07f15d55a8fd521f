"""The template graphs, as examples in the Help menu."""

from pathlib import Path

import GafferUI

import GafferRecovery

_GRAPHS = Path(__file__).resolve().parents[2] / "graphs"
_NODES = [
    GafferRecovery.GroundTruth,
    GafferRecovery.TrainingPairs,
    GafferRecovery.Train,
    GafferRecovery.Inference,
    GafferRecovery.RecoveryWriter,
]
_DESCRIPTIONS = {
    "chromaRecovery": (
        "Chroma Recovery",
        "Colour of a faded print, learnt from a video or another print that kept it.",
    ),
    "spatialRecovery": (
        "Spatial Recovery",
        "Detail of a poorer element, learnt from a sharper one.",
    ),
    "combinedRecovery": (
        "Combined Recovery",
        "Detail from one element, then colour from another: chroma recovery of what spatial recovery made.",
    ),
    "twoStepSpatialRecovery": (
        "Two-Step Spatial Recovery",
        "Trained on the part of the shot with little damage, applied to all of it.",
    ),
    "nonReferenceChroma": (
        "Non-Reference Chroma Recovery",
        "Colour learnt from frames that were painted by hand, where no other element kept it.",
    ),
}


def register() -> None:
    """Adds the graphs to Help > Examples."""
    for name, (title, description) in _DESCRIPTIONS.items():
        GafferUI.Examples.registerExample(
            f"Film Recovery/{title}", str(_GRAPHS / f"{name}.gfr"), description=description, notableNodes=_NODES
        )
