"""Gaffer nodes for the recovery of faded and worn film."""

import IECore

from GafferRecovery.GroundTruth import GroundTruth
from GafferRecovery.Inference import Inference
from GafferRecovery.Merge import Merge
from GafferRecovery.RecoveryWriter import RecoveryWriter
from GafferRecovery.Train import Train
from GafferRecovery.TrainingPairs import TrainingPairs

__all__ = ["GroundTruth", "Inference", "Merge", "RecoveryWriter", "Train", "TrainingPairs"]

IECore.loadConfig("GAFFER_STARTUP_PATHS", subdirectory="GafferRecovery")
