from pathlib import Path

import Gaffer
import GafferImage
import IECore

from filmrecovery.training.runs.train_settings import TrainSettings
from GafferRecovery._taskNodes.EngineTask import EngineTask
from GafferRecovery.files import workState
from GafferRecovery.files.ModelPath import ModelPath
from GafferRecovery.files.NewestPicture import NewestPicture
from GafferRecovery.files.workState import Work
from GafferRecovery.plugs import pathPlugs, settingsPlugs, unsavedPlugs


class Train(EngineTask):
    """Trains a network on pairs. `model` carries the path of the model that it makes.

    A finished training with the same settings and pairs is found and not repeated. An interrupted one continues. Where
    the node is not enabled nothing is trained; `model` still carries the path, so that an earlier model stays in use.
    Where `outliersFile` holds outliers that were added, the training goes on from the model that had them.

    `out` is the newest picture of the training, of the kind that `picture` says, with the values of its file: they are
    of the working space of the script.
    """

    def __init__(self, name: str = "Train") -> None:
        EngineTask.__init__(self, name)

        self["pairs"] = pathPlugs.pairs()
        self["runsDirectory"] = Gaffer.StringPlug(defaultValue="${project:rootDirectory}/runs/${script:name}")
        settingsPlugs.add(self, TrainSettings)
        self["outliersFile"] = Gaffer.StringPlug()
        self["model"] = unsavedPlugs.output(Gaffer.StringPlug)
        self["__fileChanges"] = unsavedPlugs.fileChanges()

        path = self["__modelPath"] = ModelPath()
        settingsPlugs.connect(path, self, TrainSettings)
        path["pairs"].setInput(self["pairs"])
        path["runsDirectory"].setInput(self["runsDirectory"])
        for plug in ("outliersFile", "__fileChanges"):
            path[plug.strip("_")].setInput(self[plug])
        self["model"].setInput(path["out"])

        self["picture"] = Gaffer.StringPlug(defaultValue="contactSheet")
        self["out"] = unsavedPlugs.output(GafferImage.ImagePlug)
        newest = self["__newestPicture"] = NewestPicture()
        newest["model"].setInput(path["out"])
        newest["picture"].setInput(self["picture"])
        newest["fileChanges"].setInput(self["__fileChanges"])
        # Without a colour space: what a network makes is in the working space, and so is what is written of it.
        reader = self["__pictureReader"] = GafferImage.OpenImageIOReader()
        reader["fileName"].setInput(newest["fileName"])
        reader["refreshCount"].setInput(self["__fileChanges"])
        self["out"].setInput(reader["out"])

    def watchedFile(self) -> tuple[Gaffer.StringPlug | Path | Gaffer.IntPlug, ...]:
        """The files that `model` and `out` depend on, and the plug to count up when they change. In the current
        context."""
        return self["outliersFile"], *self.__pictures(), self["__fileChanges"]

    def __pictures(self) -> list[Path]:
        model = pathPlugs.text(self["model"])
        return NewestPicture.watched(Path(model)) if model and self["picture"].getValue() != "none" else []

    def work(self) -> Work:
        """How far the training is, for the graph. In the current context."""
        steps = 0 if self["minutes"].getValue() else self["steps"].getValue()
        return workState.training(Path(pathPlugs.text(self["model"])), steps)

    def calls(self, name: str) -> list[list[str]]:
        pairs = self.pairFolders(name, "train on")
        self.needed("runsDirectory", name, "set it to a folder for the trainings")
        start = self["__modelPath"]["start"].getValue() or None
        settings = self.settings(TrainSettings, name, start_from=start)
        return [["train", *pairs, f"--model={self['model'].getValue()}", *settings]]


IECore.registerRunTimeTyped(Train, typeName="GafferRecovery::Train")
