from typing import Any

import Gaffer

import GafferRecovery
from filmrecovery.base.recovery_modes import MODES, PARTS
from GafferRecoveryUI.nodeUIs import plugMetadata


def _part(part: str) -> dict[str, Any]:
    """Metadata of an image that gives a part of the reference. In the graph it shows where it is connected."""
    return {
        "description": f"""
        The element whose {part} stands for that of the reference, aligned with the source like it. Not connected: the
        reference's own. Luma and chroma are exchanged before channels.
        """,
        "plugValueWidget:type": "GafferUI.ConnectionPlugValueWidget",
        "layout:section": "Settings.Parts of the Reference",
        "nodule:type": lambda plug: "GafferUI::StandardNodule" if plug.getInput() else "",
        "noduleLayout:index": 2 + PARTS.index(part),
    }


Gaffer.Metadata.registerNode(
    GafferRecovery.GroundTruth,
    "description",
    """
    Makes the two images that a network is trained on, from a source and a reference that show the same picture: the
    ground truth, and the source as training input.

    - Chroma recovery (faded colour) : the source's luma with the reference's chroma.
    - Spatial recovery (lost detail) : the reference's luma with the source's chroma.
    - Plain : the reference itself.

    The reference can be composed of several elements: connect what is to give its luma, its chroma or a channel.

    Align the reference with the source before this node, to a fraction of a pixel. The script's working space must
    be display-referred, such as sRGB or Rec.709 gamma 2.4. Where the node is not enabled, both images are the source.
    """,
    "layout:activator:modeIsChroma",
    lambda node: node["mode"].getValue() == "chroma",
    plugs={
        "source": {
            "description": """
            The element to recover: the faded scan, or the element with less detail.
            """,
            "noduleLayout:index": 0,
        },
        "reference": {
            "description": """
            The element that shows what the source has lost: true colour, or fine detail. It has the same size and pixel
            aspect as the source, and is aligned with it.
            """,
            "noduleLayout:index": 1,
        },
        **{part: _part(part) for part in PARTS},
        "mode": {
            "description": """
            What is recovered.

            - Chroma : colour. The source's luma stays as it is.
            - Spatial : detail. The source's chroma stays as it is.
            - Plain : everything. The model may change all of the source.
            """,
            **plugMetadata.presets(MODES),
        },
        "median": {
            "description": """
            Width of the median filter on the reference, in pixels. It removes noise and compression artefacts from the
            chroma of a video or a print. 0 leaves the reference as it is. Used in chroma mode only: in spatial mode the
            network learns the grain and detail of the reference.
            """,
            "layout:activator": "modeIsChroma",
        },
        "crop": {
            "description": """
            The area of the picture to train on, without borders, perforations and subtitles, in pixels that count from
            the bottom, as in the Viewer. An empty area means the whole picture. Usually `crop` of a SharedCrop node.
            """,
            **plugMetadata.CROP_WIDGET,
        },
        "trainingInput": {
            "description": """
            The source as training input: R, G and B only, of the area that source and reference share, with values
            from 0 to 1. Connect it to `input` of a TrainingPairs node.
            """,
            "noduleLayout:label": "training input",
            "noduleLayout:index": 0,
        },
        "out": {
            "description": """
            The ground truth. Connect it to `target` of a TrainingPairs node.
            """,
            "noduleLayout:label": "ground truth",
            "noduleLayout:index": 1,
        },
    },
)
