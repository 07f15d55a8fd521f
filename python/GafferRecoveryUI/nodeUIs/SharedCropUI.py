from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.reference.curation.shared_crop import CropSettings, read_crop
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

Gaffer.Metadata.registerNode(
    GafferRecovery.SharedCrop,
    "description",
    """
    Finds the part of the picture that both elements show. Dispatch it, once for any range of frames.

    Leaves out black borders, rounded corners, perforations, the sound track, subtitles and logos, and what the
    reference does not show. Where it is wrong, set the sides by hand.
    """,
    plugs={
        "enabled": plugMetadata.ENABLED,
        "source": plugMetadata.image("""
            The source, for whose images the crop is meant.
            """),
        "alignment": plugMetadata.path("""
            How the reference lies over the source: connect `alignment` of an Align node, and its `task` as well.
            """),
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        **plugMetadata.element("reference"),
        **plugMetadata.settings(CropSettings),
        "fileName": plugMetadata.record("the crop"),
        "crop": {
            "description": """
            What both elements show, for `crop` of a GroundTruth node. Empty, which stands for the whole picture, where
            the node is not enabled.
            """,
            "nodule:type": "",
            "plugValueWidget:type": "GafferRecoveryUI.SharedCropUI._CropTable",
        },
        "cropFile": plugMetadata.path("""
            The path of the crop, for a Validate node; empty where the node is not enabled.
            """)
        | {"noduleLayout:section": "right", "plugValueWidget:type": ""},
        "sourceCrop": {
            "description": """
            What of the source is picture, for `crop` of an Inference node.
            """,
            "nodule:type": "",
        },
    },
)


class _CropTable(RecordTable):
    def table(self, path: Path) -> Table:
        crop = read_crop(path)
        rows = [Row((loss.side, str(loss.pixels), loss.reason)) for loss in crop.losses]
        rows += [Row((overlay.element, "", overlay.kind), None, True) for overlay in crop.overlays]
        return Table(str(crop).partition("\n")[0], ("Where", "Pixels", "Left out because"), rows)
