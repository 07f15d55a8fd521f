"""Settings of the stage that matches frames."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class MatchSettings:
    """The colour spaces of the elements; a scan in log or linear light is compared as it would be displayed."""

    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to compare in")
