import Gaffer
import GafferDispatch
import IECore

from filmrecovery.training.train_settings import TrainSettings
from GafferRecovery.engine import engineProcess
from GafferRecovery.files.ModelPath import ModelPath
from GafferRecovery.plugs import settingsPlugs


class Train(GafferDispatch.TaskNode):
    """Trains a network on pairs, once for any range of frames. `model` carries the path of the model it makes.

    A training of equal settings and pairs is found again and not repeated, one that was interrupted goes on.
    """

    def __init__(self, name: str = "Train") -> None:
        GafferDispatch.TaskNode.__init__(self, name)

        self["pairs"] = Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug("pairs0"))
        self["runsDirectory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/runs/${script:name}")
        settingsPlugs.add(self, TrainSettings)
        self["model"] = Gaffer.StringPlug(
            direction=Gaffer.Plug.Direction.Out, flags=Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable
        )

        path = self["__modelPath"] = ModelPath()
        settingsPlugs.connect(path, self, TrainSettings)
        path["pairs"].setInput(self["pairs"])
        path["runsDirectory"].setInput(self["runsDirectory"])
        self["model"].setInput(path["out"])

    def hash(self, context: Gaffer.Context) -> IECore.MurmurHash:
        # Not the frame: all frames of a dispatch share one training.
        h = GafferDispatch.TaskNode.hash(self, context)
        with context:
            h.append(self["model"].hash())
            for name, *_ in settingsPlugs.fields(TrainSettings):
                h.append(self[name].hash())
        return h

    def execute(self) -> None:
        name = self.relativeName(self.scriptNode())
        pairs = [plug.getValue() for plug in self["pairs"] if plug.getValue()]
        if not pairs:
            raise RuntimeError(
                f"{name}: has no pairs to train on; connect the pairs of a TrainingPairs node to `pairs`"
            )
        model = self["model"].getValue()
        if not model:
            raise RuntimeError(f"{name}: the plug runsDirectory is empty; set it to a folder for the trainings")
        engineProcess.run(["train", *pairs, "--model", model, *settingsPlugs.options(self, TrainSettings, name)], name)
        # Values that depend on the model were computed, in this process, when it was not there yet.
        Gaffer.ValuePlug.clearHashCache()


IECore.registerRunTimeTyped(Train, typeName="GafferRecovery::Train")
