from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.reference.matching.frame_match import read_matches, summary
from filmrecovery.reference.matching.match_settings import MatchSettings
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

_UNSURE = 0.5

Gaffer.Metadata.registerNode(
    GafferRecovery.MatchFrames,
    "description",
    """
    Finds which frame of the reference shows which frame of the source. Dispatch it once, for any range of frames.

    The elements may differ in frame numbers, framing, colour and contrast, and frames may be missing or doubled. The
    table below `matches` gives a confidence for each frame. The same table lies beside the file, as CSV.
    """,
    plugs={
        "enabled": plugMetadata.ENABLED,
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        **plugMetadata.element("reference"),
        "referenceFrames": {
            "description": """
            The frames of the reference to look at. Empty: all of its files.
            """,
            "stringPlugValueWidget:placeholderText": "All",
        },
        "shots": plugMetadata.SHOTS,
        **plugMetadata.settings(MatchSettings),
        "fileName": plugMetadata.record("the matches", hasTable=True),
        "matches": plugMetadata.path("""
            The path of the matches, for `matches` of Align and SelectPairs nodes. Empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.MatchFramesUI._MatchesTable",
        },
    },
)


class _MatchesTable(RecordTable):
    def table(self, path: Path) -> Table:
        matches = read_matches(path)
        rows = [
            Row(
                (
                    str(match.source),
                    "none" if match.reference is None else str(match.reference),
                    f"{match.confidence:.2f}",
                ),
                match.source,
                match.confidence < _UNSURE,
            )
            for match in matches
        ]
        return Table(summary(matches), ("Source", "Reference", "Confidence"), rows)
