"""Gaffer nodes for the recovery of faded and worn film."""

import IECore

from GafferRecovery.Align import Align
from GafferRecovery.GroundTruth import GroundTruth
from GafferRecovery.Inference import Inference
from GafferRecovery.MatchFrames import MatchFrames
from GafferRecovery.MatchGrade import MatchGrade
from GafferRecovery.Merge import Merge
from GafferRecovery.Provenance import Provenance
from GafferRecovery.RecoveryWriter import RecoveryWriter
from GafferRecovery.SelectPairs import SelectPairs
from GafferRecovery.SharedCrop import SharedCrop
from GafferRecovery.Train import Train
from GafferRecovery.TrainingPairs import TrainingPairs
from GafferRecovery.Validate import Validate

__all__ = [
    "Align",
    "GroundTruth",
    "Inference",
    "MatchFrames",
    "MatchGrade",
    "Merge",
    "Provenance",
    "RecoveryWriter",
    "SelectPairs",
    "SharedCrop",
    "Train",
    "TrainingPairs",
    "Validate",
]

IECore.loadConfig("GAFFER_STARTUP_PATHS", subdirectory="GafferRecovery")
