"""What a painter gives back: found and read, whatever program has saved it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.film.checks.parity import check_values
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.painting.icc import is_profile_of, profile_name
from filmrecovery.painting.painting_record import GivenFrame, files_of, is_as_given
from filmrecovery.picture.arrays import Channel, Picture

_SUFFIXES = (".exr", ".tif", ".tiff", ".png")
_REMEDY = "save it flattened, as TIFF or PNG of 16 bits or as EXR"


@dataclass(frozen=True)
class PaintedPicture:
    """A picture as it was saved: RGB (height, width, 3) float32, how far each pixel is covered (height, width, 1).

    `rgb` is multiplied by the cover. `bits` is the depth of a channel; `profile_unknown` names a profile that could not
    be compared with the working space.
    """

    rgb: Picture
    cover: Channel
    bits: int
    profile_unknown: str | None

    def over(self, picture: Picture) -> Picture:
        """The painting over another picture of the same size, which shows where it is transparent."""
        return self.rgb + (1 - self.cover) * picture


def find_painted(folder: Path, given: GivenFrame) -> Path:
    """The file that the painter gives back of a frame: TIFF, PNG or EXR, and changed where there is more than one.

    Raises ElementError where there is none, or more than one that was changed.
    """
    beside = files_of(folder, given.frame)
    pictures = [path for path in beside if path.suffix.lower() in _SUFFIXES]
    changed = [path for path in pictures if not is_as_given(folder, path)]
    if len(changed) > 1:
        raise ElementError(
            f"{folder}: {' and '.join(path.name for path in changed)} are the same frame; keep the right one and move "
            "the others away"
        )
    if changed:
        return changed[0]
    others = [path.name for path in beside if path not in pictures]
    if others:
        raise ElementError(
            f"{folder / given.painted}: not painted, and {others[0]} beside it cannot be read; {_REMEDY}"
        )
    if not pictures:
        raise ElementError(
            f"{folder / given.painted}: missing; bring the painted file back under this name, or leave frame "
            f"{given.frame} out of --frames"
        )
    return pictures[0]


def read_painted(path: Path, space: str) -> PaintedPicture:
    """A painted file, in whatever depth and compression, with or without alpha.

    Raises ElementError for a file that is damaged, in pages, grey, CMYK or out of range, and for one that names another
    colour space than the working space `space`.
    """
    header = read_header(path)
    stated = header.get_string_attribute("colorInteropID")
    if stated.startswith("lin_"):
        raise ElementError(
            f"{path}: says that it is linear light ({stated}), expected {space}; save it in the colour space of the "
            "file that was given out"
        )
    profile = header.getattribute("ICCProfile")
    unknown = None
    if profile is not None:
        content = np.asarray(profile, np.uint8).tobytes()
        fits = is_profile_of(content, space)
        if fits is False:
            raise ElementError(
                f"{path}: was saved in the colour space '{profile_name(content)}', expected {space}; convert it to the "
                "profile of the file that was given out, and save it again"
            )
        unknown = None if fits else profile_name(content)
    frame = read_frame(path)
    rgb = frame.rgb
    check_values(path, rgb)
    cover = np.ones((*rgb.shape[:2], 1), np.float32)
    if "A" in frame.channels:
        cover = np.clip(frame.pixels[..., [frame.channels.index("A")]], 0.0, 1.0)
        if frame.spec.get_int_attribute("oiio:UnassociatedAlpha"):
            rgb = rgb * cover
    return PaintedPicture(rgb, cover, 8 * OpenImageIO.TypeDesc(header.format).size(), unknown)
