import os
import weakref
from collections.abc import Iterator
from typing import NamedTuple

import Gaffer
from Qt import QtCore

import GafferRecovery


class _Model(NamedTuple):
    path: str
    # Time of modification and size; None where there is no file.
    state: tuple[int, int] | None


class ModelWatcher:
    """Makes Inference nodes evaluate anew when the file of their model comes, changes or goes.

    Models are made by other processes, of whose work Gaffer learns nothing. Watches the Inference nodes of all scripts
    of an application, by a timer of the event loop. What it does is no edit: scripts get no unsaved changes by it, and
    it cannot be undone.
    """

    def __init__(self, applicationRoot: Gaffer.ApplicationRoot, seconds: float = 2.0) -> None:
        self.__applicationRoot = weakref.ref(applicationRoot)
        self.__models: weakref.WeakKeyDictionary[GafferRecovery.Inference, _Model] = weakref.WeakKeyDictionary()
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
                for node in _inferences(script):
                    self.__lookAt(node, script)

    def __lookAt(self, node: GafferRecovery.Inference, script: Gaffer.ScriptNode) -> None:
        model = _model(node)
        last = self.__models.get(node)
        self.__models[node] = model
        # A node that is new, or was given another path, has evaluated since.
        if last is None or last.path != model.path or last.state == model.state:
            return
        changes = node["__modelChanges"]
        # An edit may be under way: the timer goes on while it waits for a dialogue.
        with Gaffer.UndoScope(script, Gaffer.UndoScope.State.Disabled):
            changes.setValue(changes.getValue() + 1)


def _inferences(parent: Gaffer.Node) -> Iterator[GafferRecovery.Inference]:
    """The nodes in a script or a Box. A recursive range would visit all the plugs and private nodes as well."""
    yield from parent.children(GafferRecovery.Inference)
    for box in parent.children(Gaffer.SubGraph):
        yield from _inferences(box)


def _model(node: GafferRecovery.Inference) -> _Model:
    try:
        # A path that was typed in is substituted by Gaffer in computations alone.
        path = Gaffer.Context.current().substitute(node["model"].getValue())
    except Gaffer.ProcessException:
        # The node itself shows this error wherever it is used.
        return _Model("", None)
    try:
        status = os.stat(path)
    except OSError:
        return _Model(path, None)
    return _Model(path, (status.st_mtime_ns, status.st_size))
