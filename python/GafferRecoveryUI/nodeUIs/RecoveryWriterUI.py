import Gaffer
import IECore
from GafferImageUI import OpenColorIOTransformUI

import GafferRecovery
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.picture.aces import DELIVERY_SPACE
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.RecoveryWriter,
    "description",
    """
    Writes the recovered frames as EXR, ready for delivery.

    A frame is written whole or not at all. A finished frame is not rendered again unless its image, its sources or its
    format changed, so you can dispatch as often as you like.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to write no frames. `out` stays as it is.
            """,
        },
        "in": {
            "description": """
            The image to write.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "fileName": {
            "description": """
            The name of the files. It ends in `.exr`, with `#` for the digits of the frame number:
            `delivery/shot.####.exr`.
            """,
            **plugMetadata.fileWidget("image", "exr", "EXR files"),
            "fileSystemPath:includeSequences": True,
        },
        "colorSpace": {
            "description": """
            The colour space of the files. Images are converted from the script's working space.
            """,
            "presetNames": OpenColorIOTransformUI.colorSpacePresetNames,
            "presetValues": OpenColorIOTransformUI.colorSpacePresetValues,
            "openColorIO:categories": "file-io",
            "openColorIO:extraPresetNames": IECore.StringVectorData(["Delivery (ACES2065-1)"]),
            "openColorIO:extraPresetValues": IECore.StringVectorData([DELIVERY_SPACE]),
            "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
            "presetsPlugValueWidget:allowCustom": True,
        },
        "encoding": {
            "description": """
            How the pixels are stored.

            - Half, ZIP : 16-bit float, compressed without loss.
            - Half, DWAA : 16-bit float, compressed with loss, for review.
            - ACES container : 16-bit float, uncompressed, strictly SMPTE ST 2065-4. For the colour space ACES2065-1.
            - Float, ZIP : 32-bit float, compressed without loss.
            """,
            **plugMetadata.presets(
                ENCODINGS,
                {"zip": "Half, ZIP", "dwaa": "Half, DWAA", "aces": "ACES container", "float": "Float, ZIP"},
            ),
        },
        "out": {
            "description": """
            The input image as it is, for the nodes that follow.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        # With one process for each frame, Gaffer and torch would take longer to start than the frames take.
        "dispatcher.batchSize": {"userDefault": 100},
    },
)
