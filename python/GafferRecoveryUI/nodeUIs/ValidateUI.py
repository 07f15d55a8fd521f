from pathlib import Path
from typing import Any

import Gaffer
import GafferUI

import GafferRecovery
from filmrecovery.validation.criteria import Criteria
from filmrecovery.validation.report_folder import ReportFolder
from filmrecovery.validation.validate_settings import ValidateSettings
from filmrecovery.validation.validation_record import read_validation
from GafferRecoveryUI import reportPage
from GafferRecoveryUI.nodeUIs import plugMetadata
from GafferRecoveryUI.nodeUIs.RecordTable import RecordTable, Row, Table

_MARKS = {True: "passed", False: "failed", None: "not judged"}


def _criteria() -> dict[str, dict[str, Any]]:
    plugs = plugMetadata.settings(Criteria)
    for name in plugs:
        plugs[name]["layout:section"] = "Settings.Criteria"
    return plugs


Gaffer.Metadata.registerNode(
    GafferRecovery.Validate,
    "description",
    """
    Measures a recovery on hold-out frames and over the whole shot, compares it with its source and a baseline, and
    judges it by criteria. Dispatch it once, for any range of frames, after the frames are written.

    The report is a page for people, `report.html`, and has the same content as data in `report.json`. A recovery that
    does not pass is no error of the task.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to validate nothing. An earlier report stays.
            """,
        },
        "model": plugMetadata.path("""
            The model that made the recovery: connect `model` of a Train node.
            """),
        "pairs": plugMetadata.PAIRS
        | {
            "description": """
            The pairs that the model was trained on, with their hold-outs: connect `pairs` of TrainingPairs nodes.
            """,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER,
        "lut": plugMetadata.path("""
            The baseline: connect `lut` of a MatchGrade node. Empty: no baseline.
            """)
        | {"label": "LUT"},
        **plugMetadata.element("source"),
        **plugMetadata.element("recovered", "recovery"),
        "sourceFrames": plugMetadata.SOURCE_FRAMES,
        **plugMetadata.settings(ValidateSettings),
        **plugMetadata.masks("Nothing is measured there."),
        **_criteria(),
        "shots": plugMetadata.SHOTS,
        "mostFrames": {
            "description": """
            At most this many frames of the shot are measured, in runs of three that are spread over it; 50 to 100 give
            an early verdict. All hold-outs are measured. From 3 to 250,000; All, which is 2: every frame.
            """,
            **plugMetadata.automatic(2, "All"),
        },
        "device": plugMetadata.settings(ValidateSettings)["device"] | plugMetadata.DEVICE,
        "title": {
            "description": """
            Title of the film, for the head of the report.
            """,
        },
        "shot": {
            "description": """
            Name of the shot, for the head of the report.
            """,
        },
        "directory": {
            "description": """
            The folder for the report. Use a folder for each recovery, with no other files in it.
            """,
            **plugMetadata.folderWidget("recoveryReports"),
        },
        "outliersFile": plugMetadata.record("outliers that were added")
        | {
            "description": """
            The file that the button Train on Outliers adds to: connect `outliersFile` of a SelectPairs node.
            """,
            "nodule:type": "",
        },
        "alignment": plugMetadata.path("""
            How well the reference is aligned: connect `alignment` of an Align node. Outliers without a reference are
            then not added.
            """)
        | {"nodule:type": ""},
        "selection": plugMetadata.path("""
            The choice of frames: connect `fileName` of a SelectPairs node. Outliers that are torn, flashed or blurred
            are then not added.
            """)
        | {"nodule:type": ""},
        "measuredFrames": {
            "description": """
            The frames that are measured, for `frameRange` of a dispatcher that writes these alone. Empty: all.
            """,
            "nodule:type": "",
        },
        "report": plugMetadata.path("""
            The folder of the report.
            """)
        | {
            "noduleLayout:section": "right",
            "plugValueWidget:type": "GafferRecoveryUI.ValidateUI._ReportPlugValueWidget",
        },
    },
)


class _ReportPlugValueWidget(RecordTable):
    """The findings, and a button that opens the page."""

    def __init__(self, plug: Gaffer.StringPlug, **kw: Any) -> None:
        RecordTable.__init__(self, plug, **kw)
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        self._column().append(row)
        with row:
            button = GafferUI.Button("Open the Report")
            outliers = GafferUI.Button(
                "Train on Outliers",
                toolTip="Adds the frames that are worth training on to the frames to train on. Then dispatch again.",
            )
        button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))
        outliers.clickedSignal().connect(Gaffer.WeakMethod(self.__outliersClicked))
        outliers.setVisible(bool(plug.node()["outliersFile"].getInput()))

    def file(self) -> Path | None:
        directory = self.getPlug().node()["directory"].getValue()
        return ReportFolder(Path(self.context().substitute(directory))).record if directory else None

    def table(self, path: Path) -> Table:
        _, verdict = read_validation(path)
        rows = [
            Row((finding.name, _MARKS[finding.passed], finding.text), None, finding.passed is False)
            for finding in verdict.findings
        ]
        outliers = f" Worth training on: {verdict.outliers}" if verdict.outliers else ""
        return Table(f"{'Passed' if verdict.passed else 'Failed'}.{outliers}", ("Criterion", "", "Found"), rows)

    def __clicked(self, button: GafferUI.Button) -> None:
        with self.context():
            file = self.file()
        reportPage.show(file.parent if file else None, self)

    def __outliersClicked(self, button: GafferUI.Button) -> None:
        window = self.ancestor(GafferUI.Window)
        with GafferUI.ErrorDialogue.ErrorHandler(title="No outliers were added", parentWindow=window):
            with self.context():
                text = self.getPlug().node().addOutliers()
            GafferUI.ConfirmationDialogue("Train on Outliers", text, cancelLabel="").waitForConfirmation(
                parentWindow=window
            )
