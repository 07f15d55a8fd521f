import os
from pathlib import Path
from typing import Any

import Gaffer

import GafferRecovery
from filmrecovery.reference.registration.align_settings import AlignSettings
from GafferRecovery.engine import enginePackages
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


def _isAligned(node: GafferRecovery.Align) -> bool:
    return os.path.isfile(Gaffer.Context.current().substitute(node["fileName"].getValue()))


Gaffer.Metadata.registerNode(
    GafferRecovery.Align,
    "description",
    """
    Aligns the reference with the source, to a fraction of a pixel. The elements may differ in fading, gauge and gate
    weave.

    Dispatch it once, for any range of frames. Then `out` is the reference with the source's framing and frame numbers.
    Look at `comparison` in the Viewer. Doubtful frames are marked in the table below `alignment`. Where a frame is
    wrong, turn on `manual` for this frame: every plug of its section can be animated.
    """,
    "layout:activator:isManual",
    lambda node: node["manual"].getValue() or Gaffer.Animation.isAnimated(node["manual"]),
    # Before, it has no value, which Gaffer shows as an error.
    "layout:activator:showsAFrame",
    lambda node: node["manual"].getValue() or _isAligned(node),
    plugs={
        "enabled": plugMetadata.ENABLED,
        "in": plugMetadata.image("""
            The reference, with its own frame numbers, in the script's working space.
            """),
        "source": plugMetadata.image("""
            The source. The reference gets its framing.
            """),
        "matches": plugMetadata.path("""
            Which frames show the same: connect `matches` of a MatchFrames node, and also its `task`.
            """),
        "shots": plugMetadata.SHOTS,
        **{
            name: metadata | {"layout:section": "Settings.Solve"}
            for role in ("source", "reference")
            for name, metadata in plugMetadata.element(role).items()
        },
        **_settings(),
        "fileName": plugMetadata.record("the alignment") | {"layout:section": "Settings.Solve"},
        "manual": _manual("""
            Places the frame by hand. Animate it to do this for some frames only.
            """),
        "manualBase": _manual("""
            Where the placement by hand starts.

            - Automatic : at the alignment of the frame or, if it has none, of the nearest aligned frame.
            - Fit : at the whole reference, as wide as the source and centred on it.
            """)
        | plugMetadata.presets(MANUAL_BASES)
        | {"layout:activator": "isManual"},
        "frameOffset": _manual("""
            Shows a later frame of the reference, or an earlier one if it is negative. It counts from the matched frame
            or, if there is no match, from the frame number of the source.
            """)
        | {"layout:activator": "isManual"},
        "transform": _manual("""
            Moves, turns and scales the picture of the reference over the source, in pixels of the source.
            """)
        | {"layout:activator": "isManual"},
        "corners": _manual("""
            Moves the corners of the picture, in pixels of the source. This changes the perspective.
            """)
        | {"layout:activator": "isManual"},
        "corners.*": {
            "description": """
            How far this corner is moved, to the right and up.
            """
        },
        "comparisonMode": {
            "description": """
            What `comparison` shows.

            - Difference : the difference of fine detail. Even grey, apart from grain, where the elements are aligned;
              edges look like a relief where they are not.
            - Edges : the source's edges in red and the reference's in cyan; white where they meet.
            """,
            **plugMetadata.presets(_COMPARISONS),
        },
        "alignment": plugMetadata.path("""
            The path of the alignment, for SharedCrop and SelectPairs nodes. Empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.AlignUI._AlignmentTable",
        },
        "referenceFrame": {
            "description": """
            The frame of the reference that is shown.
            """,
            "layout:visibilityActivator": "showsAFrame",
        },
        "out": plugMetadata.image("""
            The reference with the source's framing, black where it shows nothing. Where the node is not enabled, the
            reference as it is.
            """),
        "comparison": plugMetadata.image("""
            A view of both elements that shows how well they are aligned.
            """),
    },
)


class _AlignmentTable(RecordTable):
    def table(self, path: Path) -> Table:
        alignment = enginePackages.module("filmrecovery.reference.alignment.alignment_file").read_alignment(path)
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
