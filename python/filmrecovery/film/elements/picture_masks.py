"""Masks: where frames show what is not of the film, such as subtitles, a logo or a burnt-in time code.

A mask is a sequence of pictures, or boxes and polygons that stand still or move, or both. Places are in pixels of the
display window of the source, x to the right and y down from its upper left corner.
"""

from pathlib import Path

import cv2
import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.mask_shapes import Points, parse_shapes
from filmrecovery.film.frames.frame import first_line
from filmrecovery.picture.arrays import Mask

_LEAST = 0.01
"""Below it a value is what compression leaves of 0."""
_FRACTIONS = 4
"""Bits of a pixel that OpenCV places corners by."""


class PictureMasks:
    """What a mask covers of each frame.

    A frame that no file is there for is covered by shapes alone. Raises SettingsError for a pattern that is none, and
    shapes that are not written as they should be; ElementError where there is no file at all.
    """

    def __init__(self, files: str | None = None, boxes: str | None = None) -> None:
        self._files = find_element(files, name="mask") if files else None
        self._shapes = parse_shapes(boxes or "")

    def __bool__(self) -> bool:
        """Whether anything may be covered."""
        return bool(self._files or self._shapes)

    def made_of(self, frame: int) -> tuple[object, ...]:
        """What decides the mask of a frame, for `made_from`; empty where nothing of it is covered."""
        path = self._path(frame)
        shapes = [[float(edge) for point in points for edge in point] for points in self._at(frame)]
        return (*([path] if path else []), *([shapes] if shapes else []))

    def covered(
        self, frame: int, header: OpenImageIO.ImageSpec, part: tuple[slice, slice] = (slice(None), slice(None))
    ) -> Mask | None:
        """Where the picture of a frame is covered, (height, width); None where nothing of it is.

        `header` is that of the frame, and `part` the rows and columns of its picture that are asked about. Raises
        ElementError for a file that is no mask.
        """
        left, top = header.x - header.full_x, header.y - header.full_y
        mask = np.zeros((header.height, header.width), bool)
        for points in self._at(frame):
            _draw(mask, points, left, top)
        if path := self._path(frame):
            _lay(mask, _read(path), left, top)
        mask = mask[part]
        return mask if mask.any() else None

    def _at(self, frame: int) -> list[Points]:
        return [points for points in (shape.at(frame) for shape in self._shapes) if points is not None]

    def _path(self, frame: int) -> Path | None:
        path = self._files.path(frame) if self._files else None
        return path if path and path.is_file() else None


def _draw(mask: Mask, points: Points, left: int, top: int) -> None:
    """Adds a shape to a mask that begins at `left` and `top`: whole pixels, those that are covered in part too."""
    places = np.array(points) - (left, top)
    if len(points) == 2:
        x0, y0 = np.maximum(np.floor(places[0]).astype(int), 0)
        x1, y1 = np.maximum(np.ceil(places[1]).astype(int), 0)
        mask[y0:y1, x0:x1] = True
        return
    drawn = mask.astype(np.uint8)
    # OpenCV counts from the middle of the first pixel.
    cv2.fillPoly(drawn, [np.round((places - 0.5) * 2**_FRACTIONS).astype(np.int32)], 1, shift=_FRACTIONS)
    mask |= drawn.astype(bool)


def _read(path: Path) -> tuple[Mask, int, int]:
    """The mask of a file, and where in the display window it begins."""
    image = OpenImageIO.ImageInput.open(str(path))
    if image is None:
        raise ElementError(f"{path}: not readable ({first_line(OpenImageIO.geterror())}); restore this mask")
    spec = image.spec()
    names = list(spec.channelnames)
    pixels = image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    damage = image.geterror()
    image.close()
    if pixels is None or damage:
        raise ElementError(f"{path}: truncated or damaged ({first_line(damage)}); restore this mask")
    values = pixels.reshape(spec.height, spec.width, spec.nchannels)
    if "A" in names:
        values = values[..., [names.index("A")]]
    return np.any(values > _LEAST, axis=-1), spec.x - spec.full_x, spec.y - spec.full_y


def _lay(mask: Mask, read: tuple[Mask, int, int], left: int, top: int) -> None:
    """Adds what was read to a mask that begins at `left` and `top`."""
    other, x, y = read
    x, y = x - left, y - top
    height, width = mask.shape
    rows = slice(max(y, 0), max(min(y + other.shape[0], height), 0))
    columns = slice(max(x, 0), max(min(x + other.shape[1], width), 0))
    mask[rows, columns] |= other[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
