"""What stages say besides their output: log records, shown as lines on standard error.

A line tells by its beginning what it is, so that Gaffer, which reads the lines of an engine that it started, knows too.
"""

import contextlib
import logging
import sys
from collections.abc import Generator

ERROR = "error: "
WARNING = "warning: "
PROGRESS = "Progress: "


def rounded_percent(done: int, total: int) -> int:
    """How many per cent are done, in whole steps of five: a line for each per cent would fill the log of a job."""
    return 100 * done // max(total, 1) // 5 * 5


@contextlib.contextmanager
def messages_shown() -> Generator[None]:
    """While entered, what the engine's modules log goes to standard error, a record a line, from level INFO up."""
    logger = logging.getLogger("filmrecovery")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        mark = ERROR if record.levelno >= logging.ERROR else WARNING if record.levelno >= logging.WARNING else ""
        print(f"{mark}{record.getMessage()}", file=sys.stderr, flush=True)
