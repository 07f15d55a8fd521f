"""Leaves no empty folder of a dispatch that was refused.

Gaffer makes the folder of a job before it asks the tasks what they do, and a task may refuse then: Gaffer leaves the
folder.
"""

import contextlib
from pathlib import Path

import GafferDispatch

_made: list[Path] = []
"""The folders that the present dispatch makes or has made, the innermost first, less that of the job itself."""


def register() -> None:
    """Has the dispatches of this process do so from now on."""
    GafferDispatch.Dispatcher.preDispatchSignal().connect(_note)
    GafferDispatch.Dispatcher.postDispatchSignal().connect(_remove)


def _note(dispatcher: GafferDispatch.Dispatcher) -> bool:
    """Notes which folders are not there yet. Returns that nothing is in the way of the dispatch."""
    folder = Path(dispatcher["jobsDirectory"].getValue()) / dispatcher["jobName"].getValue()
    _made[:] = [each for each in (folder, *folder.parents) if not each.exists()]
    return False


def _remove(dispatcher: GafferDispatch.Dispatcher, succeeded: bool) -> None:
    if succeeded or not dispatcher.jobDirectory():
        return
    # The job began where it has a file. Nothing may be raised here: Gaffer is about to raise why it was refused.
    with contextlib.suppress(OSError):
        for folder in (Path(dispatcher.jobDirectory()), *_made):
            folder.rmdir()
