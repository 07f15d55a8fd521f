from pathlib import Path
from typing import Any

import Gaffer

import GafferRecovery
from filmrecovery.reference.registration.align_settings import AlignSettings
from GafferRecovery.engine import torchEngine
from GafferRecovery.images.AlignedReference import MANUAL_BASES
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

_COMPARISONS = ("difference", "edges")


def _settings() -> dict[str, dict[str, Any]]:
    plugs = plugMetadata.settings(AlignSettings)
    for name in plugs:
        plugs[name]["layout:section"] = "Settings.Solve"
    return plugs


def _manual(description: str) -> dict[str, str]:
    return {"description": description, "layout:section": "Settings.Manual"}


Gaffer.Metadata.registerNode(
    GafferRecovery.Align,
    "description",
    """
    Lays the reference over the source, to a fraction of a pixel, in spite of fading, another gauge and gate weave.

    Dispatch it, once for any range of frames; `out` then is the reference as the source frames it, at the source's
    frame numbers. Look at `comparison` in the Viewer. Frames to be looked at stand out in the table below `alignment`;
    where one is wrong, turn `manual` on for it: every plug of that section can be animated.
    """,
    "layout:activator:isManual",
    lambda node: node["manual"].getValue() or Gaffer.Animation.isAnimated(node["manual"]),
    plugs={
        "enabled": plugMetadata.ENABLED,
        "in": plugMetadata.image("""
            The reference, with its own frame numbers, in the script's working space.
            """),
        "source": plugMetadata.image("""
            The source, whose framing the reference is to have.
            """),
        "matches": plugMetadata.path("""
            Which frames show the same: connect `matches` of a MatchFrames node, and its `task` as well.
            """),
        **{
            name: metadata | {"layout:section": "Settings.Solve"}
            for role in ("source", "reference")
            for name, metadata in plugMetadata.element(role).items()
        },
        **_settings(),
        "fileName": plugMetadata.record("the alignment") | {"layout:section": "Settings.Solve"},
        "manual": _manual("""
            Places the frame by hand. Animate it to do so for some frames alone.
            """),
        "manualBase": _manual("""
            What is placed by hand.

            - Automatic : the frame as it was aligned, or as the nearest aligned frame was.
            - Fit : the whole reference, as wide as the source and in its middle.
            """)
        | plugMetadata.presets(MANUAL_BASES)
        | {"layout:activator": "isManual"},
        "frameOffset": _manual("""
            Added to the number of the reference's frame: that of the match or, where there is none, the source's own.
            """)
        | {"layout:activator": "isManual"},
        "transform": _manual("""
            Moves, turns and scales the picture of the reference over the source, in pixels of the source.
            """)
        | {"layout:activator": "isManual"},
        "corners": _manual("""
            Pulls the corners of the picture, in pixels of the source: perspective.
            """)
        | {"layout:activator": "isManual"},
        "corners.*": {
            "description": """
            How far this corner is pulled, to the right and up.
            """
        },
        "comparisonMode": {
            "description": """
            What `comparison` shows.

            - Difference : the difference of fine detail on grey, which is even but for grain; relief is misalignment.
            - Edges : those of the source in red and those of the reference in cyan, white where they meet.
            """,
            **plugMetadata.presets(_COMPARISONS),
        },
        "alignment": plugMetadata.path("""
            The path of the alignment, for SharedCrop and SelectPairs; empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.AlignUI._AlignmentTable",
        },
        "referenceFrame": {
            "description": """
            The frame of the reference that is shown.
            """,
        },
        "out": plugMetadata.image("""
            The reference as the source frames it; black where it shows nothing. The reference as it is, where the node
            is not enabled.
            """),
        "comparison": plugMetadata.image("""
            A view of how the two lie over each other, to judge by.
            """),
    },
)


class _AlignmentTable(RecordTable):
    def table(self, path: Path) -> Table:
        alignment = torchEngine.module("filmrecovery.reference.alignment.alignment_file").read_alignment(path)
        rows = [
            Row(
                (
                    str(frame.source),
                    str(frame.reference),
                    f"{frame.error:.2f}",
                    f"{frame.confidence:.2f}",
                    frame.reason,
                ),
                frame.source,
                frame.flagged,
            )
            for frame in alignment.frames
        ]
        rows += [Row(("", "", "", "", f"not aligned: {text}"), None, True) for text in alignment.left_out]
        headings = ("Source", "Reference", "Error", "Confidence", "Look at it because")
        return Table(str(alignment).partition("\n")[0], headings, rows)
