"""Gaffer nodes for the recovery of faded and worn film.

The nodes lie in `_taskNodes` (dispatched), `_imageNodes`, `_valueNodes` and `_dispatchers`, one class a file of the
same name. What they share lies in `images`, `files`, `engine` and `plugs`. They know nothing of a user interface.
"""

import IECore

from GafferRecovery._dispatchers.OpenCueDispatcher import OpenCueDispatcher
from GafferRecovery._dispatchers.OpenJDDispatcher import OpenJDDispatcher
from GafferRecovery._dispatchers.SlurmDispatcher import SlurmDispatcher
from GafferRecovery._imageNodes.Clean import Clean
from GafferRecovery._imageNodes.DoubtMap import DoubtMap
from GafferRecovery._imageNodes.ElementReader import ElementReader
from GafferRecovery._imageNodes.GroundTruth import GroundTruth
from GafferRecovery._imageNodes.Inference import Inference
from GafferRecovery._imageNodes.Merge import Merge
from GafferRecovery._imageNodes.Provenance import Provenance
from GafferRecovery._taskNodes import refusedDispatch
from GafferRecovery._taskNodes.Align import Align
from GafferRecovery._taskNodes.Balance import Balance
from GafferRecovery._taskNodes.DeliverFolder import DeliverFolder
from GafferRecovery._taskNodes.FindShots import FindShots
from GafferRecovery._taskNodes.MatchFrames import MatchFrames
from GafferRecovery._taskNodes.MatchGrade import MatchGrade
from GafferRecovery._taskNodes.RecoveryWriter import RecoveryWriter
from GafferRecovery._taskNodes.SelectPairs import SelectPairs
from GafferRecovery._taskNodes.SharedCrop import SharedCrop
from GafferRecovery._taskNodes.Train import Train
from GafferRecovery._taskNodes.TrainingPairs import TrainingPairs
from GafferRecovery._taskNodes.UnpackMovie import UnpackMovie
from GafferRecovery._taskNodes.Validate import Validate
from GafferRecovery._valueNodes.Asset import Asset

__all__ = [
    "Align",
    "Asset",
    "Balance",
    "Clean",
    "DeliverFolder",
    "DoubtMap",
    "ElementReader",
    "FindShots",
    "GroundTruth",
    "Inference",
    "MatchFrames",
    "MatchGrade",
    "Merge",
    "OpenCueDispatcher",
    "OpenJDDispatcher",
    "Provenance",
    "RecoveryWriter",
    "SelectPairs",
    "SharedCrop",
    "SlurmDispatcher",
    "Train",
    "TrainingPairs",
    "UnpackMovie",
    "Validate",
]

refusedDispatch.register()

IECore.loadConfig("GAFFER_STARTUP_PATHS", subdirectory="GafferRecovery")
