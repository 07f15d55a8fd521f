"""Errors that an artist reads as one sentence: at the node, in the table of jobs, in a log.

Gaffer shows a Python error with its whole traceback, and an IECore.Exception, which is a RuntimeError, by its text
alone. So nodes raise this one for what a user can put right. Other errors are defects, which the traceback helps to
find.
"""

import contextlib
import traceback
from collections.abc import Generator

import IECore

from filmrecovery.base.errors import RecoveryError


@contextlib.contextmanager
def ofEngine(where: str = "") -> Generator[None]:
    """Makes an error of the engine such a sentence, after a place if one is named. Debug messages tell the rest."""
    try:
        yield
    except RecoveryError as error:
        IECore.msg(IECore.Msg.Level.Debug, where or "Film Recovery", traceback.format_exc().strip())
        raise IECore.Exception(f"{where}: {error}" if where else str(error)) from error
