"""The asset manager of the studio, in Gaffer's own process: a process of its own would take ten times as long.

One thread asks it, for all others. Gaffer's threads come to Python and leave it again, each time with a new state of
Python, and OpenAssetIO still holds the one from before: the second question of a background thread ended Gaffer.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from filmrecovery.assets.connection import is_configured, looks_like_reference
from filmrecovery.base.errors import AssetError
from GafferRecovery.engine import enginePackages

_asker = ThreadPoolExecutor(1, thread_name_prefix="Film Recovery assets")
_refused: dict[str, str] = {}
"""What the manager said of references that it refused. Gaffer keeps answers but no errors, and asks for ever."""


def isReference(text: str) -> bool:
    """Whether a text is a reference and no path. Where no manager is chosen, what is surely no path counts as one.

    Raises as `resolved` does, where there is a manager that cannot be started.
    """
    if not is_configured():
        return looks_like_reference(text)
    return _asker.submit(lambda: _connection().is_reference(text)).result()


def resolved(reference: str) -> Any:
    """What the manager says of a reference (see `filmrecovery.assets.asset`).

    Raises filmrecovery's AssetError, in the manager's words, where it refuses the reference, and where there is no
    manager; IECore.Exception where the engine's packages do not go with Gaffer's Python.
    """
    return _asker.submit(_ask, reference).result()


def chooser(container: Any, reference: str, chosen: Callable[[str], None]) -> Any:
    """Has the manager fill a widget with what it offers for choosing an asset (see `filmrecovery.assets.chooser`).

    It is called by the thread of the interface, and so is `chosen`. Raises filmrecovery's AssetError where the manager
    offers nothing of the kind.
    """
    connection = _asker.submit(_connection).result()
    return enginePackages.module("filmrecovery.assets.chooser").Chooser(connection, container, reference, chosen)


def forget() -> None:
    """Has the manager started again when it is needed next, so that it cannot answer from its memory."""
    _connection.cache_clear()
    _refused.clear()


def _ask(reference: str) -> Any:
    if reference in _refused:
        raise AssetError(_refused[reference])
    try:
        (asset,) = enginePackages.module("filmrecovery.assets.resolve").resolve_pinned(_connection(), [reference])
    except AssetError as error:
        _refused[reference] = str(error)
        raise
    return asset


@functools.cache
def _connection() -> Any:
    return enginePackages.module("filmrecovery.assets.connection").connect()
