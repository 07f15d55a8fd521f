"""Plugs for the paths of files and folders that the engine reads."""

import Gaffer
import IECore

_SUBSTITUTIONS = int(IECore.StringAlgo.Substitutions.AllSubstitutions) & ~int(
    IECore.StringAlgo.Substitutions.FrameSubstitutions
)


def files() -> Gaffer.StringPlug:
    """A plug for the pattern of an element's files. Its #### are not replaced: they stand for all frames."""
    return Gaffer.StringPlug(substitutions=_SUBSTITUTIONS)


def text(plug: Gaffer.StringPlug) -> str:
    """The path in a plug, as the current context has it. Its #### are not replaced."""
    return Gaffer.Context.current().substitute(plug.getValue(), _SUBSTITUTIONS)


def several(name: str) -> Gaffer.ArrayPlug:
    """A plug for several paths of one kind. It grows with each connection."""
    return Gaffer.ArrayPlug(elementPrototype=Gaffer.StringPlug(f"{name}0"))


def pairs() -> Gaffer.ArrayPlug:
    """A plug for the folders of pairs. It grows with each connection."""
    return several("pairs")
