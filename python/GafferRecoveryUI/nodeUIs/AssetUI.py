from typing import Any

import Gaffer

import GafferRecovery
from GafferRecoveryUI.nodeUIs import plugMetadata


def _output(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, "nodule:type": "", **more}


_NODULE = {**plugMetadata.PATH_NODULE, "noduleLayout:section": "right"}

Gaffer.Metadata.registerNode(
    GafferRecovery.Asset,
    "description",
    """
    Asks the asset manager of the studio for an asset: where its files are, its frames and its colour space. The manager
    is the one that the variable OPENASSETIO_DEFAULT_CONFIG names; it is asked through OpenAssetIO.

    All tasks of a job work on the version that was the newest when the job was dispatched.
    """,
    plugs={
        "enabled": {
            "description": """
            Turn this off to ask for nothing: all outputs are empty.
            """,
        },
        "reference": {
            "description": """
            The reference of the asset, as its manager writes it. Without a version it is the newest. A path, with `#`
            for the digits of the frame number, is passed on as it is.
            """,
            "layout:index": 0,
            "nodule:type": "",
            "plugValueWidget:type": "GafferRecoveryUI.FilesPlugValueWidget",
            "path:leaf": True,
            "path:bookmarks": "image",
            "fileSystemPath:includeSequences": True,
        },
        "refreshCount": {
            "description": """
            Asks the manager again.
            """,
            "layout:index": 1,
            "nodule:type": "",
            "layout:label": "",
            "layout:accessory": True,
            "plugValueWidget:type": "GafferUI.RefreshPlugValueWidget",
        },
        "pinned": {
            "description": """
            A reference with its version, as `entity` shows it, to stay with that version. Empty: the version that
            `reference` leads to.
            """,
            "stringPlugValueWidget:placeholderText": "Newest",
            "layout:index": 2,
            "nodule:type": "",
        },
        "statedColorSpace": {
            "description": """
            The colour space of the files, where you know it. It must not contradict the manager. Empty: as the manager
            says; a path needs one.
            """,
            **plugMetadata.SPACE,
            "preset:As the Manager Says": "",
            "divider": True,
            "layout:index": 3,
            "nodule:type": "",
        },
        "files": _output(
            """
            The files, with `#` for the digits of the frame number. Connect it to `fileName` of an ElementReader, or to
            the files of a task.
            """,
            **_NODULE,
        ),
        "frames": _output("""
            The frames to use, such as `1-48`. Empty where the manager does not say.
            """),
        "frameRange": _output("""
            The first and the last of the frames; 0 and 0 where the manager does not say.
            """),
        "colorSpace": _output("""
            The OpenColorIO colour space of the files. Empty where nobody says.
            """),
        "version": _output("""
            The version, as the manager calls it.
            """),
        "entity": _output(
            """
            The reference with its version, or the path where there is no reference. Connect it to `sources` or
            `references` of a DeliverFolder, whose record then names it.
            """,
            **_NODULE,
        ),
    },
)
