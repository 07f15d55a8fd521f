import Gaffer

import GafferRecovery
from filmrecovery.matchgrade.match_grade_settings import MatchGradeSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.MatchGrade,
    "description",
    """
    Makes the best match of the two elements that a colourist could make with one 3D LUT, which changes the same colour
    in the same way everywhere. The LUT is fitted to the pairs that a model is trained on. A recovery has to be better
    than this baseline.

    Dispatch it once, for any range of frames. Then `out` is the graded image. The LUT is written as CLF, and as .cube
    for other programs.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to neither fit the LUT nor apply it.
            """,
        },
        "in": plugMetadata.image("""
            The image to grade: the source.
            """),
        "pairs": plugMetadata.PAIRS
        | {
            "description": """
            The pairs to fit the LUT to. Connect `pairs` of a TrainingPairs node, and also its `task`, so that the pairs
            are written first.
            """,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER,
        **plugMetadata.settings(MatchGradeSettings),
        "fileName": plugMetadata.record("the LUT, which ends in `.clf` or `.cube`; the other of the two lies beside it")
        | {"fileSystemPath:extensions": "clf cube"},
        "lut": plugMetadata.path("""
            The path of the LUT, for `lut` of a Validate node. Empty where the node is not enabled.
            """)
        | {"label": "LUT", "noduleLayout:section": "right", "plugValueWidget:type": ""},
        "out": plugMetadata.image("""
            The graded image.
            """),
    },
)
