from GafferRecoveryUITest.AreaToolTest import AreaToolTest
from GafferRecoveryUITest.AssetChooserDialogueTest import AssetChooserDialogueTest
from GafferRecoveryUITest.DisplayTransformTest import DisplayTransformTest
from GafferRecoveryUITest.DocumentationTest import DocumentationTest
from GafferRecoveryUITest.ElidedTextTest import ElidedTextTest
from GafferRecoveryUITest.ExamplesTest import ExamplesTest
from GafferRecoveryUITest.FilesPlugValueWidgetTest import FilesPlugValueWidgetTest
from GafferRecoveryUITest.FileWatcherTest import FileWatcherTest
from GafferRecoveryUITest.GraphFaultsTest import GraphFaultsTest
from GafferRecoveryUITest.GraphJobsTest import GraphJobsTest
from GafferRecoveryUITest.GraphOpeningTest import GraphOpeningTest
from GafferRecoveryUITest.LiveTrainingTest import LiveTrainingTest
from GafferRecoveryUITest.MaskToolTest import MaskToolTest
from GafferRecoveryUITest.NodeMenuTest import NodeMenuTest
from GafferRecoveryUITest.NodesTest import NodesTest
from GafferRecoveryUITest.PlacementTest import PlacementTest
from GafferRecoveryUITest.PlacementToolTest import PlacementToolTest
from GafferRecoveryUITest.ProgressDialogueTest import ProgressDialogueTest
from GafferRecoveryUITest.RecordTableTest import RecordTableTest
from GafferRecoveryUITest.ReportPageTest import ReportPageTest
from GafferRecoveryUITest.SampleFilmTest import SampleFilmTest
from GafferRecoveryUITest.ShotEditorTest import ShotEditorTest
from GafferRecoveryUITest.ShotsTableTest import ShotsTableTest
from GafferRecoveryUITest.StartupTest import StartupTest
from GafferRecoveryUITest.StateAnnotationsTest import StateAnnotationsTest
from GafferRecoveryUITest.TrainingPicturesTest import TrainingPicturesTest
from GafferRecoveryUITest.TrainingRunsTest import TrainingRunsTest
from GafferRecoveryUITest.TrainingSteeringTest import TrainingSteeringTest
from GafferRecoveryUITest.TrainingStepsTest import TrainingStepsTest

__all__ = [
    "AreaToolTest",
    "AssetChooserDialogueTest",
    "DisplayTransformTest",
    "DocumentationTest",
    "ElidedTextTest",
    "ExamplesTest",
    "FileWatcherTest",
    "FilesPlugValueWidgetTest",
    "GraphFaultsTest",
    "GraphJobsTest",
    "GraphOpeningTest",
    "LiveTrainingTest",
    "MaskToolTest",
    "NodeMenuTest",
    "NodesTest",
    "PlacementTest",
    "PlacementToolTest",
    "ProgressDialogueTest",
    "RecordTableTest",
    "ReportPageTest",
    "SampleFilmTest",
    "ShotEditorTest",
    "ShotsTableTest",
    "StartupTest",
    "StateAnnotationsTest",
    "TrainingPicturesTest",
    "TrainingRunsTest",
    "TrainingSteeringTest",
    "TrainingStepsTest",
]
