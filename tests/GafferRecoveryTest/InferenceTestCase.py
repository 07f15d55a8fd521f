import GafferRecovery
from GafferRecovery.engine import torchEngine
from GafferRecoveryTest.RecoveryTestCase import RecoveryTestCase, network, writeModel


def recovered(rgb, mode="chroma", seed=0):
    """What the engine makes of a picture by the network of `writeModel`."""
    return torchEngine.module("filmrecovery.model.inference").recover(network(mode, seed), rgb)


class InferenceTestCase(RecoveryTestCase):
    """A case with models that have not been trained, and nodes that apply them."""

    def model(self, name="model.safetensors", **values):
        return writeModel(self.temporaryDirectory() / name, **values)

    def node(self, image, model, **values):
        node = GafferRecovery.Inference()
        self.script.addChild(node)
        node["in"].setInput(image)
        node["model"].setValue(str(model))
        # Whatever GPU there is, the expected values are those of a processor.
        node["device"].setValue("cpu")
        for name, value in values.items():
            node[name].setValue(value)
        return node
