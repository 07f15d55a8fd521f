import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.ElementReader,
    "description",
    """
    Reads the frames of an element, and converts them from their colour space to the script's working space.

    If a frame is missing, the error says which frames there are. Files that were replaced are read again. Alpha, which
    in scans may be an infrared or dust channel, stays as it is and changes nothing else.
    """,
    plugs={
        "fileName": plugMetadata.files("element") | {"layout:index": 0},
        "colorSpace": {
            "description": """
            The OpenColorIO colour space of the files.
            """,
            **plugMetadata.SPACE,
        },
        "refreshCount": {
            "description": """
            Reads the files again. New files are normally shown within seconds; a file that was changed in its place,
            and not replaced, needs this button.
            """,
            "layout:index": 1,
            "layout:label": "",
            "layout:accessory": True,
            "plugValueWidget:type": "GafferUI.RefreshPlugValueWidget",
        },
    },
)
