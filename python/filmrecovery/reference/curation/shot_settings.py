"""Settings of the stage that finds shots."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import MOST_FRAMES


@dataclass(frozen=True)
class ShotSettings:
    """How the frames are compared, and the shortest shot."""

    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to compare in")
    minimum_length: int = setting(8, "length of the shortest shot in frames", minimum=2, maximum=MOST_FRAMES)


@dataclass(frozen=True)
class TimelineSettings:
    """How a timeline counts."""

    rate: float = setting(24.0, "frames a second of the timeline", minimum=1, maximum=120)
