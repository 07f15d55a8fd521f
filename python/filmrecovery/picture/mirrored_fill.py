"""Filling what a mask covers with the picture around it, so that nothing of it is learnt, and nothing measured.

Where two pictures show the same and are filled alike, they still belong together, pixel by pixel: what is filled says
again what its surroundings say.
"""

import numpy as np
from scipy import ndimage

from filmrecovery.picture.arrays import Indices, Mask, Values


def mirrored_places(mask: Mask) -> tuple[Indices, Indices]:
    """Rows and columns, (height, width) each, of the pixels to take: what the mask covers mirrors what is beside.

    Each covered pixel takes the one that lies as far beyond the nearest edge of the mask as itself before it, or, where
    that is covered too or outside of the picture, the nearest one that is not covered. All of the picture must not be
    covered.
    """
    rows, columns = np.indices(mask.shape)
    nearest_rows, nearest_columns = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    height, width = mask.shape
    beyond_rows, beyond_columns = 2 * nearest_rows - rows, 2 * nearest_columns - columns
    inside = (beyond_rows >= 0) & (beyond_rows < height) & (beyond_columns >= 0) & (beyond_columns < width)
    inside &= ~mask[np.clip(beyond_rows, 0, height - 1), np.clip(beyond_columns, 0, width - 1)]
    return np.where(inside, beyond_rows, nearest_rows), np.where(inside, beyond_columns, nearest_columns)


def mirrored_fill(values: Values, mask: Mask) -> Values:
    """A picture (height, width, ...) with what the mask covers filled from beside it (see `mirrored_places`)."""
    return values[mirrored_places(mask)]
