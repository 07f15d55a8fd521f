from .AlignTest import AlignTest
from .AssetGraphTest import AssetGraphTest
from .AssetTest import AssetTest
from .BalancedGraphTest import BalancedGraphTest
from .DeliverFolderTest import DeliverFolderTest
from .DispatchSpeedTest import DispatchSpeedTest
from .DispatchTest import DispatchTest
from .DoubtMapTest import DoubtMapTest
from .ElementReaderTest import ElementReaderTest
from .EnabledTest import EnabledTest
from .EngineTest import EngineTest
from .FarmDispatcherTest import FarmDispatcherTest
from .FindShotsTest import FindShotsTest
from .GraphDispatchTest import GraphDispatchTest
from .GraphsTest import GraphsTest
from .GroundTruthTest import GroundTruthTest
from .InferenceDoubtTest import InferenceDoubtTest
from .InferenceModelTest import InferenceModelTest
from .InferenceTest import InferenceTest
from .MatchGradeTest import MatchGradeTest
from .MergeTest import MergeTest
from .MistakesTest import MistakesTest
from .ModuleTest import ModuleTest
from .PerformanceTest import PerformanceTest
from .PreparationTest import PreparationTest
from .ProvenanceTest import ProvenanceTest
from .RecoveryWriterTest import RecoveryWriterTest
from .ReelTest import ReelTest
from .ReferenceTest import ReferenceTest
from .TrainingPairsTest import TrainingPairsTest
from .TrainTest import TrainTest
from .UnpackMovieTest import UnpackMovieTest
from .ValidateTest import ValidateTest

__all__ = [
    "AlignTest",
    "AssetGraphTest",
    "AssetTest",
    "BalancedGraphTest",
    "DeliverFolderTest",
    "DispatchSpeedTest",
    "DispatchTest",
    "DoubtMapTest",
    "ElementReaderTest",
    "EnabledTest",
    "EngineTest",
    "FarmDispatcherTest",
    "FindShotsTest",
    "GraphDispatchTest",
    "GraphsTest",
    "GroundTruthTest",
    "InferenceDoubtTest",
    "InferenceModelTest",
    "InferenceTest",
    "MatchGradeTest",
    "MergeTest",
    "MistakesTest",
    "ModuleTest",
    "PerformanceTest",
    "PreparationTest",
    "ProvenanceTest",
    "RecoveryWriterTest",
    "ReelTest",
    "ReferenceTest",
    "TrainTest",
    "TrainingPairsTest",
    "UnpackMovieTest",
    "ValidateTest",
]
