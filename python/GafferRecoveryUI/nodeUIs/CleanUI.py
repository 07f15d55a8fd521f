import Gaffer

import GafferRecovery
from filmrecovery.model.clean_settings import CleanSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Clean,
    "description",
    """
    Takes dust and grain out of the source of a chroma recovery. The network learns colour there, and dust and grain
    only disturb it. A median comes first, then the grain is taken out; edges stay.

    Connect `out` to `source` of a GroundTruth node, and to `preview` of TrainingPairs; a Balance node comes before this
    one. The pairs and the model carry the cleaning, and Inference does it by itself, for what its network sees: connect
    Inference to the source before this node. The recovered picture keeps grain and detail of the source.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to leave the source as it is.
            """,
        },
        "in": {
            "description": """
            The source, or `out` of a Balance node, in the script's working space, which must be display-referred.
            """,
        },
        **plugMetadata.settings(CleanSettings),
        "out": {
            "description": """
            The cleaned source, of the same windows and channels. Its metadata say what was done.
            """,
        },
    },
)
