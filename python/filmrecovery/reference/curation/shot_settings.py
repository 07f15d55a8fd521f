"""Settings of the stage that finds shots."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True)
class ShotSettings:
    """How the frames are read, and the shortest shot."""

    space: str = setting("srgb_tx", "OCIO colour space of the element's files")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to compare in")
    minimum_length: int = setting(8, "frames of the shortest shot", minimum=2)
