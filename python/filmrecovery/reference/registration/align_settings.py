"""What can be chosen about the alignment. Imports the standard library alone, as Gaffer needs it."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting

MODELS = {"translate": 2, "similarity": 4, "affine": 6, "perspective": 8}
"""What a shot's transform may be, and how many parameters that has."""


@dataclass(frozen=True)
class AlignSettings:
    """How the reference may lie over the source, and what is compared."""

    model: str = setting("perspective", "kind of transform", choices=tuple(MODELS))
    region: str | None = setting(
        None, 'part of the source that is compared, "left,top,right,bottom" in pixels (default: the whole picture)'
    )
    flag_threshold: float = setting(
        0.5, "expected error, in pixels of the source, above which a frame is flagged", minimum=0.01, maximum=1000.0
    )
    resolution: int = setting(
        960, "width in pixels; wider pictures are reduced to it before comparing", minimum=160, maximum=8192
    )
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to compare in")
