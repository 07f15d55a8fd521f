import Gaffer
import IECore
from GafferImageUI import OpenColorIOTransformUI

import GafferRecovery
from filmrecovery.film.frame_encoding import ENCODINGS
from filmrecovery.picture.aces import DELIVERY_SPACE
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.RecoveryWriter,
    "description",
    """
    Writes the recovered frames as EXR, ready for delivery.

    A frame is written whole or not at all, and one that is finished is not rendered again: dispatch as often as you
    like, only frames whose image, sources or format changed are made anew.
    """,
    plugs={
        "in": {
            "description": """
            The image to be written.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        "fileName": {
            "description": """
            The name of the files, ending in `.exr`, with `#` for the digits of the frame number:
            `delivery/shot.####.exr`.
            """,
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": True,
            "path:bookmarks": "image",
            "fileSystemPath:extensions": "exr",
            "fileSystemPath:extensionsLabel": "Show only EXR files",
            "fileSystemPath:includeSequences": True,
        },
        "colorSpace": {
            "description": """
            The colour space of the files. Images are converted to it from the script's working space.
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
            How the files hold the pixels.

            - Half, ZIP : 16-bit float, compressed without loss.
            - Half, DWAA : 16-bit float, compressed with loss, for review.
            - ACES container : 16-bit float, uncompressed, strictly SMPTE ST 2065-4. Holds ACES2065-1 alone.
            - Float, ZIP : 32-bit float, compressed without loss.
            """,
            **plugMetadata.presets(
                ENCODINGS,
                {"zip": "Half, ZIP", "dwaa": "Half, DWAA", "aces": "ACES container", "float": "Float, ZIP"},
            ),
        },
        "out": {
            "description": """
            The input image as it is, to go on working with.
            """,
            "nodule:type": "GafferUI::StandardNodule",
            "plugValueWidget:type": "",
        },
        # With one process for each frame, starting Gaffer and torch would take longer than the frames.
        "dispatcher.batchSize": {"userDefault": 100},
    },
)
