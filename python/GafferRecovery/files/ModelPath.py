import hashlib
import json
import os
from pathlib import Path

import Gaffer
import IECore

from filmrecovery.model.model_header import read_model_header
from filmrecovery.training.pairs.outlier_record import fitting_start
from filmrecovery.training.runs.train_settings import TrainSettings
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import pathPlugs, sentences, settingsPlugs


class ModelPath(FileValues):
    """The path of the model that a training with these settings makes from these pairs. Private to `Train`.

    It is known before the training, so that a graph can refer to it. It stays the same relative to the project when the
    project moves: only the places of the pairs relative to the runs count. Empty where `runsDirectory` is.

    `start` is the model that the training goes on from: `startFrom` or, where that is empty, that of the last outliers
    that were added, if it is of the size that is asked for.
    """

    def __init__(self, name: str = "ModelPath") -> None:
        FileValues.__init__(self, name)

        settingsPlugs.add(self, TrainSettings)
        self["pairs"] = pathPlugs.pairs()
        self["runsDirectory"] = Gaffer.StringPlug()
        self["outliersFile"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        for output in ("start", "out"):
            self[output] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in Gaffer.ValuePlug.RecursiveInputRange(self):
            h.append(plug.hash())
        h.append(output.getName())
        h.append(fileState(self["outliersFile"].getValue()))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        if output.isSame(self["start"]):
            output.setValue(self.__start())
            return
        runs = self["runsDirectory"].getValue()
        if not runs:
            output.setValue("")
            return
        with sentences.ofEngine():
            settings = self.__settings()
        decisive = settings.deciding()
        start = self["start"].getValue()
        decisive["start_from"] = os.path.relpath(start, runs) if start else None
        decisive["pairs"] = [os.path.relpath(plug.getValue(), runs) for plug in self["pairs"] if plug.getValue()]
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        length = f"{settings.minutes:g}min" if settings.minutes else f"{settings.steps}steps"
        output.setValue(f"{runs}/{settings.size}-{length}-{digest[:8]}/model.safetensors")

    def __settings(self) -> TrainSettings:
        return settingsPlugs.values(self, TrainSettings, "settings of the training")

    def __start(self) -> str:
        named, outliers = self["startFrom"].getValue(), self["outliersFile"].getValue()
        if named or not outliers:
            return named
        with sentences.ofEngine():
            settings = self.__settings()
            start = fitting_start(Path(outliers), {"size": settings.size})
            if start is None:
                return ""
            header = read_model_header(start)
            return str(start) if header.get("members") == settings.members_for(header["mode"]) else ""


IECore.registerRunTimeTyped(ModelPath, typeName="GafferRecovery::ModelPath")
