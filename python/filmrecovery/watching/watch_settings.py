"""Settings of the page of trainings, apart from the server, so that reading them does not wait for it."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class WatchSettings:
    """Where the page of trainings is served."""

    port: int = setting(8360, "port of the page on this machine; 0: any that is free", minimum=0, maximum=65535)
