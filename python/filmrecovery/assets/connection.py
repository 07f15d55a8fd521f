"""The asset manager that the studio has chosen, by the file that `$OPENASSETIO_DEFAULT_CONFIG` names."""

import contextlib
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from filmrecovery.base.errors import AssetError, RecoveryError

VARIABLE = "OPENASSETIO_DEFAULT_CONFIG"
_LIKE_A_REFERENCE = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*://\S+")


@dataclass(frozen=True)
class Connection:
    """A manager of OpenAssetIO, and the context in which this process asks it."""

    manager: Any
    context: Any

    @property
    def name(self) -> str:
        """What people call the manager."""
        return self.manager.displayName()

    def is_reference(self, text: str) -> bool:
        """Whether a text is, by its form, a reference of this manager."""
        return self.manager.isEntityReferenceString(text)

    def entity(self, reference: str) -> Any:
        """The reference as OpenAssetIO has it. Raises AssetError for what is none of this manager."""
        found = self.manager.createEntityReferenceIfValid(reference)
        if found is None:
            raise AssetError(f"{reference}: is no reference of the asset manager '{self.name}'; correct it")
        return found

    @contextlib.contextmanager
    def asked(self) -> Generator[None]:
        """Makes whatever the manager, which is foreign code, raises while this is entered an AssetError."""
        try:
            yield
        except RecoveryError:
            raise
        except Exception as error:
            raise AssetError(
                f"The asset manager '{self.name}' failed ({type(error).__name__}: {error}); ask who looks after it"
            ) from error


def is_configured() -> bool:
    """Whether a manager is chosen."""
    return bool(os.environ.get(VARIABLE))


def looks_like_reference(text: str) -> bool:
    """Whether a text is surely no path, so that a manager is missing where none is chosen."""
    return bool(_LIKE_A_REFERENCE.fullmatch(text))


def connect() -> Connection:
    """Starts the manager that is chosen.

    Raises AssetError where none is chosen, OpenAssetIO is not installed, or the manager cannot be started.
    """
    if not is_configured():
        raise AssetError(
            f"No asset manager is configured: set the variable {VARIABLE} to the OpenAssetIO configuration of your "
            "studio, a TOML file that names the manager"
        )
    try:
        import openassetio_mediacreation  # noqa: F401 (all that asks the manager needs it)

        from filmrecovery.assets.host import start_manager
    except ImportError as error:
        raise AssetError(
            f"References to assets need the packages openassetio and openassetio-mediacreation ({error}); install them "
            'with: pip install -c constraints.txt ".[assets]"'
        ) from error
    try:
        manager = start_manager()
        return Connection(manager, manager.createContext())
    except Exception as error:
        # A manager is foreign code, and may raise anything.
        raise AssetError(
            f"{os.environ[VARIABLE]}: the asset manager cannot be started ({type(error).__name__}: {error}); correct "
            f"this file, which {VARIABLE} names"
        ) from error
