"""How a source is cleaned, and where it may be. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import SettingsError
from filmrecovery.base.limits import WIDEST_MEDIAN


@dataclass(frozen=True)
class CleanSettings:
    """How the source is cleaned for the network, chroma mode only."""

    median: int = setting(
        0,
        "width in pixels of a median over the source against dust, 0 for none; chroma mode only",
        minimum=0,
        maximum=WIDEST_MEDIAN,
    )
    degrain: float = setting(
        0.0,
        "rms of the grain to take out of the source, as a share of white, 0 for none; chroma mode only",
        minimum=0,
        maximum=0.5,
    )


def check_clean(settings: CleanSettings, mode: str) -> None:
    """Raises SettingsError for cleaning in any mode but chroma, where grain and detail are part of what is learnt."""
    if settings != CleanSettings() and mode != "chroma":
        raise SettingsError(
            f"cleaning of the source in {mode} mode: the network has to learn from the grain and the detail that it "
            "will find in the shot. Leave median and degrain of the source out"
        )
