from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.film.scope import read_scopes
from filmrecovery.reference.curation.shot_settings import ShotSettings
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

Gaffer.Metadata.registerNode(
    GafferRecovery.FindShots,
    "description",
    """
    Finds the shots of an element that holds several, or takes those of a list. Dispatch it once, for any range of
    frames.

    Fading, scratches and flashes are not taken for cuts. Dissolves are not found: name such shots in a list. The table
    below `shots` has them.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off if the element is one shot.
            """,
        },
        **plugMetadata.element("source"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        "shotList": {
            "description": """
            A file with the shots: an OpenTimelineIO timeline, or a list as this node writes it. Shots without a frame
            of the source are passed over. Empty: the shots are found.
            """,
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": True,
            "path:bookmarks": "recoveryReference",
            "fileSystemPath:extensions": "otio json",
            "pathPlugValueWidget:placeholderText": "Found",
        },
        **plugMetadata.settings(ShotSettings),
        "fileName": plugMetadata.record("the shots"),
        "shots": plugMetadata.path("""
            The path of the shots, for `shots` of other nodes. Empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.FindShotsUI._ShotsTable",
        },
        "shot": {
            "description": """
            The name of the shot at this frame, for `shot` of an Inference node.
            """,
            "noduleLayout:section": "right",
        },
    },
)


class _ShotsTable(RecordTable):
    def table(self, path: Path) -> Table:
        shots = [scope for scope in read_scopes(path) if scope.kind == "shot"]
        rows = [Row((shot.name, f"{shot.first}-{shot.last}"), shot.first) for shot in shots]
        return Table(f"{len(shots)} shots", ("Shot", "Frames"), rows)
