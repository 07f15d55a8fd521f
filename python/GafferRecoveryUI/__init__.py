"""The user interface of the nodes of GafferRecovery."""

import IECore

from GafferRecoveryUI import (
    GroundTruthUI,
    InferenceUI,
    MergeUI,
    RecoveryWriterUI,
    TrainingPairsUI,
    TrainUI,
    displayTransform,
    examples,
    nodeMenu,
)
from GafferRecoveryUI.ModelWatcher import ModelWatcher

__all__ = [
    "GroundTruthUI",
    "InferenceUI",
    "MergeUI",
    "ModelWatcher",
    "RecoveryWriterUI",
    "TrainUI",
    "TrainingPairsUI",
    "displayTransform",
    "examples",
    "nodeMenu",
]

IECore.loadConfig("GAFFER_STARTUP_PATHS", subdirectory="GafferRecoveryUI")
