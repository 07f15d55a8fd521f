import functools
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI
import IECore
import imath
from Qt import QtCore

from filmrecovery.base.duration_text import duration_text
from GafferRecoveryUI import backgroundWork

_WIDTH = 400


class ProgressDialogue(GafferUI.Dialogue):
    """Shows how far some work is and how long it will still take, and lets it be cancelled.

    Gaffer's own dialogue shows only that something goes on, and its work waits for a local job to end where there are
    two cores. This work has a thread of its own.
    """

    def __init__(self, title: str, **kw: Any) -> None:
        GafferUI.Dialogue.__init__(self, title, **kw)
        with GafferUI.ListContainer(spacing=8) as column:
            GafferUI.Spacer(imath.V2i(_WIDTH, 8))
            self.__bar = GafferUI.ProgressBar()
            self.__label = GafferUI.Label("It begins.")
            GafferUI.Spacer(imath.V2i(_WIDTH, 8))
        self._setWidget(column)
        self.__cancel = self._addButton("Cancel")
        # Return must not press it.
        self.__cancel._qtWidget().setFocusPolicy(QtCore.Qt.NoFocus)
        self.__cancel.clickedSignal().connect(Gaffer.WeakMethod(self.__cancelClicked))
        self.__canceller = IECore.Canceller()
        self.__first: tuple[float, int] | None = None
        self.__done: Future[Any] | None = None

    def waitForWork(
        self, work: Callable[[Callable[[int], None]], Any], parentWindow: GafferUI.Window | None = None
    ) -> bool:
        """Does the work in a thread, and returns whether it came to its end; it did not where it was cancelled.

        The work gets what to call with the per cent that are done, and looks at the canceller of its context, which is
        otherwise the current one. Raises what the work raises.
        """
        context = Gaffer.Context(Gaffer.Context.current(), self.__canceller)
        show = functools.partial(_tell, Gaffer.WeakMethod(self.show, fallbackResult=None))
        pool = ThreadPoolExecutor(1, "Film Recovery work")
        backgroundWork.submit(pool, functools.partial(_work, work, show, context), self.__ended)
        # The work may have ended at once.
        if self.__done is None:
            self.setModal(True, parentWindow)
        pool.shutdown()
        assert self.__done is not None, "nothing else ends the modal state"
        error = self.__done.exception()
        self.__done = None
        try:
            if error is not None and not isinstance(error, IECore.Cancelled):
                raise error
            return error is None
        finally:
            # Its traceback would keep this dialogue alive.
            del error

    def show(self, percent: int) -> None:
        """Shows that so many per cent are done."""
        now = time.monotonic()
        # What an earlier call has done took no time.
        begun, before = self.__first = self.__first or (now, percent)
        self.__bar.setProgress(percent)
        if self.__canceller.cancelled():
            return
        if percent > before:
            left = (now - begun) * (100 - percent) / (percent - before)
            self.__label.setText(f"About {duration_text(left)} left.")

    def _acceptsClose(self) -> bool:
        if self.__done is None:
            self.__cancelClicked(self.__cancel)
        return self.__done is not None

    def __cancelClicked(self, button: GafferUI.Button) -> None:
        self.__canceller.cancel()
        self.__cancel.setEnabled(False)
        self.__label.setText("It is being cancelled.")

    def __ended(self, done: Future[Any]) -> None:
        self.__done = done
        if self.getModal():
            self.setModal(False)


def _work(work: Callable[[Callable[[int], None]], Any], show: Callable[[int], None], context: Gaffer.Context) -> Any:
    with context:
        return work(show)


def _tell(show: Callable[[int], None], percent: int) -> None:
    GafferUI.EventLoop.executeOnUIThread(functools.partial(show, percent))
