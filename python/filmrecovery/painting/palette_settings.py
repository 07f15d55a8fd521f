"""Settings for borrowing the palette of an artwork."""

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
