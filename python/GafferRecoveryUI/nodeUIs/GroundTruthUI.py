import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.GroundTruth,
    "description",
    """
    Makes what a network is trained on: the ground truth of a source and a reference that show the same picture,
    and the source as training takes it.

    - Chroma recovery (faded colour) : the source's luma with the reference's chroma.
    - Spatial recovery (lost detail) : the reference's luma with the source's chroma.

    Align the reference with the source before this node, to a fraction of a pixel. The script's working space must
    be display-referred, such as sRGB or Rec.709 gamma 2.4.
    """,
    "layout:activator:modeIsChroma",
    lambda node: node["mode"].getValue() == "chroma",
    plugs={
        "source": {
            "description": """
            The element to be recovered: the faded scan, or the one with less detail.
            """,
            "noduleLayout:index": 0,
        },
        "reference": {
            "description": """
            The element that shows what is to be recovered: true colour, or finer detail. Of the same size and pixel
            aspect as the source, and aligned with it.
            """,
            "noduleLayout:index": 1,
        },
        "mode": {
            "description": """
            What is recovered. Chroma keeps the source's luma as it is, Spatial its chroma.
            """,
            **plugMetadata.presets(("chroma", "spatial")),
        },
        "median": {
            "description": """
            Width of the median filter on the reference, in pixels: takes noise and compression out of the chroma of a
            video or a print. 0 leaves the reference as it is. In chroma mode alone, for in spatial mode grain and
            detail of the reference are what is learnt.
            """,
            "layout:activator": "modeIsChroma",
        },
        "crop": {
            "description": """
            The area of the picture to train on, in pixels: leave out borders, sprockets and subtitles. An empty area
            stands for the whole picture.
            """,
        },
        "trainingInput": {
            "description": """
            The source as training takes it: R, G and B alone, of the area that source and reference share, clamped to
            0 to 1. Goes into `input` of a TrainingPairs node.
            """,
            "noduleLayout:label": "training input",
            "noduleLayout:index": 0,
        },
        "out": {
            "description": """
            The ground truth. Goes into `target` of a TrainingPairs node.
            """,
            "noduleLayout:label": "ground truth",
            "noduleLayout:index": 1,
        },
    },
)
