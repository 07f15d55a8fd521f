import Gaffer

import GafferRecovery
from filmrecovery.base.recovery_modes import MERGE_OPERATIONS
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Merge,
    "description",
    """
    Merges the recovered colour or detail onto the original plate. Use it as the last step if the plate was degrained or
    cleaned before the recovery.

    Alpha, other channels and metadata are the original's. The script's working space must be display-referred, such
    as sRGB or Rec.709 gamma 2.4.

    > Note : The Merge node in the Image menu is another node. It has the usual operations, such as Over and Add, but
    > none that exchanges luma or chroma.
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
            The part of the recovered image to use.

            - Color : its chroma, with the original's luma. For chroma recovery.
            - Luminosity : its luma, with the original's chroma. For spatial recovery.
            """,
            **plugMetadata.presets(MERGE_OPERATIONS),
        },
    },
)
