"""Settings for giving out frames to a painter."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.painting.palette_settings import PaletteSettings

FORMATS = ("tiff", "exr")
"""What frames are given out as: 16-bit TIFF, or EXR with half float."""


@dataclass(frozen=True, kw_only=True)
class ExportSettings(PaletteSettings):
    """How frames are given out for painting."""

    format: str = setting("tiff", "16-bit TIFF, or EXR with half float", choices=FORMATS)
    artwork: str | None = setting(
        None, "picture whose palette the painter starts from (default: the source's own colours)"
    )
