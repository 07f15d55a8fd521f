"""Metadata that plugs of several nodes share, and metadata that follows from settings of the engine."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import imath

from GafferRecovery import settingsPlugs

_PATH_COLOR = imath.Color3f(0.27, 0.45, 0.56)


def presets(choices: Iterable[str], names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Metadata that offers each choice in a menu: by its name where it has one, else by its own word."""
    offered = {f"preset:{(names or {}).get(choice, choice.capitalize())}": choice for choice in choices}
    return {"plugValueWidget:type": "GafferUI.PresetsPlugValueWidget", **offered}


PATH_NODULE = {
    "nodule:type": "GafferUI::StandardNodule",
    "nodule:color": _PATH_COLOR,
    "connectionGadget:color": _PATH_COLOR,
}
"""Metadata of a plug for a path that goes from node to node, told from images and tasks by its colour."""


DEVICE = {
    **presets(("auto", "cpu", "cuda"), {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU"}),
    "presetsPlugValueWidget:allowCustom": True,
}
"""Metadata of a plug for a device; those that the menu does not have, such as cuda:1, are typed in."""


def settings(cls: type) -> dict[str, dict[str, Any]]:
    """For each plug that `settingsPlugs.add` makes, its description, with the range, and the menu of its choices."""
    found = {}
    for name, field, kind, optional in settingsPlugs.fields(cls):
        found[name] = {"description": _description(field, kind, optional)}
        if field.metadata["choices"]:
            found[name] |= presets(field.metadata["choices"], {"auto": "Automatic"})
    return found


def _description(field: dataclasses.Field, kind: type, optional: bool) -> str:
    text = field.metadata["help"]
    sentences = [f"{text[0].upper()}{text[1:]}."]
    minimum, maximum = field.metadata["minimum"], field.metadata["maximum"]
    if minimum is not None and maximum is not None:
        sentences.append(f"From {minimum:g} to {maximum:g}.")
    elif minimum is not None:
        sentences.append(f"At least {minimum:g}.")
    if optional:
        sentences.append("Empty: not set." if kind is str else "0: not set.")
    return " ".join(sentences)
