"""Settings of the stage that finds shots."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class ShotSettings:
    """How the frames are compared, and the shortest shot."""

    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to compare in")
    minimum_length: int = setting(8, "length of the shortest shot in frames", minimum=2)
