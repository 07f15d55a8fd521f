from GafferRecoveryUITest.DisplayTransformTest import DisplayTransformTest
from GafferRecoveryUITest.DocumentationTest import DocumentationTest
from GafferRecoveryUITest.ExamplesTest import ExamplesTest
from GafferRecoveryUITest.ModelWatcherTest import ModelWatcherTest
from GafferRecoveryUITest.NodeMenuTest import NodeMenuTest
from GafferRecoveryUITest.NodesTest import NodesTest
from GafferRecoveryUITest.StartupTest import StartupTest

__all__ = [
    "DisplayTransformTest",
    "DocumentationTest",
    "ExamplesTest",
    "ModelWatcherTest",
    "NodeMenuTest",
    "NodesTest",
    "StartupTest",
]
