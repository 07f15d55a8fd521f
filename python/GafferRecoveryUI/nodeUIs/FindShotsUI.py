from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.film.elements.scope import read_scopes
from filmrecovery.reference.curation.shot_settings import ShotSettings
from GafferRecovery.files.fileState import fileState
from GafferRecoveryUI.nodeUIs import plugMetadata, shotStates
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

Gaffer.Metadata.registerNode(
    GafferRecovery.FindShots,
    "description",
    """
    Finds the shots of an element that holds several, or takes those of a list. Dispatch it once, for any range of
    frames.

    Fading, scratches and flashes are not taken for cuts. Dissolves are not found: name such shots in a list. The table
    below `shots` has them, with the state of each: how many of its frames are aligned, how many pairs it has, how many
    of its frames are recovered, and what the report says. In a graph of two stages the state of the first comes first.
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
            A file with the shots: an OpenTimelineIO timeline; an edit decision list or a Final Cut Pro 7 XML, by the
            timecode of the source; or a list as this node writes it. Shots without a frame of the source are left out.
            Empty: the shots are found.
            """,
            "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
            "path:leaf": True,
            "path:bookmarks": "recoveryReference",
            "fileSystemPath:extensions": "otio edl xml json",
            "pathPlugValueWidget:placeholderText": "Found",
        },
        **plugMetadata.settings(ShotSettings),
        "fileName": plugMetadata.record("the shots"),
        "shots": plugMetadata.path("""
            The path of the shots, for `shots` of other nodes. Empty where the node is not enabled.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.FindShotsUI.ShotsTable",
        },
        "shot": {
            "description": """
            The name of the shot at this frame, for `shot` of an Inference node.
            """,
            "noduleLayout:section": "right",
        },
    },
)


class ShotsTable(RecordTable):
    """The shots, and how far the tasks that are told of them are with each."""

    def others(self) -> tuple[str, ...]:
        node = self.getPlug().node()
        settings = tuple(node[name].getValue() for name in ("shotList", "sourceFiles", "sourceFrames"))
        listed = self.context().substitute(settings[0])
        return (*settings, fileState(listed), *(f"{path} {fileState(path)}" for path in shotStates.files(node)))

    def fault(self) -> str:
        return self.getPlug().node().fault()

    def table(self, path: Path) -> Table:
        shots = [scope for scope in read_scopes(path) if scope.kind == "shot"]
        rows = [
            Row(
                (shot.name, f"{shot.first}-{shot.last}", *(state.text for state in states)),
                shot.first,
                any(state.doubtful for state in states),
            )
            for shot, states in zip(shots, shotStates.states(self.getPlug().node(), shots), strict=True)
        ]
        return Table(f"{len(shots)} shots", ("Shot", "Frames", *shotStates.HEADINGS), rows)
