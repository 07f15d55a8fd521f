"""The user interface of the nodes of GafferRecovery.

How each node looks lies in `nodeUIs`, the editors in `trainingEditor` and `shotEditor`, the tools of the Viewer in
`viewerTools`. The modules beside this file serve the graphs and the window as a whole.
"""

import IECore

from GafferRecoveryUI import displayTransform, examples, graphOpening, graphSettings, nodeMenu, reportPage, sampleFilm
from GafferRecoveryUI.FilesPlugValueWidget import FilesPlugValueWidget
from GafferRecoveryUI.FileWatcher import FileWatcher
from GafferRecoveryUI.nodeUIs import (
    AlignUI,
    AssetUI,
    BalanceUI,
    CleanUI,
    DeliverFolderUI,
    DoubtMapUI,
    ElementReaderUI,
    FarmDispatcherUI,
    FindShotsUI,
    GroundTruthUI,
    InferenceUI,
    MatchFramesUI,
    MatchGradeUI,
    MergeUI,
    ProvenanceUI,
    RecoveryWriterUI,
    SelectPairsUI,
    SharedCropUI,
    TrainingPairsUI,
    TrainUI,
    UnpackMovieUI,
    ValidateUI,
)
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable
from GafferRecoveryUI.shotEditor.ShotEditor import ShotEditor
from GafferRecoveryUI.stateAnnotations import StateAnnotations
from GafferRecoveryUI.trainingEditor.TrainingEditor import TrainingEditor
from GafferRecoveryUI.viewerTools.AreaTool import AreaTool
from GafferRecoveryUI.viewerTools.MaskTool import MaskTool
from GafferRecoveryUI.viewerTools.PlacementTool import PlacementTool

__all__ = [
    "AlignUI",
    "AreaTool",
    "AssetUI",
    "BalanceUI",
    "CleanUI",
    "DeliverFolderUI",
    "DoubtMapUI",
    "ElementReaderUI",
    "FarmDispatcherUI",
    "FileWatcher",
    "FilesPlugValueWidget",
    "FindShotsUI",
    "GroundTruthUI",
    "InferenceUI",
    "MaskTool",
    "MatchFramesUI",
    "MatchGradeUI",
    "MergeUI",
    "PlacementTool",
    "ProvenanceUI",
    "RecordTable",
    "RecoveryWriterUI",
    "SelectPairsUI",
    "SharedCropUI",
    "ShotEditor",
    "StateAnnotations",
    "TrainUI",
    "TrainingEditor",
    "TrainingPairsUI",
    "UnpackMovieUI",
    "ValidateUI",
    "displayTransform",
    "examples",
    "graphOpening",
    "graphSettings",
    "nodeMenu",
    "reportPage",
    "sampleFilm",
]

IECore.loadConfig("GAFFER_STARTUP_PATHS", subdirectory="GafferRecoveryUI")
