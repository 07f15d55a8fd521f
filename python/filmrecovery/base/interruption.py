"""SIGINT and SIGTERM as a wish to stop: at the next good moment, or at once by an exception."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType, TracebackType
from typing import Any, Self

_ONE_WISH_SECONDS = 1.0
"""A dispatcher signals a whole group of processes, and a parent among them passes it on: that is one wish, not two."""


class Interruption:
    """While entered, the two signals set `signal_name` instead of ending the process; a later one ends it at once."""

    def __init__(self) -> None:
        self.signal_name: str | None = None
        self._noted = 0.0
        self._earlier: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> Self:
        # Handlers can be set by the main thread alone; in another one the caller's own handlers stay.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._earlier[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.signal_name is None:
            self.signal_name, self._noted = signal.Signals(number).name, now
        elif now - self._noted > _ONE_WISH_SECONDS:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()


@contextlib.contextmanager
def sigterm_as_interrupt() -> Generator[None]:
    """While entered, SIGTERM raises KeyboardInterrupt as SIGINT does, so that what is half done can be cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        # A stage that ignores it has a reason, until the process ends.
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, earlier)
