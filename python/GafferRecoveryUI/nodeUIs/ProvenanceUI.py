import Gaffer

import GafferRecovery
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from GafferRecoveryUI.nodeUIs import plugMetadata

Gaffer.Metadata.registerNode(
    GafferRecovery.Provenance,
    "description",
    """
    Writes into the header of every frame what was done to it: with which models, to which elements, by whom, and that
    a trained network was used. Place this node before the writer. Other programs show the keys as metadata.
    """,
    plugs={
        "models": {
            "description": """
            The models that the image went through, in this order: connect `model` of Train nodes.
            """,
            "plugValueWidget:type": "GafferUI.LayoutPlugValueWidget",
            "nodule:type": "GafferUI::CompoundNodule",
            "noduleLayout:section": "left",
            "noduleLayout:spacing": 0.4,
        },
        "models.*": {
            "description": """
            The file of a model.
            """,
            **plugMetadata.oneOf("Model"),
            **plugMetadata.PATH_NODULE,
            **plugMetadata.fileWidget("recoveryModel"),
        },
        "merge": {
            "description": """
            How the result was merged with the original plate: connect `operation` of a Recovery Merge node. Empty: it
            was not merged.
            """,
        },
        **plugMetadata.settings(ProvenanceSettings),
    },
)
