"""An entity of an asset manager, as records name it. Standard library alone."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class Entity:
    """A version of something that an asset manager knows."""

    reference: str = setting(dataclasses.MISSING, "its reference, which names the version where the manager can")
    version: str = setting("", "the version, as the manager calls it")
