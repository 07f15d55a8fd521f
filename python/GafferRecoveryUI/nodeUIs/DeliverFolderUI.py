from collections.abc import Sequence
from pathlib import Path
from typing import Any

import Gaffer
import GafferUI

import GafferRecovery
from filmrecovery.delivering.deliver_settings import PACKAGES, REVIEWS, DeliverSettings
from filmrecovery.provenance.provenance_settings import ProvenanceSettings
from filmrecovery.publishing.publish_settings import PublishSettings
from GafferRecovery.plugs import pathPlugs
from GafferRecoveryUI import reportPage
from GafferRecoveryUI.nodeUIs import plugMetadata

_MASTERS = {
    "zip": "EXR, ZIP",
    "dwaa": "EXR, DWAA",
    "aces": "ST 2065-4",
    "zip,aces": "EXR, ZIP and ST 2065-4",
    "dpx": "DPX",
    "ffv1-10": "FFV1, 10 Bits",
    "ffv1-12": "FFV1, 12 Bits",
    "ffv1-16": "FFV1, 16 Bits",
    "prores-4444": "ProRes 4444",
    "prores-422hq": "ProRes 422 HQ",
    "zip,ffv1-16,prores-422hq": "EXR, FFV1 and ProRes",
}
_PACKAGES = {"folder": "Folder", "bagit": "BagIt and PREMIS"}
_REVIEWS = {"mp4": "Movie", "png": "PNG Frames", "none": "None"}
_PEOPLE = ("restorationist", "institution", "sourceElement", "referenceSource", "constructedReference")
_ARRAY = {"plugValueWidget:type": "GafferUI.LayoutPlugValueWidget"}
_PUBLISHED = ("publishAs", "publishMovieAs", "publishReportAs", "publishModelsAs", "publishNotPassed")
_ADVANCED = ("version", "display", "view", "width", "rate", "digitalSourceType")


def _settings() -> dict[str, dict[str, Any]]:
    plugs = plugMetadata.settings(ProvenanceSettings) | plugMetadata.settings(DeliverSettings)
    plugs |= plugMetadata.settings(PublishSettings)
    del plugs["filmTitle"]
    plugs["masters"] |= plugMetadata.presets(_MASTERS, _MASTERS) | {"presetsPlugValueWidget:allowCustom": True}
    plugs["codeSpace"] |= {**plugMetadata.SPACE, "preset:Not Set": ""}
    plugs["package"] = {"description": plugs["package"]["description"], **plugMetadata.presets(PACKAGES, _PACKAGES)}
    plugs["review"] = {"description": plugs["review"]["description"], **plugMetadata.presets(REVIEWS, _REVIEWS)}
    for section, names in {"People": _PEOPLE, "Publish": _PUBLISHED, "Advanced": _ADVANCED}.items():
        for name in names:
            plugs[name]["layout:section"] = f"Settings.{section}"
    return plugs


def _array(text: str) -> dict[str, Any]:
    return {"description": text, **_ARRAY, "nodule:type": ""}


Gaffer.Metadata.registerNode(
    GafferRecovery.DeliverFolder,
    "description",
    """
    Delivers the recovered frames of a shot in one folder: masters, a movie or frames to look at, sidecars, the reports,
    and a hash list that seals it. Dispatch it once, for any range of frames, after the frames are written and
    validated.

    The folder is named after film, shot and version. The same frames, models and reports are found again; others get
    the next version, and nothing that was delivered is overwritten. Name assets in the section Publish to have it
    published too, where the reports passed.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to deliver nothing. Earlier deliveries stay.
            """,
        },
        **plugMetadata.element("recovered", "recovery"),
        "recoveredFrames": {
            "description": """
            The frames to deliver, such as `1-48`. Empty: all that are there, of which none may be missing.
            """,
            "stringPlugValueWidget:placeholderText": "All",
        },
        "models": plugMetadata.PAIRS
        | {
            "description": """
            The models that recovered the frames, in the order in which they worked: connect `model` of Train nodes.
            """,
        },
        "models.*": plugMetadata.path("""
            The file of a model.
            """)
        | plugMetadata.oneOf("Model"),
        "pairs": plugMetadata.PAIRS
        | {
            "description": """
            The pairs that these models were trained on, for the sidecars: connect `pairs` of TrainingPairs nodes.
            """,
        },
        "pairs.*": plugMetadata.PAIRS_FOLDER | plugMetadata.oneOf("Pairs Folder"),
        "reports": plugMetadata.PAIRS
        | {
            "description": """
            The reports to deliver, in the order of the models: connect `report` of Validate nodes.
            """,
        },
        "reports.*": plugMetadata.path("""
            The folder of a report.
            """)
        | plugMetadata.oneOf("Report")
        | {
            "path:leaf": False,
            "path:bookmarks": "recoveryReports",
            "plugValueWidget:type": "GafferRecoveryUI.DeliverFolderUI._ReportPlugValueWidget",
        },
        "sources": _array("""
            The files of the elements that were recovered, for the sidecars.
            """),
        "sources.*": plugMetadata.files("source") | plugMetadata.oneOf("Source"),
        "references": _array("""
            The files of the elements that were learnt from, for the sidecars.
            """),
        "references.*": plugMetadata.files("reference") | plugMetadata.oneOf("Reference"),
        **_settings(),
        "directory": {
            "description": """
            The folder for all deliveries. Each gets a folder in it.
            """,
            "plugValueWidget:type": "GafferRecoveryUI.DeliverFolderUI._DirectoryPlugValueWidget",
            "path:leaf": False,
            "path:bookmarks": "recoveryDeliveries",
        },
    },
)


class _ReportPlugValueWidget(GafferUI.PlugValueWidget):
    """The folder of a report, and a button that opens its page."""

    def __init__(self, plug: Gaffer.StringPlug, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.PlugValueWidget.__init__(self, row, plug, **kw)
        with row:
            GafferUI.FileSystemPathPlugValueWidget(plug)
            self.__button = GafferUI.Button("Open", toolTip="Opens the page of the report.")
        self.__button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))

    def _updateFromValues(self, values: Sequence[str], exception: Exception | None) -> None:
        self.__button.setEnabled(any(values))

    def __clicked(self, button: GafferUI.Button) -> None:
        with self.context():
            folder = pathPlugs.text(self.getPlug())
        reportPage.show(Path(folder) if folder else None, self)


class _DirectoryPlugValueWidget(GafferUI.PlugValueWidget):
    """The folder, and a button that opens it."""

    def __init__(self, plug: Gaffer.StringPlug, **kw: Any) -> None:
        row = GafferUI.ListContainer(GafferUI.ListContainer.Orientation.Horizontal, spacing=4)
        GafferUI.PlugValueWidget.__init__(self, row, plug, **kw)
        with row:
            GafferUI.FileSystemPathPlugValueWidget(plug)
            button = GafferUI.Button("Open", toolTip="Opens the folder.")
        button.clickedSignal().connect(Gaffer.WeakMethod(self.__clicked))

    def __clicked(self, button: GafferUI.Button) -> None:
        with GafferUI.ErrorDialogue.ErrorHandler(
            title="No folder to open", parentWindow=self.ancestor(GafferUI.Window)
        ):
            with self.context():
                folder = Path(self.context().substitute(self.getPlug().getValue()))
            if not folder.is_dir():
                raise RuntimeError(f"{folder} does not exist yet: dispatch this node first.")
            GafferUI.showURL(folder.as_uri())
