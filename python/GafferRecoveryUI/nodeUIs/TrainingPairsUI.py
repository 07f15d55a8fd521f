import Gaffer

import GafferRecovery
from filmrecovery.base.recovery_modes import MODES
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.TrainingPairs,
    "description",
    """
    Writes training pairs to disk: `input` and `target` at the frames that are chosen here, whatever range is
    dispatched, and a manifest that says what they are.

    Choose frames all over the shot, the first and the last among them: 4 to 9 for a shot, 12 to 24 for a scene.
    """,
    plugs={
        "input": {
            "description": """
            What the network will be given: the source. Usually `trainingInput` of a GroundTruth node.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "target": {
            "description": """
            What the network is to make of the input: the ground truth. Usually `out` of a GroundTruth node.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "preview": {
            "description": """
            The source at a frame without reference, on which the training shows how it does. Needed where a preview
            frame is set.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "mode": {
            "description": """
            What is recovered; the same as in the GroundTruth node. The network then holds what must not change: luma
            in chroma mode, chroma in spatial mode. Plain holds nothing, for pairs that were made in another way.
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
            Frames with a reference that are kept out of the training, to measure it against. One or two will do;
            they must not be among the frames to train on.
            """,
            "stringPlugValueWidget:placeholderText": "None",
            "label": "Hold-Out Frames",
        },
        "previewFrame": {
            "description": """
            A frame without a reference, shown during training.
            """,
            "stringPlugValueWidget:placeholderText": "None",
        },
        "directory": {
            "description": """
            The folder for the pairs. One for each shot and recovery, with nothing else in it.
            """,
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": False,
            "path:bookmarks": "trainingPairs",
        },
        "dataType": {
            "description": """
            Precision of the files. Half takes half the space and is enough for scans of up to 10 bit.
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
            How well the reference lies over the source, noted in the manifest: `alignment` of an Align node.
            """),
        "pairs": {
            "description": """
            The folder of the pairs, for `pairs` of a Train node. Connect `task` to the Train node as well, so that
            the pairs are written before they are trained on.
            """,
            **plugMetadata.PATH_NODULE,
            "plugValueWidget:type": "",
        },
        # With one process for each frame, starting Gaffer would take longer than the frames.
        "dispatcher.batchSize": {"userDefault": 100},
    },
)
