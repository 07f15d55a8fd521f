"""The few kinds of error that a user can put right.

Every message names what is wrong (file, frame, key) and says what to do about it. The command line prints the message
alone and exits with a status other than zero; anything that is not a `RecoveryError` is a defect of this software.
"""

import contextlib
from collections.abc import Generator

TRY_AGAIN = 75
"""The exit status that says: nothing is wrong with the task, so try it again. It is EX_TEMPFAIL of sysexits.h."""


class RecoveryError(Exception):
    """Base of every error that the user can put right."""


class SettingsError(RecoveryError):
    """A setting, key, frame range or colour space is wrong."""


class ElementError(RecoveryError):
    """Frames of an element are missing, damaged or not usable."""


class UnlikeElementsError(ElementError):
    """Elements show nothing, or nothing in common, or do not lie over each other as scans of one film do."""


class FileError(RecoveryError):
    """A project file, record, journal, list or timeline is missing, damaged, or not what is expected."""


class ModelError(RecoveryError):
    """A model file or checkpoint is foreign, damaged or does not fit."""


class RunError(RecoveryError):
    """A run folder is in use, or holds other work than the one asked for."""


class StoppedError(RunError):
    """A training was asked to stop, and did; a later call goes on."""


class LostProcessError(RunError):
    """One of several processes of a training has gone; a later call goes on."""


class AssetError(RecoveryError):
    """There is no asset manager, or it does not know or refuses what it is asked."""


class OutputError(RecoveryError):
    """A result cannot be written: permission, disk full, or it would overwrite something."""


@contextlib.contextmanager
def named(where: str) -> Generator[None]:
    """Puts before the message of an error where it happened, such as the key of a file, if its raiser cannot know."""
    try:
        yield
    except RecoveryError as error:
        raise type(error)(f"{where}: {error}") from error
