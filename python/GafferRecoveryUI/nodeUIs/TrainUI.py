from pathlib import Path
from typing import Any

import Gaffer
import GafferUI

import GafferRecovery
from filmrecovery.training.runs.train_settings import TrainSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

_SECTIONS = {
    "Augmentation": ("flips", "exposureJitter", "scaleJitter", "unvariedEnd"),
    "Reports": ("checkpointInterval", "reportInterval", "stepModels"),
    "Advanced": ("members", "batchSize", "learningRate", "multiResolution", "seed", "precision", "processes"),
}
"""Sections that are closed at first, for settings that a first training leaves as they are."""

_LAST = ("runsDirectory", "outliersFile", "picture", "model", *(name for names in _SECTIONS.values() for name in names))


def _index(name: str) -> int:
    """The place in the layout, counted from the end, where the plugs of the dispatcher and the user are."""
    return _LAST.index(name) - len(_LAST) - 3


def _settings() -> dict[str, dict[str, Any]]:
    plugs = plugMetadata.settings(TrainSettings)
    for section, names in _SECTIONS.items():
        for name in names:
            plugs[name] |= {"layout:section": f"Settings.{section}", "layout:index": _index(name)}
    plugs["members"] |= plugMetadata.automatic(0)
    plugs["steps"]["layout:activator"] = "lengthIsInSteps"
    plugs["startFrom"] |= plugMetadata.fileWidget("recoveryModel", "safetensors", "models")
    plugs["device"] |= plugMetadata.DEVICE
    return plugs


Gaffer.Metadata.registerNode(
    GafferRecovery.Train,
    "description",
    """
    Trains a network on pairs. Dispatch it once, for any range of frames. Inference nodes that are connected to `model`
    show the result as soon as it is there. While it trains, the Viewer shows the newest picture of the training where
    this node has the focus.

    A finished training with the same settings and pairs is not repeated, and an interrupted training continues where it
    stopped. The folder of the training contains contact sheets, previews and the journal `metrics.jsonl`.
    """,
    "layout:activator:lengthIsInSteps",
    lambda node: node["minutes"].getValue() == 0,
    plugs={
        "enabled": {
            "description": """
            Turn this off to train nothing. `model` stays as it is: a model that was trained before is still used.
            """,
        },
        "pairs": {
            "description": """
            The pairs to train on. Connect `pairs` of a TrainingPairs node, or of several nodes for several shots.
            Connect also their `task`, so that the pairs are written first.
            """,
            **plugMetadata.PAIRS,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER,
        **_settings(),
        "runsDirectory": {
            "description": """
            The folder for all trainings. Each training gets a folder in it, named after its settings.
            """,
            "layout:index": _index("runsDirectory"),
            **plugMetadata.folderWidget("recoveryRuns"),
        },
        "outliersFile": plugMetadata.record("outliers that were added")
        | {
            "description": """
            The file of outliers that were added: connect `outliersFile` of a SelectPairs node. The training then goes
            on from the model whose outliers were added last, if that has the same size and `startFrom` names no other.
            """,
            "nodule:type": "",
            "layout:index": _index("outliersFile"),
        },
        "picture": {
            "description": """
            What `out` shows of the training, and so the Viewer where this node has the focus, while it trains and
            after: always the newest.

            - Contact Sheet : pairs as the network sees them, their targets, what it makes of them, and the error.
            - Preview : a frame that is not trained on, as the model of the last report recovers it.
            - Doubt : how far that preview is to be doubted. Yellow is 5 % of the range or more.
            - Nothing : an empty image.
            """,
            "layout:index": _index("picture"),
            **plugMetadata.presets(("contactSheet", "preview", "doubt", "none"), {"none": "Nothing"}),
        },
        "out": {
            "description": """
            The newest picture of the training; `picture` chooses which. It is to look at, and no part of a recovery.
            """,
            "nodule:type": "",
            "plugValueWidget:type": "",
        },
        "model": {
            "description": """
            The file of the model that a training with these settings makes from these pairs. It is known before the
            training. Connect it to `model` of Inference nodes of the Film Recovery menu.
            """,
            "layout:index": _index("model"),
            "plugValueWidget:type": "GafferRecoveryUI.TrainUI._ModelPlugValueWidget",
            **plugMetadata.PATH_NODULE,
            "noduleLayout:section": "right",
        },
    },
)


class _ModelPlugValueWidget(GafferUI.PlugValueWidget):
    """The path of the model, to read and to copy, and a button that opens its folder."""

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
