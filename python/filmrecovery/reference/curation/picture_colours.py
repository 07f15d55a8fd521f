"""The colours of an element's picture, without its borders, for the stages that look at levels."""

import numpy as np

from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.picture.arrays import Colours
from filmrecovery.picture.luma import luma
from filmrecovery.reference.curation.borders import find_borders, picture_area

# Averaged to this length, grain and dust have little say in the levels.
_THUMBNAIL_LENGTH = 320


def picture_colours(element: Element, working_space: str) -> Colours:
    """The pixels (count, 3) of thumbnails of an element's frames, float64 in 0..1, in the working space.

    A dozen frames or more, spread over the element, tell borders from picture. Raises as `read_thumbnails` does.
    """
    pictures = np.stack(list(read_thumbnails(element, working_space, _THUMBNAIL_LENGTH)))
    left, top, right, bottom = picture_area(find_borders(luma(pictures)))
    return pictures[:, top:bottom, left:right].reshape(-1, 3).astype(np.float64)
