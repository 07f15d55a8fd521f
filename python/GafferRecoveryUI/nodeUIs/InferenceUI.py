import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Inference,
    "description",
    """
    Recovers the image with a trained model, live in the Viewer and under a writer.

    Works on R, G and B; other channels, metadata and windows stay as they are. Whatever the script's working space
    is, the model gets the image in the colour space that it was trained in.
    """,
    plugs={
        "model": {
            "description": """
            The model: connect `model` of a Train node, or name a `.safetensors` file.
            """,
            "layout:index": 0,
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": True,
            "path:bookmarks": "recoveryModel",
            "fileSystemPath:extensions": "safetensors",
            "fileSystemPath:extensionsLabel": "Show only models",
            **plugMetadata.PATH_NODULE,
            "noduleLayout:section": "left",
        },
        "refreshCount": {
            "description": """
            Looks at the model's file again. A model that was trained anew is found by itself within seconds; where it
            was not, press the button.
            """,
            "layout:index": 1,
            "layout:label": "",
            "layout:accessory": True,
            "plugValueWidget:type": "GafferUI.RefreshPlugValueWidget",
        },
        "missingModel": {
            "description": """
            What to do while there is no model.

            - Error : stop, so that nothing is rendered without being recovered.
            - Pass Through : show the input, to set up a graph before it is trained.
            """,
            **plugMetadata.presets(("error", "passThrough"), {"passThrough": "Pass Through"}),
        },
        "crop": {
            "description": """
            The part of the picture to recover, in pixels; the rest stays as it is. An empty area stands for the whole
            picture. Usually `sourceCrop` of a SharedCrop node.
            """,
        },
        "device": {
            "description": """
            What computes. Automatic is the first GPU, or the processor where there is none; choose Custom for another
            GPU, such as `cuda:1`. The result is the same but for rounding.
            """,
            **plugMetadata.DEVICE,
        },
    },
)
