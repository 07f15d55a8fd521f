"""Settings of the stage that makes numbered frames of a movie. Standard library alone."""

from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_FRAME

FILM, FRAMES, FIELDS = "film", "frames", "fields"
LIMITED, FULL = "limited", "full"
LEFT, CENTER, TOP_LEFT = "left", "center", "top-left"
TOP_CENTER, BOTTOM_LEFT, BOTTOM_CENTER = "top", "bottom-left", "bottom"
TOP, BOTTOM = "top", "bottom"
SQUARE, STORED = "square", "stored"
WEAK, STRONG = "weak", "strong"
MATRICES = ("bt601", "bt709", "bt2020")


@dataclass(frozen=True)
class UnpackSettings:
    """What is made of a movie, and what it does not say, or says wrong."""

    pictures: str = setting(
        FILM,
        "film: the frames of the film, each once, without the fields that a telecine doubled; frames: each picture of "
        "the movie as it is; fields: each field of interlaced video as a picture",
        choices=(FILM, FRAMES, FIELDS),
    )
    matrix: str | None = setting(
        None, "matrix of Y'CbCr (default: what the movie says, or bt601 up to 576 lines and bt709)", choices=MATRICES
    )
    range: str | None = setting(
        None, "range of the codes (default: what the movie says, or limited for Y'CbCr)", choices=(LIMITED, FULL)
    )
    siting: str | None = setting(
        None,
        "where a sample of colour lies among the pixels that it is of; left and center are at half their height "
        "(default: what the movie or the codec's standard says, or left)",
        choices=(LEFT, CENTER, TOP_LEFT, TOP_CENTER, BOTTOM_LEFT, BOTTOM_CENTER),
    )
    field_order: str | None = setting(
        None, "the field that comes first (default: it is found by the pictures)", choices=(TOP, BOTTOM)
    )
    pixels: str = setting(
        SQUARE,
        "square: pictures whose pixels are not square are stretched along the side that is too short; stored: they "
        "stay as they are, and the header says their aspect",
        choices=(SQUARE, STORED),
    )
    deblock: str | None = setting(
        None,
        "smooth the edges of the codec's blocks, weak or strong; of a reference for colour alone",
        choices=(WEAK, STRONG),
    )
    deband: float | None = setting(
        None,
        "smooth bands: the greatest step between them, as a share of white, such as 0.02; of a reference for colour "
        "alone",
        minimum=0.0001,
        maximum=0.2,
    )
    first: int = setting(1, "number of the first frame", minimum=0, maximum=HIGHEST_FRAME)
    encoding: str = setting(
        "float",
        "EXR encoding: float keeps every code; zip is half float, with half the size and up to a quarter of a 10-bit "
        "code of error",
        choices=("float", "zip"),
    )
