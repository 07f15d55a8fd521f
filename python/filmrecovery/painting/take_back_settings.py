"""Settings for taking back painted frames."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True, kw_only=True)
class ImportSettings:
    """Which painted frames are taken back, and how exactly they are checked."""

    frames: str | None = setting(None, "frames to take back (default: all that were given out)")
    most_shift: float = setting(
        0.5,
        "greatest distance in pixels between a painted frame and the frame that was given out",
        minimum=0.0,
        maximum=1000.0,
    )
    luma_tolerance: float = setting(
        0.05, "difference of luma, rms as a share of white, above which a warning is given", minimum=0.0, maximum=1.0
    )
