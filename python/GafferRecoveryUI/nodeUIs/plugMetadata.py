"""Metadata for plugs of several nodes, and metadata that follows from the engine's settings."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import Gaffer
import IECore
import imath
from GafferImageUI import OpenColorIOTransformUI

from filmrecovery.base.mask_texts import MASK_BOXES_HELP, MASK_FILES_HELP
from GafferRecovery.plugs import settingsPlugs
from GafferRecovery.plugs.elementSpaces import ELEMENT_SPACES

_PATH_COLOR = imath.Color3f(0.27, 0.45, 0.56)


def presets(choices: Iterable[str], names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Metadata that offers the choices in a menu, under the names given in `names` or else under their own."""
    offered = {f"preset:{(names or {}).get(choice) or _spaced(choice)}": choice for choice in choices}
    return {"plugValueWidget:type": "GafferUI.PresetsPlugValueWidget", **offered}


def automatic(value: float, name: str = "Automatic") -> dict[str, Any]:
    """Metadata of a plug for a number, of which one value means that none is set: the menu says so."""
    return {
        "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
        f"preset:{name}": value,
        "presetsPlugValueWidget:allowCustom": True,
    }


def _spaced(choice: str) -> str:
    words = re.sub("(?<=[a-z])(?=[A-Z])", " ", choice)
    return words[0].upper() + words[1:]


def oneOf(label: str) -> dict[str, Any]:
    """Metadata of the plugs in one that grows with each connection. The last one is free, and no value is missing.

    From the second on they are numbered.
    """

    def labelOf(plug: Gaffer.Plug) -> str:
        others = plug.parent().children()
        number = 1 + next(index for index, other in enumerate(others) if other.isSame(plug))
        if number == 1:
            return label
        free = plug.getInput() is None and number == len(others)
        return f"Another {label}" if free else f"{label} {number}"

    return {"label": labelOf, "pathPlugValueWidget:placeholderText": "None"}


PATH_NODULE = {
    "nodule:type": "GafferUI::StandardNodule",
    "nodule:color": _PATH_COLOR,
    "connectionGadget:color": _PATH_COLOR,
}
"""Metadata of a plug for a path that goes from node to node. Its colour tells it from images and tasks."""


SPACE = {
    "plugValueWidget:type": "GafferUI.PresetsPlugValueWidget",
    "presetNames": OpenColorIOTransformUI.colorSpacePresetNames,
    "presetValues": OpenColorIOTransformUI.colorSpacePresetValues,
    "openColorIO:categories": "file-io",
    "openColorIO:extraPresetNames": IECore.StringVectorData(ELEMENT_SPACES.keys()),
    "openColorIO:extraPresetValues": IECore.StringVectorData(ELEMENT_SPACES.values()),
    "presetsPlugValueWidget:allowCustom": True,
}
"""Metadata of a plug for the colour space of files. The menu begins with the spaces that they have as a rule."""


PAIRS = {
    "plugValueWidget:type": "GafferUI.LayoutPlugValueWidget",
    "nodule:type": "GafferUI::CompoundNodule",
    "noduleLayout:spacing": 0.4,
}
"""Metadata of a plug for several folders of pairs."""


def fileWidget(bookmarks: str, extensions: str = "", label: str = "") -> dict[str, Any]:
    """Metadata of a plug for one file, with these bookmarks and extensions; `label` names such files."""
    widget = {
        "plugValueWidget:type": "GafferUI.FileSystemPathPlugValueWidget",
        "path:leaf": True,
        "path:bookmarks": bookmarks,
    }
    if extensions:
        widget["fileSystemPath:extensions"] = extensions
    if label:
        widget["fileSystemPath:extensionsLabel"] = f"Show only {label}"
    return widget


def folderWidget(bookmarks: str) -> dict[str, Any]:
    """Metadata of a plug for a folder, with these bookmarks."""
    return fileWidget(bookmarks) | {"path:leaf": False}


PAIRS_FOLDER = {
    "description": """
    A folder of pairs.
    """,
    **oneOf("Folder"),
    **PATH_NODULE,
    **folderWidget("trainingPairs"),
}
"""Metadata of a plug for one folder of pairs."""


def masks(purpose: str) -> dict[str, dict[str, Any]]:
    """Metadata of the plugs for a mask; `purpose` says what is not done there."""
    texts = {"maskFiles": MASK_FILES_HELP, "maskBoxes": MASK_BOXES_HELP}
    section = {"layout:section": "Settings.Mask"}
    return {
        "maskFiles": files("mask") | section | {"description": _maskText(texts["maskFiles"], purpose)},
        "maskBoxes": {
            "description": _maskText(texts["maskBoxes"], purpose),
            "stringPlugValueWidget:placeholderText": "None",
            **section,
        },
    }


def _maskText(text: str, purpose: str) -> str:
    return f"{text[0].upper()}{text[1:]}. {purpose} Places are in pixels of the source that count from the top."


def _cropWidget(plug: Gaffer.Plug) -> str:
    # Of a crop that is still to be found, the numbers would be an error at the node that is to find it.
    return "GafferUI.ConnectionPlugValueWidget" if plug.getInput() else "GafferUI.BoxPlugValueWidget"


CROP_WIDGET = {"plugValueWidget:type": _cropWidget}
"""Metadata of a plug for a rectangle, which may come from a SharedCrop node. The table of that has the numbers."""


SOURCE_FRAMES = {
    "description": """
    The frames of the source to look at, such as `1-48`. Empty: all of its files.
    """,
    "stringPlugValueWidget:placeholderText": "All",
}


ENABLED = {
    "description": """
    Turn this off if the reference already has the framing and the frame numbers of the source.
    """,
}


DEVICE = {
    **presets(("auto", "cpu", "cuda"), {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU"}),
    "presetsPlugValueWidget:allowCustom": True,
}
"""Metadata of a plug for a device. One that is not in the menu, such as cuda:1, can be typed in."""


def settings(cls: type) -> dict[str, dict[str, Any]]:
    """For each plug that `settingsPlugs.add` makes: its description, with the range, and the menu of its choices."""
    found = {}
    for name, field, kind, optional in settingsPlugs.fields(cls):
        found[name] = {"description": _description(field, kind, optional)}
        if name.startswith("holdOut"):
            found[name]["label"] = f"Hold-Out{_spaced(name).removeprefix('Hold Out')}"
        if field.metadata["choices"]:
            unset = {"preset:Not Set": settingsPlugs.noneValue(field, kind)} if optional else {}
            found[name] |= unset | presets(field.metadata["choices"], {"auto": "Automatic"})
        elif kind is str and (optional or not field.default):
            found[name]["stringPlugValueWidget:placeholderText"] = "Not set"
        elif optional:
            found[name] |= automatic(settingsPlugs.noneValue(field, kind))
    return found


def element(role: str, name: str = "") -> dict[str, dict[str, Any]]:
    """Metadata of the plugs for an element's files and their colour space, as `EngineTask.addElement` makes them."""
    name = name or role
    space = {
        "description": f"""
        The OpenColorIO colour space of the {name}'s files.
        """,
        **SPACE,
    }
    return {f"{role}Files": files(name), f"{role}Space": space}


def files(element: str) -> dict[str, Any]:
    """Metadata of a plug for the files of an element."""
    return {
        "description": f"""
        The files of the {element}, with `#` for the digits of the frame number: `scans/{element}.####.exr`.
        """,
        "plugValueWidget:type": "GafferRecoveryUI.FilesPlugValueWidget",
        "path:leaf": True,
        "path:bookmarks": "image",
        "fileSystemPath:includeSequences": True,
    }


def record(what: str, hasTable: bool = False) -> dict[str, Any]:
    """Metadata of a plug for a file with what the engine found. Beside some files the engine writes a table as CSV."""
    table = " A table to read, as CSV, is written beside it." if hasTable else ""
    return {
        "description": f"""
        The file for {what}. Use a file of its own for each source.{table}
        """,
        **fileWidget("recoveryReference", "json"),
    }


def path(text: str) -> dict[str, Any]:
    """Metadata of a plug for the path of a file that another node makes."""
    return {
        "description": text,
        **PATH_NODULE,
        **fileWidget("recoveryReference"),
        "pathPlugValueWidget:placeholderText": "None",
    }


SHOTS = path("""
    The shots of a source that holds several: connect `shots` of a FindShots node. Empty: it is one shot.
    """)
"""Metadata of a plug for the file of the shots."""


def image(text: str) -> dict[str, Any]:
    """Metadata of a plug for an image, on a task node."""
    return {"description": text, "nodule:type": "GafferUI::StandardNodule", "plugValueWidget:type": ""}


def _description(field: dataclasses.Field[Any], kind: type, optional: bool) -> str:
    text = field.metadata["help"]
    sentences = [f"{text[0].upper()}{text[1:]}."]
    minimum, maximum = field.metadata["minimum"], field.metadata["maximum"]
    if minimum is not None:
        sentences.append(f"From {minimum:,.10g} to {maximum:,.10g}.")
    if optional:
        none = "Empty" if kind is str else f"Automatic, which is {settingsPlugs.noneValue(field, kind):g}"
        sentences.append(f"{none}: not set.")
    return " ".join(sentences)
