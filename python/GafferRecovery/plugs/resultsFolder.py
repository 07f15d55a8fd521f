"""The folder for the results of a recovery graph, which an artist has to choose.

As a graph opens its folder is one that Gaffer gives to every project without a name, where two graphs would replace
each other's pairs, models and frames.
"""

from pathlib import Path

import Gaffer
import IECore

_SETTINGS, _GRAPH = "Settings", "filmRecovery:graph"
_UNNAMED = "default"
"""The name that Gaffer gives to a project."""


def ofGraph(script: Gaffer.ScriptNode) -> Gaffer.StringPlug | None:
    """The plug for the folder of a recovery graph; None for any other script."""
    settings = script.getChild(_SETTINGS)
    if settings is None or not Gaffer.Metadata.value(settings, _GRAPH):
        return None
    return settings.getChild("folder")


def ofShot(context: Gaffer.Context) -> Path:
    """The folder that all results of the shot go into, by the variables of a script."""
    return Path(context.substitute("${project:rootDirectory}/${film:shot}"))


def isChosen(script: Gaffer.ScriptNode) -> bool:
    """Whether the results of a script have a folder of their own. Scripts that are no recovery graph choose theirs."""
    folder = ofGraph(script)
    if folder is None or folder.getInput() is not None:
        return True
    if not folder.getValue():
        return False
    return not folder.isSetToDefault() or _nameOf(script) != _UNNAMED


def fault(script: Gaffer.ScriptNode) -> str:
    """What to do before results can be made, in a sentence; empty where nothing is to do."""
    if isChosen(script):
        return ""
    shared = script.context().substitute("${project:rootDirectory}")
    mixed = f"; in {shared} they would mix with those of other graphs" if shared else ""
    return f"Folder: choose one on Settings for the results of this graph{mixed}"


def check(script: Gaffer.ScriptNode) -> None:
    """Raises IECore.Exception, with that sentence."""
    text = fault(script)
    if text:
        raise IECore.Exception(text)


def _nameOf(script: Gaffer.ScriptNode) -> str:
    return script.context().substitute("${project:name}")
