"""What nodes say of their work where they stand in a graph: ElementReader, Train, Inference and Validate."""

import weakref
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import Gaffer
import imath
from Qt import QtCore

from GafferRecovery.files.fileState import fileState
from GafferRecovery.files.workState import Meaning, WorkState
from GafferRecoveryUI.graphNodes import nodesWith

NAME = "state"
"""Of the annotation."""

_COLORS = {
    Meaning.OPEN: imath.Color3f(0.20, 0.20, 0.20),
    Meaning.DONE: imath.Color3f(0.08, 0.24, 0.10),
    Meaning.WRONG: imath.Color3f(0.40, 0.10, 0.08),
}


class _Seen(NamedTuple):
    """The files of a node, what they were like when they were read, and what else its state depends on."""

    files: tuple[Path, ...]
    states: tuple[str, ...]
    settings: tuple[str, ...]


class StateAnnotations:
    """Annotates the nodes that have `work` to tell of, in all scripts of an application, and follows its files.

    A timer of the event loop looks at the files. Those that have changed are read in a thread, for the report of a long
    shot takes a while; as a rule that is done within `patience`, in seconds, else the next look shows it.

    The annotations are not saved and are no edit: a script has no unsaved changes after them, and there is nothing to
    undo. They do not name plugs for Gaffer to fill in: it does so in the background, where a local job may keep the
    only thread busy.
    """

    def __init__(self, applicationRoot: Gaffer.ApplicationRoot, seconds: float = 2.0, patience: float = 0.05) -> None:
        self.__applicationRoot = weakref.ref(applicationRoot)
        self.__patience = patience
        self.__reader = ThreadPoolExecutor(1, "Film Recovery states")
        self.__seen: weakref.WeakKeyDictionary[Gaffer.Node, _Seen] = weakref.WeakKeyDictionary()
        self.__read: weakref.WeakKeyDictionary[Gaffer.Node, Future[WorkState]] = weakref.WeakKeyDictionary()
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look))
        self.__timer.start(round(1000 * seconds))

    def look(self) -> None:
        """Looks at the files once, and annotates the nodes of which a file has changed since the last look."""
        root = self.__applicationRoot()
        if root is None:
            self.__timer.stop()
            return
        for script in root["scripts"].children():
            with script.context():
                for node in nodesWith(script, "work"):
                    self.__lookAt(node)
        wait(self.__read.values(), self.__patience)
        for node, read in list(self.__read.items()):
            if read.done():
                del self.__read[node]
                if node.scriptNode() is not None:
                    _annotate(node, read.result())

    def __lookAt(self, node: Gaffer.Node) -> None:
        try:
            work = node.work()
        except RuntimeError:
            # The node shows this error itself, wherever it is used.
            self.__seen.pop(node, None)
            self.__read.pop(node, None)
            _annotate(node, None)
            return
        seen = _Seen(work.files, tuple(map(fileState, work.files)), work.settings)
        if seen != self.__seen.get(node):
            self.__seen[node] = seen
            self.__read[node] = self.__reader.submit(work.read)


def _annotate(node: Gaffer.Node, state: WorkState | None) -> None:
    # An edit may be in progress: the timer keeps running while it waits for a dialogue.
    with Gaffer.UndoScope(node.scriptNode(), Gaffer.UndoScope.State.Disabled):
        if state is None or not state.text:
            Gaffer.MetadataAlgo.removeAnnotation(node, NAME)
        else:
            annotation = Gaffer.MetadataAlgo.Annotation(state.text, _COLORS[state.meaning])
            Gaffer.MetadataAlgo.addAnnotation(node, NAME, annotation, persistent=False)
