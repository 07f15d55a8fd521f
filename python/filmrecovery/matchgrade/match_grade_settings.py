"""Settings of the match grade, apart from the stages, so that plugs can follow from them. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.film.frames.frame_encoding import ENCODINGS
from filmrecovery.picture.aces import DELIVERY_SPACE


@dataclass(frozen=True)
class MatchGradeSettings:
    """The LUT that is fitted."""

    nodes: int = setting(33, "nodes along each side of the LUT", minimum=9, maximum=65)
    smoothness: float = setting(
        1.0,
        "smoothness of the LUT: raise it if the LUT bands, lower it if it misses colours",
        minimum=0.01,
        maximum=100.0,
    )


@dataclass(frozen=True)
class UnpairedSettings(MatchGradeSettings):
    """The LUT that is fitted to two elements without pairs, and its colour space."""

    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space of the LUT")


@dataclass(frozen=True)
class GradeSettings:
    """The colour spaces and encoding of what a LUT makes of frames."""

    working_space: str | None = setting(
        None, "OCIO colour space that the LUT takes and gives (default: as the record beside the LUT says)"
    )
    output_space: str = setting(DELIVERY_SPACE, "OCIO colour space of the result")
    encoding: str = setting("zip", "EXR encoding of the result", choices=ENCODINGS)
