import time

import Gaffer
import GafferTest

import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, np, picture, writeModel

_REPEATS = 4


class PerformanceTest(RecoveryTestCase):
    """How long a frame of 2048x1556 takes, beside the engine's inference of the same frame in the same process.

    Printed, for there is no figure that would hold on every machine. Left out by `-excludedCategories performance`.
    """

    @GafferTest.TestRunner.CategorisedTestMethod({"performance"})
    def testInferenceTakesNotTenTimesAsLongAsTheNetwork(self):
        inference = torchEngine.module("filmrecovery.model.inference")
        rgb = np.tile(picture(1, 389, 512), (4, 4, 1))
        image = self.imageOf(rgb)
        for mode in ("chroma", "spatial"):
            model = writeModel(self.temporaryDirectory() / f"{mode}.safetensors", mode)
            node = GafferRecovery.Inference()
            node["model"].setValue(str(model))
            node["device"].setValue("cpu")
            node["in"].setInput(image)
            network, _ = torchEngine.network(model, "", "cpu")
            times = []
            for _ in range(_REPEATS):
                Gaffer.ValuePlug.clearCache()
                self.evaluate(image)
                start = time.perf_counter()
                self.evaluate(node["out"])
                middle = time.perf_counter()
                inference.recover(network, rgb)
                times.append((middle - start, time.perf_counter() - middle))
            # The first loads the model.
            seconds, engineSeconds = np.median(times[1:], axis=0)
            print(f"{mode}, small: Inference {seconds:.2f} s, the engine's network {engineSeconds:.2f} s ", end="")
            self.assertLess(seconds, 10 * engineSeconds)
