import weakref
from collections.abc import Iterator
from typing import NamedTuple

import Gaffer
from Qt import QtCore

from GafferRecovery.files.fileState import fileState


class _File(NamedTuple):
    path: str
    state: str


class FileWatcher:
    """Makes nodes evaluate anew when a file that they depend on comes, changes or goes: a model, an alignment.

    Those files are made by other processes, of whose work Gaffer learns nothing. Watches the nodes of all scripts of an
    application that have a `watchedFile`, by a timer of the event loop. What it does is no edit: scripts get no unsaved
    changes by it, and it cannot be undone.
    """

    def __init__(self, applicationRoot: Gaffer.ApplicationRoot, seconds: float = 2.0) -> None:
        self.__applicationRoot = weakref.ref(applicationRoot)
        self.__files: weakref.WeakKeyDictionary[Gaffer.Node, _File] = weakref.WeakKeyDictionary()
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(round(1000 * seconds))

    def look(self) -> None:
        """Looks at the files once, and makes the nodes evaluate whose file is not as it was at the last look."""
        root = self.__applicationRoot()
        if root is None:
            self.__timer.stop()
            return
        for script in root["scripts"].children():
            with script.context():
                for node in _watched(script):
                    self.__lookAt(node, script)

    def __lookAt(self, node: Gaffer.Node, script: Gaffer.ScriptNode) -> None:
        path, changes = node.watchedFile()
        file = _file(path)
        last = self.__files.get(node)
        self.__files[node] = file
        # A node that is new, or was given another path, has evaluated since.
        if last is None or last.path != file.path or last.state == file.state:
            return
        # An edit may be under way: the timer goes on while it waits for a dialogue.
        with Gaffer.UndoScope(script, Gaffer.UndoScope.State.Disabled):
            changes.setValue(changes.getValue() + 1)


def _watched(parent: Gaffer.Node) -> Iterator[Gaffer.Node]:
    """The nodes in a script or a Box. A recursive range would visit all the plugs and private nodes as well."""
    for node in parent.children(Gaffer.Node):
        if hasattr(node, "watchedFile"):
            yield node
        elif isinstance(node, Gaffer.SubGraph):
            yield from _watched(node)


def _file(plug: Gaffer.StringPlug) -> _File:
    try:
        # A path that was typed in is substituted by Gaffer in computations alone.
        path = Gaffer.Context.current().substitute(plug.getValue())
    except Gaffer.ProcessException:
        # The node itself shows this error wherever it is used.
        return _File("", "")
    return _File(path, fileState(path))
