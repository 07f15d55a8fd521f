import Gaffer

import GafferRecovery
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.MatchGrade,
    "description",
    """
    What a colourist's match of the two elements can do at best: the same change for the same colour, wherever it is.
    It is fitted to the pairs that a model is trained on, as a 3D LUT, and a recovery has to beat it.

    Dispatch it, once for any range of frames; `out` then is the graded image. The LUT lies on disk as CLF and as .cube,
    for other programs.
    """,
    plugs={
        "enabled": {
            "description": """
            Whether the LUT is fitted, and applied.
            """,
        },
        "in": plugMetadata.image("""
            The image to be graded: the source.
            """),
        "pairs": plugMetadata.PAIRS
        | {
            "description": """
            The pairs to fit the LUT to. Connect `pairs` of a TrainingPairs node, and its `task` as well, so that they
            are written first.
            """,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER,
        **plugMetadata.settings(MatchGradeSettings),
        "fileName": plugMetadata.record("the LUT, which ends in `.clf` or `.cube`")
        | {"fileSystemPath:extensions": "clf cube"},
        "lut": plugMetadata.path("""
            The path of the LUT, for `lut` of a Validate node; empty where the node is not enabled.
            """)
        | {"noduleLayout:section": "right", "plugValueWidget:type": ""},
        "out": plugMetadata.image("""
            The image as the LUT grades it.
            """),
    },
)
