from pathlib import Path

import Gaffer
import IECore

from filmrecovery.training.runs.kept_steps import CONTACT_SHEETS, PREVIEWS, contact_sheets, doubts, previews
from filmrecovery.training.runs.run_progress import latest_run
from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.FileValues import FileValues

_KEPT = {
    "contactSheet": lambda run: {0: contact_sheets(run)},
    "preview": previews,
    "doubt": doubts,
}
"""What a run has of a kind of picture, by frames."""


class NewestPicture(FileValues):
    """The path of the newest picture of a kind that a training of `model` has written. Private to `Train`.

    `picture` is the kind: contactSheet, preview, doubt, or anything else for none. Of several preview frames it is the
    first. Empty where there is no such picture yet.
    """

    def __init__(self, name: str = "NewestPicture") -> None:
        FileValues.__init__(self, name)

        self["model"] = Gaffer.StringPlug()
        self["picture"] = Gaffer.StringPlug()
        self["fileChanges"] = Gaffer.IntPlug()
        self["fileName"] = Gaffer.StringPlug(direction=Gaffer.Plug.Direction.Out)

    @staticmethod
    def watched(model: Path) -> list[Path]:
        """What changes when there is a new picture of a training of a model."""
        run = latest_run(model)
        return [model.parent, *((run / CONTACT_SHEETS, run / PREVIEWS) if run else ())]

    def hash(self, output: Gaffer.ValuePlug, context: Gaffer.Context, h: IECore.MurmurHash) -> None:
        h.append(self["fileChanges"].hash())
        path = self.__path()
        h.append(path)
        h.append(fileState(path))

    def compute(self, output: Gaffer.ValuePlug, context: Gaffer.Context) -> None:
        output.setValue(self.__path())

    def __path(self) -> str:
        find, model = _KEPT.get(self["picture"].getValue()), self["model"].getValue()
        run = latest_run(Path(model)) if find and model else None
        if find is None or run is None:
            return ""
        kept = next(iter(find(run).values()), ())
        return str(kept[-1].path) if kept else ""


IECore.registerRunTimeTyped(NewestPicture, typeName="GafferRecovery::NewestPicture")
