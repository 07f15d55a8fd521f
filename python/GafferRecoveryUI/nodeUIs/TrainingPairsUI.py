import Gaffer

import GafferRecovery
from filmrecovery.base.recovery_modes import MODES
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.TrainingPairs,
    "description",
    """
    Writes training pairs to disk: `input` and `target` at the chosen frames, whatever range is dispatched, and a
    manifest that describes them.

    Choose frames from all parts of the shot, with the first and the last: 4 to 9 for a shot, 12 to 24 for a scene.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to write nothing. `pairs` stays as it is: pairs that were written before are still used.
            """,
        },
        "input": {
            "description": """
            The image that the network gets: the source. Usually `trainingInput` of a GroundTruth node.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "target": {
            "description": """
            The image that the network has to make from it: the ground truth. Usually `out` of a GroundTruth node.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "preview": {
            "description": """
            The source at a frame without a reference, which shows the progress of the training. Needed if
            `previewFrame` is set.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "mode": {
            "description": """
            What is recovered. Connect `mode` of the GroundTruth node.

            - Chroma : colour. The network cannot change luma.
            - Spatial : detail. The network cannot change chroma.
            - Plain : anything. For pairs that were made in another way.
            """,
            **plugMetadata.presets(MODES),
        },
        "frames": {
            "description": """
            The frames to train on, such as `1,24,48` or `1-48x6`, which is every sixth.
            """,
            "stringPlugValueWidget:placeholderText": "For example 1,24,48",
        },
        "holdOutFrames": {
            "description": """
            Frames with a reference that are not trained on but used to measure the result. One or two are enough. They
            must not be among `frames`.
            """,
            "stringPlugValueWidget:placeholderText": "None",
            "label": "Hold-Out Frames",
        },
        "previewFrame": {
            "description": """
            A frame without a reference that is shown during the training.
            """,
            "stringPlugValueWidget:placeholderText": "None",
        },
        "directory": {
            "description": """
            The folder for the pairs. Use a folder for each shot and recovery, with no other files in it.
            """,
            **plugMetadata.folderWidget("trainingPairs"),
        },
        "dataType": {
            "description": """
            Precision of the files. Half needs half the space and is enough for scans of up to 10 bit.
            """,
            **plugMetadata.presets(("float", "half")),
        },
        "label": {
            "description": """
            Name of the shot, shown on contact sheets.
            """,
            "stringPlugValueWidget:placeholderText": "None",
        },
        "alignment": plugMetadata.path("""
            How well the reference is aligned; the manifest says so for each pair. Connect `alignment` of an Align node.
            """),
        "shots": plugMetadata.SHOTS,
        **plugMetadata.masks("Nothing is learnt there: for subtitles and what else is not of the film."),
        "pairs": {
            "description": """
            The folder of the pairs, for `pairs` of a Train node. Connect also `task` to the Train node, so that the
            pairs are written before the training.
            """,
            **plugMetadata.PATH_NODULE,
            "plugValueWidget:type": "",
        },
        # With one process for each frame, Gaffer would take longer to start than the frames take.
        "dispatcher.batchSize": {"userDefault": 100},
    },
)
