"""Work in a thread, whose outcome comes to the thread of the user interface."""

import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import Gaffer
import GafferUI


def submit(pool: ThreadPoolExecutor, work: Callable[[], Any], receive: Callable[..., None], *extra: Any) -> None:
    """Does some work in a thread, and calls a method with its outcome, and with anything extra, in the UI thread.

    The method is of an object that may end before the work does: then it is not called.
    """
    weak = Gaffer.WeakMethod(receive, fallbackResult=None)
    pool.submit(work).add_done_callback(functools.partial(_tell, weak, extra))


def _tell(receive: Callable[..., None], extra: tuple[Any, ...], done: Future[Any]) -> None:
    GafferUI.EventLoop.executeOnUIThread(functools.partial(receive, done, *extra))
