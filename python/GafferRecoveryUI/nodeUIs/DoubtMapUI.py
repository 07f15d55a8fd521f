import Gaffer

import GafferRecovery

Gaffer.Metadata.registerNode(
    GafferRecovery.DoubtMap,
    "description",
    """
    Shows how far a recovered image is to be doubted: the error that the model expects, in colours over the image in
    grey. Violet is none, yellow is `scaleEnd` or more. It is for the Viewer; connect nothing that is delivered to it.

    The image has the channel `recovery.doubt` where `doubt` of Inference is on.
    """,
    plugs={
        "scaleEnd": {
            "description": """
            The expected error that is yellow, where white is 1: 0.05 is 5 % of the range, as in the maps of a training.
            """,
        },
    },
)
