import Gaffer
import IECore

from filmrecovery.training.train_settings import TrainSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files.ModelPath import ModelPath
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class Train(EngineTask):
    """Trains a network on pairs. `model` carries the path of the model that it makes.

    A finished training with the same settings and pairs is found and not repeated. An interrupted one continues. Where
    the node is not enabled nothing is trained; `model` still carries the path, so that an earlier model stays in use.
    """

    def __init__(self, name: str = "Train") -> None:
        EngineTask.__init__(self, name)

        self["pairs"] = pathPlugs.pairs()
        self["runsDirectory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/runs/${script:name}")
        settingsPlugs.add(self, TrainSettings)
        self["model"] = unsavedPlugs.output(Gaffer.StringPlug)

        path = self["__modelPath"] = ModelPath()
        settingsPlugs.connect(path, self, TrainSettings)
        path["pairs"].setInput(self["pairs"])
        path["runsDirectory"].setInput(self["runsDirectory"])
        self["model"].setInput(path["out"])

    def calls(self, name: str) -> list[list[str]]:
        pairs = self.pairFolders(name, "train on")
        self.needed("runsDirectory", name, "set it to a folder for the trainings")
        return [["train", *pairs, f"--model={self['model'].getValue()}", *self.settings(TrainSettings, name)]]


IECore.registerRunTimeTyped(Train, typeName="GafferRecovery::Train")
