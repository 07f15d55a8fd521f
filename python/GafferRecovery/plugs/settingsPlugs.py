"""Plugs that follow from a dataclass of the engine's settings: one for each field, `patchSize` for `patch_size`."""

import dataclasses
import functools
from collections.abc import Collection
from typing import Any

import Gaffer

from filmrecovery.base.declared_settings import field_types, from_mapping, to_options
from GafferRecovery.plugs import pathPlugs, sentences

NOT_PLUGS = ("working_space",)
"""Settings that are the same for a whole script."""


def plugName(fieldName: str) -> str:
    """The name of the plug for a field: `patchSize` for `patch_size`."""
    first, *others = fieldName.split("_")
    return first + "".join(word.capitalize() for word in others)


@functools.cache
def fields(cls: type) -> tuple[tuple[str, dataclasses.Field[Any], type, bool], ...]:
    """The name of the plug, the field, the type, and whether it may be left out, of each setting."""
    kinds = field_types(cls)
    named = [field for field in dataclasses.fields(cls) if field.name not in NOT_PLUGS]
    return tuple((plugName(field.name), field, *kinds[field.name]) for field in named)


def noneValue(field: dataclasses.Field[Any], kind: type) -> Any:
    """The value of a plug that means None, for a setting that may be left out: a plug always has a value."""
    if kind is int:
        return field.metadata["minimum"] - 1
    return {float: 0.0, str: ""}[kind]


def add(node: Gaffer.Node | Gaffer.Plug, cls: type, without: Collection[str] = ()) -> None:
    """Adds to a node, or to a plug, a plug for each setting, with its default and its range, less those `without`."""
    for name, field, kind, optional in fields(cls):
        if name in without:
            continue
        default = field.default
        if default is None or default is dataclasses.MISSING:
            default = noneValue(field, kind)
        if kind is str and name.endswith("Files"):
            node[name] = pathPlugs.files()
        elif kind is str:
            node[name] = Gaffer.StringPlug(defaultValue=default)
        elif kind is bool:
            node[name] = Gaffer.BoolPlug(defaultValue=default)
        else:
            bounds = {}
            if field.metadata["minimum"] is not None and not optional:
                bounds["minValue"] = kind(field.metadata["minimum"])
            elif optional:
                bounds["minValue"] = noneValue(field, kind)
            if field.metadata["maximum"] is not None:
                bounds["maxValue"] = kind(field.metadata["maximum"])
            plugType = Gaffer.IntPlug if kind is int else Gaffer.FloatPlug
            node[name] = plugType(defaultValue=default, **bounds)


def connect(node: Gaffer.Node, source: Gaffer.Node, cls: type) -> None:
    """Connects the settings' plugs of a node to the same plugs of another node, `source`."""
    for name, *_ in fields(cls):
        node[name].setInput(source[name])


def values(node: Gaffer.Node | Gaffer.Plug, cls: type, where: str, **others: Any) -> Any:
    """The settings: the values of the plugs, and `others` for settings without one, or with one of another meaning.

    Raises SettingsError, naming `where`, for values that are out of range.
    """
    found: dict[str, Any] = dict(others)
    for name, field, kind, optional in fields(cls):
        if field.name in others:
            continue
        value = node[name].getValue()
        if optional and value == noneValue(field, kind):
            value = None
        elif kind is float:
            # A plug has single precision: it gives 0.014999999664723873 for 0.015.
            value = float(f"{value:.7g}")
        found[field.name] = value
    return from_mapping(cls, found, where)


def options(node: Gaffer.Node, cls: type, where: str, **others: Any) -> list[str]:
    """The settings as options of the engine's command line.

    Raises IECore.Exception, with the engine's message, for values that are out of range.
    """
    with sentences.ofEngine():
        return to_options(values(node, cls, where, **others))
