"""The review of a delivery: its frames as a display shows them, as a movie or as PNG."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import one_ahead
from filmrecovery.base.progress import progress
from filmrecovery.delivering.deliver_settings import DeliverSettings
from filmrecovery.delivering.display_picture import display_picture
from filmrecovery.delivering.review_movie import check_review_movie, write_review_movie
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import Frame, frame_from_rgb
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.resize import area_averaged

_LOG = logging.getLogger(__name__)


def check_review(settings: DeliverSettings, recovered: Element) -> None:
    """Finds what stands against the review before anything is written.

    Raises SettingsError for a space, display or view that is not in the config; OutputError for frames of a size that
    no movie has.
    """
    colour.display_converter(recovered.space, settings.display, settings.view)
    if settings.review == "mp4":
        check_review_movie(*_size(read_header(recovered.path(recovered.frames[0])), settings.width), settings.rate)


def write_review(settings: DeliverSettings, recovered: Element, output: str) -> None:
    """Writes the review of recovered frames: to the path of a movie or to a pattern of PNG frames.

    Frames that are there already and can be read are left alone. A movie is made again: it has no checksum that tells
    whether it is still whole. Everything is read back.

    Raises SettingsError for a space, display or view that is not in the config, ElementError for frames that are
    missing or damaged, OutputError where nothing can be written.
    """
    to_display = colour.display_converter(recovered.space, settings.display, settings.view)

    def show(number: int) -> Picture:
        return np.clip(to_display(_screen(read_frame(recovered.path(number)), settings.width)), 0.0, 1.0)

    def shown(numbers: tuple[int, ...]) -> Iterator[Picture]:
        with ThreadPoolExecutor(1) as reader:
            ahead = one_ahead(reader, show, numbers)
            done = len(recovered.frames) - len(numbers)
            for pending in progress(ahead, len(recovered.frames), "Review", done):
                yield pending.result()

    if settings.review == "mp4":
        write_review_movie(Path(output), shown(recovered.frames), settings.rate)
        return
    frames = Element(output, recovered.frames, "")
    missing = tuple(number for number in frames.frames if not _is_readable(frames.path(number)))
    for number, picture in zip(missing, shown(missing), strict=True):
        write_frame(frames.path(number), frame_from_rgb(picture))
        read_frame(frames.path(number))


def _is_readable(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        read_frame(path)
    except ElementError as error:
        _LOG.warning("%s; it is written again", error)
        return False
    return True


def _screen(frame: Frame, width: int) -> Picture:
    """RGB, (height, width, 3), of the display window, black where there is none, in square pixels of at most a width.

    Nothing is enlarged: pixels that are not square lose lines or columns.
    """
    spec = frame.spec
    screen = display_picture(frame)
    size = _size(spec, width)
    if size == (spec.full_width, spec.full_height):
        return screen
    return area_averaged(screen, *size)


def _size(spec: OpenImageIO.ImageSpec, width: int) -> tuple[int, int]:
    """Width and height of what is shown of a frame."""
    aspect = spec.get_float_attribute("PixelAspectRatio", 1.0) or 1.0
    across, down = spec.full_width * min(aspect, 1.0), spec.full_height * min(1.0 / aspect, 1.0)
    scale = min(1.0, width / across)
    return max(1, round(across * scale)), max(1, round(down * scale))
