from pathlib import Path

import Gaffer
import IECore

from filmrecovery.training.runs.kept_steps import STEP_MODELS, step_models
from filmrecovery.training.runs.run_progress import BEST_NAME, MODEL_NAME, latest_run
from GafferRecovery.files.FileValues import FileValues
from GafferRecovery.plugs import pathPlugs

FOLLOWED = ("modelFile", "newest", "best", "final")
"""What an inference can take: the file that it names, or a model of a training."""


class FollowedModel(FileValues):
    """The path of the model that an `Inference` takes, to which this is private.

    That is the file `model` itself or, as `follow` says, a model of a training: the newest of its steps, the best, or
    the final one. The training is that of the folder `run` or, where that is empty, the last one of `model`. Empty
    where the training has no such model yet.
    """

    def __init__(self, name: str = "FollowedModel") -> None:
        FileValues.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["follow"] = Gaffer.StringPlug(defaultValue=FOLLOWED[0])
        self["run"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["out"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    def watched(self) -> list[Path]:
        """What changes when the training that is followed has another model. In the current context."""
        run = self.__run()
        if run is None:
            return [Path(pathPlugs.text(self["model"])).parent]
        return [run / name for name in (STEP_MODELS, BEST_NAME, MODEL_NAME)]

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(self["fileChanges"].hash())
        h.append(self.path())

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        output.setValue(self.path())

    def path(self) -> str:
        """The path as the files are now. In the current context."""
        follow = self["follow"].getValue()
        if follow == "modelFile":
            return pathPlugs.text(self["model"])
        if follow not in FOLLOWED:
            raise IECore.Exception(f"there is nothing to follow that is called '{follow}'; name {', '.join(FOLLOWED)}")
        run = self.__run()
        if run is None:
            return ""
        if follow == "newest":
            kept = step_models(run)
            return str(kept[-1].path) if kept else ""
        model = run / (BEST_NAME if follow == "best" else MODEL_NAME)
        return str(model) if model.is_file() else ""

    def __run(self) -> Path | None:
        run = pathPlugs.text(self["run"])
        return Path(run) if run else latest_run(Path(pathPlugs.text(self["model"])))


IECore.registerRunTimeTyped(FollowedModel, typeName="GafferRecovery::FollowedModel")
