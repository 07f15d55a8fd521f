"""The frames of an element as a validation measures them: in the working space, within the crop, without the mask."""

from dataclasses import dataclass

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.picture_masks import PictureMasks
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.picture.measures import SMALLEST_SIDE
from filmrecovery.picture.mirrored_fill import mirrored_fill
from filmrecovery.reference.curation.shared_crop import SharedCrop, part_inside
from filmrecovery.validation.doubted import frame_doubt
from filmrecovery.validation.validation_figures import FrameDoubt


@dataclass(frozen=True)
class WorkingPictures:
    """The frames of an element, read into the working space."""

    element: Element
    convert: colour.Conversion
    area: SharedCrop | None
    masks: PictureMasks

    def picture(self, frame: int) -> Picture:
        """The part of the frame that is measured, (height, width, 3) float32."""
        return self._read(frame)[0]

    def picture_of(self, source: Picture, frame: int) -> Picture:
        """The part of the frame that is measured. Raises ElementError where it has not the size of the source's."""
        return self.doubted_of(source, frame)[0]

    def doubted_of(self, source: Picture, frame: int) -> tuple[Picture, FrameDoubt | None]:
        """The part of the frame, as `picture_of`, and how far it is doubted, where the frame says so."""
        picture, doubt = self._read(frame)
        if picture.shape != source.shape:
            sizes = [f"{array.shape[1]}x{array.shape[0]} pixels" for array in (picture, source)]
            raise ElementError(f"{self.element.path(frame)}: {sizes[0]}; expected {sizes[1]} as in the source")
        if doubt is None:
            return picture, None
        area = self.area and self.area.at(frame)
        return picture, frame_doubt(doubt, *((area.x0, area.y0) if area else ()))

    def _read(self, frame: int) -> tuple[Picture, Channel | None]:
        path = self.element.path(frame)
        read = read_frame(path)
        rgb, doubt = read.rgb, read.channel(DOUBT_CHANNEL)
        part = part_inside(self.area, frame, path, *rgb.shape[:2])
        rgb = np.ascontiguousarray(rgb[part])
        doubt = None if doubt is None else doubt[part]
        check_size(rgb, str(path))
        mask = self.masks.covered(frame, read.spec, part)
        if mask is not None:
            rgb = mirrored_fill(rgb, mask)
            doubt = None if doubt is None else np.where(mask, 0.0, doubt)
        return self.convert(rgb), doubt


def check_size(picture: Picture, what: str) -> None:
    """Raises ElementError for a picture, (height, width, 3), that is too small to be measured; `what` names it."""
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise ElementError(
            f"{what}: {width}x{height} pixels are too few to be measured; "
            f"expected {SMALLEST_SIDE} or more on every side, after the crop"
        )
