"""The asset manager of the studio, in Gaffer's own process: a process of its own would take ten times as long.

One thread asks it, for all others. Gaffer's threads come to Python and leave it again, each time with a new state of
Python, and OpenAssetIO still holds the one from before: the second question of a background thread ended Gaffer.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from GafferRecovery.engine import enginePackages

_asker = ThreadPoolExecutor(1, thread_name_prefix="Film Recovery assets")


def resolved(reference: str) -> Any:
    """What the manager says of a reference (see `filmrecovery.assets.asset`).

    Raises filmrecovery's AssetError, in the manager's words, where it refuses the reference, and where there is no
    manager; IECore.Exception where the engine's packages do not go with Gaffer's Python.
    """
    return _asker.submit(_ask, reference).result()


def forget() -> None:
    """Has the manager started anew when it is needed next, so that it cannot answer from its memory."""
    _connection.cache_clear()


def _ask(reference: str) -> Any:
    connection = _connection()
    (asset,) = enginePackages.module("filmrecovery.assets.resolve").resolve_pinned(connection, [reference])
    return asset


@functools.cache
def _connection() -> Any:
    return enginePackages.module("filmrecovery.assets.connection").connect()
