import hashlib
import json
import os

import Gaffer
import IECore

from filmrecovery.training.train_settings import TrainSettings
from GafferRecovery.plugs import pathPlugs, sentences, settingsPlugs


class ModelPath(Gaffer.ComputeNode):
    """The path of the model that a training with these settings makes from these pairs. Private to `Train`.

    It is known before the training, so that a graph can refer to it. It stays the same relative to the project when the
    project moves: only the places of the pairs relative to the runs count. Empty where `runsDirectory` is.
    """

    def __init__(self, name: str = "ModelPath") -> None:
        Gaffer.ComputeNode.__init__(self, name)

        settingsPlugs.add(self, TrainSettings)
        self["pairs"] = pathPlugs.pairs()
        self["runsDirectory"] = Gaffer.StringPlug()
        self["out"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def affects(self, input: Gaffer.Plug) -> list[Gaffer.Plug]:
        outputs = Gaffer.ComputeNode.affects(self, input)
        if input.direction() == Gaffer.Plug.Direction.In:
            outputs.append(self["out"])
        return outputs

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        for plug in Gaffer.ValuePlug.RecursiveInputRange(self):
            h.append(plug.hash())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        runs = self["runsDirectory"].getValue()
        if not runs:
            output.setValue("")
            return
        with sentences.ofEngine():
            settings = settingsPlugs.values(self, TrainSettings, "settings of the training")
        decisive = settings.deciding()
        decisive["pairs"] = [os.path.relpath(plug.getValue(), runs) for plug in self["pairs"] if plug.getValue()]
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        length = f"{settings.minutes:g}min" if settings.minutes else f"{settings.steps}steps"
        output.setValue(f"{runs}/{settings.size}-{length}-{digest[:8]}/model.safetensors")


IECore.registerRunTimeTyped(ModelPath, typeName="GafferRecovery::ModelPath")
