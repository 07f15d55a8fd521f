"""Small pictures of an element's frames, for the stages that look at how the film goes on rather than at its detail."""

from collections.abc import Iterator

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.resize import area_averaged


def thumbnail_shape(element: Element, length: int) -> tuple[int, int]:
    """Height and width of the element's thumbnails: the picture as displayed, after its pixel aspect, with `length`
    pixels on the longer side. Raises ElementError where the first frame cannot be read."""
    header = read_header(element.path(element.frames[0]))
    width, height = header.width * header.get_float_attribute("PixelAspectRatio", 1.0), header.height
    scale = length / max(width, height)
    return max(1, round(height * scale)), max(1, round(width * scale))


def read_thumbnails(element: Element, working_space: str, length: int) -> Iterator[Picture]:
    """A thumbnail of each frame, (height, width, 3) float32 in 0..1, of the shape of `thumbnail_shape`.

    They are converted from the colour space of the element to the working space, after they were made small: the
    difference is slight, and most of the time is saved.

    Raises SettingsError for a space that is unknown, ElementError for frames that are missing, damaged, or of another
    size than the first.
    """
    convert = colour.converter(element.space, working_space)
    first = read_header(element.path(element.frames[0]))
    height, width = thumbnail_shape(element, length)

    def read(frame: int) -> Picture:
        path = element.path(frame)
        rgb = read_frame(path).rgb
        if rgb.shape[:2] != (first.height, first.width):
            raise ElementError(
                f"{path}: {rgb.shape[1]}x{rgb.shape[0]} pixels; expected {first.width}x{first.height} pixels as in "
                f"frame {element.frames[0]}: give elements of one size"
            )
        return np.clip(convert(area_averaged(rgb, width, height)), 0.0, 1.0)

    return on_all_cores(read, element.frames, f"Reading {element.pattern}")
