from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.reference.curation.shared_crop import CropSettings, read_crop
from GafferRecovery.files.CropRecord import sourceCropFile
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

Gaffer.Metadata.registerNode(
    GafferRecovery.SharedCrop,
    "description",
    """
    Finds the part of the picture that both elements show. Dispatch it once, for any range of frames.

    It leaves out black borders, rounded corners, perforations, the sound track, subtitles and logos, and the parts that
    the reference does not show. If the result is wrong, set the sides by hand. Where the reference frames the shots of
    the source in several ways, each shot has a crop of its own.
    """,
    plugs={
        "enabled": plugMetadata.ENABLED,
        "source": plugMetadata.image("""
            The source. The crop is for images with its framing.
            """),
        "alignment": plugMetadata.path("""
            How the reference lies over the source: connect `alignment` of an Align node, and also its `task`.
            """),
        "within": plugMetadata.path("""
            The crop of another reference of this source, in which this one is to lie too: connect `cropFile` of its
            SharedCrop node, and also its `task`. Empty: there is none.
            """),
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        **plugMetadata.element("reference"),
        "shots": plugMetadata.SHOTS,
        **plugMetadata.settings(CropSettings),
        "fileName": plugMetadata.record("the crop"),
        "crop": {
            "description": """
            The part that both elements show of the frame, for `crop` of a GroundTruth node, in pixels that count from
            the bottom, as in the Viewer. Where the node is not enabled it is empty, which means the whole picture.
            """,
            "nodule:type": "",
            "plugValueWidget:type": "GafferRecoveryUI.SharedCropUI._CropTable",
        },
        "cropFile": plugMetadata.path("""
            The path of the crop, for `crop` of a Validate node. Empty where the node is not enabled.
            """)
        | {"noduleLayout:section": "right", "plugValueWidget:type": ""},
        "sourceCrop": {
            "description": """
            The part of the source that is picture, for `crop` of an Inference node, in pixels that count from the
            bottom.
            """,
            "nodule:type": "",
            "plugValueWidget:type": "GafferRecoveryUI.SharedCropUI._SourceCropTable",
        },
    },
)


class _CropTable(RecordTable):
    _VALUE_NEEDS_FILE = True

    def table(self, path: Path) -> Table:
        crop = read_crop(path)
        rows = [Row((loss.side, str(loss.pixels), loss.reason)) for loss in crop.losses]
        rows += [
            Row((f"{shot.shot}, {loss.side}", str(loss.pixels), loss.reason), shot.first)
            for shot in crop.shots
            for loss in shot.losses
        ]
        rows += [Row((overlay.element, "", overlay.kind), None, True) for overlay in crop.overlays]
        return Table(str(crop).partition("\n")[0], ("Where", "Pixels", "Left out because"), rows)


class _SourceCropTable(_CropTable):
    def file(self) -> Path | None:
        path = _CropTable.file(self)
        return sourceCropFile(path) if path else None
