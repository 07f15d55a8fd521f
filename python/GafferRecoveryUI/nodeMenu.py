"""The nodes in the menu of the Graph Editor."""

from typing import Any

import GafferUI

import GafferRecovery

# GafferML has an Inference too, and GafferImage a Merge. "Recovery" tells our nodes from these, also in the results of
# the menu's search.
_NODES = {
    "Asset": GafferRecovery.Asset,
    "Unpack Movie": GafferRecovery.UnpackMovie,
    "Element Reader": GafferRecovery.ElementReader,
    "Find Shots": GafferRecovery.FindShots,
    "Match Frames": GafferRecovery.MatchFrames,
    "Align": GafferRecovery.Align,
    "Shared Crop": GafferRecovery.SharedCrop,
    "Select Pairs": GafferRecovery.SelectPairs,
    "Balance": GafferRecovery.Balance,
    "Clean": GafferRecovery.Clean,
    "Ground Truth": GafferRecovery.GroundTruth,
    "Training Pairs": GafferRecovery.TrainingPairs,
    "Train": GafferRecovery.Train,
    "Recovery Inference": GafferRecovery.Inference,
    "Doubt Map": GafferRecovery.DoubtMap,
    "Recovery Merge": GafferRecovery.Merge,
    "Match Grade": GafferRecovery.MatchGrade,
    "Provenance": GafferRecovery.Provenance,
    "Recovery Writer": GafferRecovery.RecoveryWriter,
    "Validate": GafferRecovery.Validate,
    "Deliver Folder": GafferRecovery.DeliverFolder,
    "Slurm Dispatcher": GafferRecovery.SlurmDispatcher,
    "OpenJD Dispatcher": GafferRecovery.OpenJDDispatcher,
    "OpenCue Dispatcher": GafferRecovery.OpenCueDispatcher,
}
"""In the order of the work; then its dispatchers."""


def append(application: Any) -> None:
    """Adds the nodes to the node menu of an application."""
    menu = GafferUI.NodeMenu.acquire(application)
    for name, node in _NODES.items():
        menu.append(f"/Film Recovery/{name}", node, searchText=name.replace(" ", ""))
