"""What a movie says of itself. Standard library alone."""

import dataclasses
from dataclasses import dataclass

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_FRAME, LARGEST_SIDE

MOVIE_SUFFIXES = (
    *(".mkv", ".mov", ".mp4", ".m4v", ".mxf", ".avi", ".vob", ".mpg", ".mpeg", ".m2v", ".ts", ".m2ts", ".mts", ".dv"),
)
"""The suffixes of files that are taken for movies where frames are expected."""


@dataclass(frozen=True)
class Tag:
    """What a movie says by a name of its own."""

    name: str = setting(dataclasses.MISSING, "name of the tag")
    value: str = setting("", "its text")


@dataclass(frozen=True)
class MovieFacts:
    """What a movie says of itself; empty where it says nothing. A rate or aspect is a fraction such as "24000/1001"."""

    container: str = setting("", "FFmpeg's name of the container")
    codec: str = setting("", "FFmpeg's name of the codec")
    profile: str = setting("", "profile of the codec")
    pixel_format: str = setting("", "FFmpeg's name of the pixel format")
    width: int = setting(0, "pixels of a line", minimum=0, maximum=LARGEST_SIDE)
    height: int = setting(0, "lines of a picture", minimum=0, maximum=LARGEST_SIDE)
    rate: str = setting("", "pictures a second")
    pixel_aspect: str = setting("", "width of a pixel for its height")
    range: str = setting("", "range of the codes")
    matrix: str = setting("", "matrix of Y'CbCr")
    siting: str = setting("", "where samples of colour lie, by the movie or by the standard of its codec")
    primaries: str = setting("", "primaries of R, G and B")
    transfer: str = setting("", "transfer curve")
    field_order: str = setting("", "progressive, or the field that comes first")
    timecode: str = setting("", "timecode of the first picture")
    reel: str = setting("", "name of the reel")
    tags: tuple[Tag, ...] = setting((), "what else its headers say, in their order")
    stated_pictures: int = setting(
        0, "number of pictures, 0 where the header does not say", minimum=0, maximum=HIGHEST_FRAME
    )
