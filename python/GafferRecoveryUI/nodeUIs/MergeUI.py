import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Merge,
    "description",
    """
    Puts what was recovered onto the original plate: the last step where the plate was degrained or cleaned for the
    recovery.

    Alpha, other channels and metadata are the original's. The script's working space must be display-referred, such
    as sRGB or Rec.709 gamma 2.4.
    """,
    plugs={
        "original": {
            "description": """
            The plate before any recovery.
            """,
            "noduleLayout:index": 0,
        },
        "recovered": {
            "description": """
            The recovered image, of the same size and data window as the original.
            """,
            "noduleLayout:index": 1,
        },
        "operation": {
            "description": """
            What of the recovered image is used.

            - Color : its chroma, with the original's luma. For chroma recovery.
            - Luminosity : its luma, with the original's chroma. For spatial recovery.
            """,
            **plugMetadata.presets(("color", "luminosity")),
        },
    },
)
