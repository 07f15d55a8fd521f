from .DispatchTest import DispatchTest
from .EngineTest import EngineTest
from .GraphsTest import GraphsTest
from .GroundTruthTest import GroundTruthTest
from .InferenceTest import InferenceTest
from .MergeTest import MergeTest
from .ModuleTest import ModuleTest
from .PerformanceTest import PerformanceTest
from .RecoveryWriterTest import RecoveryWriterTest
from .TrainingPairsTest import TrainingPairsTest
from .TrainTest import TrainTest

__all__ = [
    "DispatchTest",
    "EngineTest",
    "GraphsTest",
    "GroundTruthTest",
    "InferenceTest",
    "MergeTest",
    "ModuleTest",
    "PerformanceTest",
    "RecoveryWriterTest",
    "TrainTest",
    "TrainingPairsTest",
]
