"""Plugs that are not saved with a script, because their values follow from other things."""

from typing import Any, TypeVar

import Gaffer

PlugType = TypeVar("PlugType", bound=Gaffer.ValuePlug)

_FLAGS = Gaffer.Plug.Flags.Default & ~Gaffer.Plug.Flags.Serialisable


def output(kind: type[PlugType], **others: Any) -> PlugType:
    """An output plug of a type. `others` are further arguments of the type, such as a default value."""
    return kind(direction=Gaffer.Plug.Direction.Out, flags=_FLAGS, **others)


def private(kind: type[PlugType]) -> PlugType:
    """An input plug of a type, which the node itself connects."""
    return kind(flags=_FLAGS)


def fileChanges() -> Gaffer.IntPlug:
    """A plug that is counted up when a file that the node reads has changed, so that the node evaluates again."""
    return Gaffer.IntPlug(flags=_FLAGS)
