from pathlib import Path
from typing import Any

import Gaffer
import GafferUI

import GafferRecovery
from filmrecovery.training.train_settings import TrainSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

_SECTIONS = {
    "Augmentation": ("flips", "exposureJitter", "scaleJitter", "unvariedEnd"),
    "Reports": ("checkpointInterval", "reportInterval"),
    "Advanced": ("batchSize", "learningRate", "multiResolution", "seed", "precision"),
}
"""For what a first training leaves as it is, and closed until they are opened; other settings are seen at once."""

_LAST = ("runsDirectory", "model", *(name for names in _SECTIONS.values() for name in names))


def _index(name: str) -> int:
    """The place in the layout, counted from the end, where the plugs of the dispatcher and the user are."""
    return _LAST.index(name) - len(_LAST) - 3


def _settings() -> dict[str, dict[str, Any]]:
    plugs = plugMetadata.settings(TrainSettings)
    for section, names in _SECTIONS.items():
        for name in names:
            plugs[name] |= {"layout:section": f"Settings.{section}", "layout:index": _index(name)}
    plugs["steps"]["layout:activator"] = "lengthIsInSteps"
    plugs["startFrom"] |= {
        "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
        "path:leaf": True,
        "path:bookmarks": "recoveryModel",
        "fileSystemPath:extensions": "safetensors",
        "fileSystemPath:extensionsLabel": "Show only models",
    }
    plugs["device"] |= plugMetadata.DEVICE
    return plugs


Gaffer.Metadata.registerNode(
    GafferRecovery.Train,
    "description",
    """
    Trains a network on pairs. Dispatch it, once for any range of frames; Inference nodes that are connected to `model`
    show the result as soon as it is there.

    A training of equal settings and pairs is found again and not repeated, and one that was interrupted goes on where
    it stopped. Its folder holds contact sheets, previews and the journal `metrics.jsonl`.
    """,
    "layout:activator:lengthIsInSteps",
    lambda node: node["minutes"].getValue() == 0,
    plugs={
        "pairs": {
            "description": """
            The pairs to train on. Connect `pairs` of a TrainingPairs node, or of several for more than one shot;
            connect their `task` as well, so that they are written first.
            """,
            **plugMetadata.PAIRS,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER,
        **_settings(),
        "runsDirectory": {
            "description": """
            The folder in which each training gets a folder of its own, named after its settings.
            """,
            "layout:index": _index("runsDirectory"),
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": False,
            "path:bookmarks": "recoveryRuns",
        },
        "model": {
            "description": """
            The file of the model that these settings make of these pairs; known before it is trained. Connect it to
            `model` of Inference nodes.
            """,
            "layout:index": _index("model"),
            "plugValueWidget:type": "GafferRecoveryUI.TrainUI._ModelPlugValueWidget",
            **plugMetadata.PATH_NODULE,
            "noduleLayout:section": "right",
        },
    },
)


class _ModelPlugValueWidget(GafferUI.PlugValueWidget):
    """The path of the model, to be read and copied, and a button that opens its folder."""

    def __init__(self, plug: Gaffer.StringPlug, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.PlugValueWidget.__init__(self, row, plug, **kw)
        with row:
            GafferUI.StringPlugValueWidget(plug)
            button = GafferUI.Button(
                image="pathChooser.png", hasFrame=False, toolTip="Opens the folder of the training."
            )
        button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))

    def __clicked(self, button: GafferUI.Button) -> None:
        with GafferUI.ErrorDialogue.ErrorHandler(
            title="No folder to open", parentWindow=self.ancestor(GafferUI.Window)
        ):
            with self.context():
                folder = Path(self.getPlug().getValue()).parent
            if not folder.is_dir():
                raise RuntimeError(f"{folder} does not exist yet: dispatch the Train node first.")
            GafferUI.showURL(folder.as_uri())
