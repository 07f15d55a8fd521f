from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.reference.curation.selection_file import UNFIT, read_selection
from filmrecovery.reference.curation.selection_settings import SelectSettings
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

_BY_HAND = {"layout:section": "Settings.By Hand"}
_CHOSEN = {"nodule:type": ""}


def _labelOfAlignment(plug: Gaffer.StringPlug) -> str:
    """The node that an alignment is of: there may be several."""
    source = plug.getInput()
    if source is not None:
        return f"Of {source.node().getName()}"
    return "Alignment" if plug.getName() == "alignment" else "Further Alignment"


Gaffer.Metadata.registerNode(
    GafferRecovery.SelectPairs,
    "description",
    """
    Chooses the frames to train on, to hold out and to preview. Dispatch it once, for any range of frames.

    The frames to train on represent all others; the first, the middle and the last frame are among them. Blurred,
    flashed, damaged and badly aligned frames are left out. The table below `selectedFrames` gives the reason for each
    frame.
    """,
    "layout:activator:framesAreNamed",
    lambda node: bool(node["frames"].getValue()),
    plugs={
        "enabled": {
            "description": """
            Turn this off to choose no frames. Frames that were named by hand or chosen before stay.
            """,
        },
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES
        | {
            "description": """
            The frames of the source to choose from, such as a section with little damage. Empty: all of its files.
            """,
        },
        "matches": plugMetadata.path("""
            Which frames the reference shows: connect `matches` of a MatchFrames node.
            """),
        "alignment": plugMetadata.path("""
            How well they are aligned: connect `alignment` of an Align node, and also its `task`.
            """)
        | {"label": _labelOfAlignment},
        "furtherAlignments": {
            "description": """
            How well further references are aligned, which give parts of the ground truth: connect `alignment` of their
            Align nodes. Frames are chosen where all references lie well.
            """,
            **plugMetadata.PAIRS,
        },
        "furtherAlignments.*": plugMetadata.path("""
            How well one further reference is aligned.
            """)
        | {"label": _labelOfAlignment},
        "shots": plugMetadata.SHOTS,
        **plugMetadata.settings(SelectSettings),
        "fileName": plugMetadata.record("the selection", hasTable=True),
        "outliersFile": plugMetadata.record("outliers that were added")
        | {
            "description": """
            The file for outliers that are trained on in addition. The button Train on Outliers of a Validate node adds
            to it. Remove the file to train without them.
            """,
        },
        "frames": {
            "description": """
            The frames to train on, such as `1,24,48`. If this is set, nothing is chosen.
            """,
            "stringPlugValueWidget:placeholderText": "Chosen",
            **_BY_HAND,
        },
        "holdOutFrames": {
            "description": """
            The frames that are not trained on but used to measure the result, such as `12`. Used if `frames` is set.
            """,
            "label": "Hold-Out Frames",
            "layout:activator": "framesAreNamed",
            **_BY_HAND,
        },
        "previewFrame": {
            "description": """
            A frame that is shown during the training. Used if `frames` is set.
            """,
            "layout:activator": "framesAreNamed",
            **_BY_HAND,
        },
        "selectedFrames": {
            "description": """
            The frames to train on, for `frames` of a TrainingPairs node. Empty before they are chosen.
            """,
            "plugValueWidget:type": "GafferRecoveryUI.SelectPairsUI._SelectionTable",
            **_CHOSEN,
        },
        "selectedHoldOutFrames": {
            "description": """
            The frames that are not trained on, for `holdOutFrames` of a TrainingPairs node.
            """,
            "label": "Selected Hold-Out Frames",
            **_CHOSEN,
        },
        "selectedPreviewFrame": {
            "description": """
            The frame that is shown during the training, for `previewFrame` of a TrainingPairs node.
            """,
            **_CHOSEN,
        },
    },
)


class _SelectionTable(RecordTable):
    def table(self, path: Path) -> Table:
        roles = read_selection(path).roles
        rows = [
            Row(
                (str(role.frame), "" if role.reference is None else str(role.reference), role.role, role.reason),
                role.frame,
                role.role == "left" and role.why in UNFIT,
                role.role != "left",
            )
            for role in roles
        ]
        counts = {role: sum(found.role == role for found in roles) for role in ("train", "hold-out")}
        summary = f"{counts['train']} of {len(roles)} frames to train on, {counts['hold-out']} held out"
        return Table(summary, ("Frame", "Reference", "Role", "Because"), rows)
