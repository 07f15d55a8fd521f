import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Inference,
    "description",
    """
    Recovers the image with a model that a Train node made, live in the Viewer and for a writer.

    Changes R, G and B; other channels, metadata and windows stay as they are. The script may have any working space:
    the model gets the image in the colour space that it was trained in.

    > Note : The Inference node in the ML menu is another node, of GafferML. It runs networks that other programs
    > exported as ONNX, needs ONNX Runtime, and works on tensors. Use Recovery Inference for models that Train makes: it
    > knows their colour space and their cleaning, and it keeps alpha, metadata and windows.
    """,
    "layout:activator:followsATraining",
    lambda node: node["follow"].getValue() != "modelFile",
    plugs={
        "model": {
            "description": """
            The model: connect `model` of a Train node, or name a `.safetensors` file.
            """,
            "layout:index": 0,
            **plugMetadata.fileWidget("recoveryModel", "safetensors", "models"),
            **plugMetadata.PATH_NODULE,
            "noduleLayout:section": "left",
        },
        "refreshCount": {
            "description": """
            Reads the model's file again. A new model is normally shown within seconds; if it is not, press this button.
            """,
            "layout:index": 1,
            "layout:label": "",
            "layout:accessory": True,
            "plugValueWidget:type": "GafferUI.RefreshPlugValueWidget",
        },
        "follow": {
            "description": """
            Which model is used.

            - Model File : the file that `model` names.
            - Newest : the model of the last report of the training, while it runs. On Train, `reportInterval` sets how
              often there is a report, and `stepModels` how many of these models are kept.
            - Best : the model of the lowest error of the hold-outs so far.
            - Final : the model at the end of the training.

            The last three are of the training in the folder `run` or, where that is empty, of the last one of `model`.
            A frame that is rendered meanwhile has the model of that moment: for a delivery use the model file.
            """,
            "layout:index": 2,
            **plugMetadata.presets(("modelFile", "newest", "best", "final")),
        },
        "run": {
            "description": """
            The folder of the training that is followed, also one that runs on another machine and shares the folder.
            Empty: the last training of `model`.
            """,
            "layout:index": 3,
            "layout:activator": "followsATraining",
            **plugMetadata.folderWidget("recoveryRuns"),
            "pathPlugValueWidget:placeholderText": "The last of the model",
            "nodule:type": "",
        },
        "missingModel": {
            "description": """
            What to do while there is no model.

            - Error : stop, so that no frame is rendered unrecovered.
            - Pass Through : show the input, to set up a graph before the training.
            """,
            **plugMetadata.presets(("error", "passThrough"), {"passThrough": "Pass Through"}),
        },
        "crop": {
            "description": """
            The part of the picture to recover, in pixels that count from the bottom, as in the Viewer; the rest stays
            as it is. An empty area means the whole picture. Usually `sourceCrop` of a SharedCrop node.
            """,
            **plugMetadata.CROP_WIDGET,
        },
        "shot": {
            "description": """
            The name of the shot, as the label of its training pairs says it. A model of several shots has a grade for
            each. If this is empty, or the model does not know the shot, the grade of the whole film is used. The
            metadata says which grade it was (`filmrecovery:grade`). Connect `shot` of a FindShots node.
            """,
        },
        "doubt": {
            "description": """
            Adds the channel `recovery.doubt`: the error to be expected at each pixel, where white is 1. 0.02 means that
            the recovery is likely to be 2 % of the range away from the truth. A DoubtMap node shows it in colours. An
            ACES container has no room for the channel.
            """,
        },
        "device": {
            "description": """
            The device that computes. Automatic is the first GPU, or the processor if there is no GPU. Choose Custom for
            another GPU, such as `cuda:1`. Results differ by rounding only.
            """,
            **plugMetadata.DEVICE,
        },
    },
)
