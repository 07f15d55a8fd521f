"""The nodes in the menu of the Graph Editor."""

from typing import Any

import GafferUI

import GafferRecovery

_NODES = {
    "Ground Truth": GafferRecovery.GroundTruth,
    "Training Pairs": GafferRecovery.TrainingPairs,
    "Train": GafferRecovery.Train,
    "Inference": GafferRecovery.Inference,
    "Merge": GafferRecovery.Merge,
    "Writer": GafferRecovery.RecoveryWriter,
}
"""In the order of the work."""


def append(application: Any) -> None:
    """Adds the nodes to the node menu of an application."""
    menu = GafferUI.NodeMenu.acquire(application)
    for name, node in _NODES.items():
        menu.append(f"/Recovery/{name}", node, searchText=node.staticTypeName().rpartition(":")[2])
