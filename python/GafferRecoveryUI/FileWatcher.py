import weakref
from pathlib import Path
from typing import NamedTuple

import Gaffer
from Qt import QtCore

from GafferRecovery.files.fileState import fileState
from GafferRecoveryUI.graphNodes import nodesWith


class _File(NamedTuple):
    path: str
    state: str


class FileWatcher:
    """Makes nodes evaluate again when a file that they read appears, changes or is deleted: a model, an alignment.

    Other processes make these files, and Gaffer does not notice. A timer of the event loop looks at all nodes with a
    `watchedFile`, in all scripts of an application. This is not an edit: a script has no unsaved changes after it, and
    there is nothing to undo.
    """

    def __init__(self, applicationRoot: Gaffer.ApplicationRoot, seconds: float = 2.0) -> None:
        self.__applicationRoot = weakref.ref(applicationRoot)
        self.__files: weakref.WeakKeyDictionary[Gaffer.Node, _File] = weakref.WeakKeyDictionary()
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(round(1000 * seconds))

    def look(self) -> None:
        """Looks at the files once. Nodes whose file has changed since the last look evaluate again."""
        root = self.__applicationRoot()
        if root is None:
            self.__timer.stop()
            return
        for script in root["scripts"].children():
            with script.context():
                for node in nodesWith(script, "watchedFile"):
                    self.__lookAt(node, script)

    def __lookAt(self, node: Gaffer.Node, script: Gaffer.ScriptNode) -> None:
        last = self.__files.get(node)
        try:
            *files, changes = node.watchedFile()
            file = self.__files[node] = _file(files)
        except Gaffer.ProcessException:
            # The node shows this error itself, wherever it is used.
            self.__files[node] = _File("", "")
            return
        # A new node, or one with a new path, has evaluated since the last look.
        if last is None or last.path != file.path or last.state == file.state:
            return
        # An edit may be in progress: the timer keeps running while it waits for a dialogue.
        with Gaffer.UndoScope(script, Gaffer.UndoScope.State.Disabled):
            changes.setValue(changes.getValue() + 1)


def _file(files: list[Gaffer.StringPlug | Path]) -> _File:
    """The paths of one file or several, and their state.

    Of a path that a node has found on the disk the place is a part of the state: another changes no plug.
    """
    # Gaffer replaces variables in a typed path only during computations.
    named = [Gaffer.Context.current().substitute(file.getValue()) for file in files if not isinstance(file, Path)]
    found = [f"{file} {fileState(file)}" for file in files if isinstance(file, Path)]
    return _File("\n".join(named), "\n".join([*map(fileState, named), *found]))
