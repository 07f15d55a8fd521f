"""Settings of painted frames: the palette they start from, how they are given out, and how they are taken back."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting


@dataclass(frozen=True, kw_only=True)
class PaletteSettings:
    """How the palette of an artwork is borrowed, and the colour spaces of the pictures."""

    artwork_space: str = setting("srgb_tx", "OCIO colour space of the artwork")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space of what is written")
    strength: float = setting(
        1.0, "strength of the palette, from the source's colours (0) to the artwork's (1)", minimum=0.0, maximum=1.0
    )
    degrain: float = setting(
        0.03, "rms of the source's grain, as a share of white; grain does not become coloured", minimum=0, maximum=0.5
    )


@dataclass(frozen=True, kw_only=True)
class ExportSettings(PaletteSettings):
    """How frames are given out for painting."""

    format: str = setting("tiff", "16-bit TIFF, or EXR with half float", choices=("tiff", "exr"))
    artwork: str | None = setting(
        None, "picture whose palette the painter starts from (default: the source's own colours)"
    )


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
