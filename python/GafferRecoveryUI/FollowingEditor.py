from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI
from Qt import QtCore

from GafferRecoveryUI import backgroundWork

_LOOK_MILLISECONDS = 1000


class FollowingEditor(GafferUI.Editor):
    """An editor that follows files which other processes write: it reads them every second while it is visible.

    It reads in a thread of its own, `reader`. Gaffer's background tasks would not do: with two cores there is one at a
    time, and a local job is one. A subclass says what to read, and shows what was read. To look is no edit of the
    script.
    """

    def __init__(self, topLevelWidget: GafferUI.Widget, scriptNode: Gaffer.ScriptNode, **kw: Any) -> None:
        GafferUI.Editor.__init__(self, topLevelWidget, scriptNode, **kw)
        self.reader = ThreadPoolExecutor(1, f"Film Recovery {type(self).__name__}")
        self.__looks = False
        self.__timer = QtCore.QTimer()
        self.__timer.timeout.connect(Gaffer.WeakMethod(self.look, fallbackResult=None))
        self.visibilityChangedSignal().connect(Gaffer.WeakMethod(self.__visibilityChanged))

    def look(self) -> None:
        """Begins to read the files once, if the last look has come to its end."""
        work = None if self.__looks else self._reading()
        if work is not None:
            self.__looks = True
            backgroundWork.submit(self.reader, work, self.__read)

    def looks(self) -> bool:
        """Whether files are being read."""
        return self.__looks

    def _reading(self) -> Callable[[], Any] | None:
        """What reads the files, in the thread; None where there is nothing to read. Called in the UI thread."""
        raise NotImplementedError

    def _show(self, read: Any) -> None:
        """Shows what was read."""
        raise NotImplementedError

    def __visibilityChanged(self, widget: GafferUI.Widget) -> None:
        if self.visible():
            self.look()
            self.__timer.start(_LOOK_MILLISECONDS)
        else:
            self.__timer.stop()

    def __read(self, read: Future[Any]) -> None:
        self.__looks = False
        self._show(read.result())
