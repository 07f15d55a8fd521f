"""Pictures that lie turned or mirrored in their files, and say so: they are turned upright as they are read.

What a file says of the shape of its pixels is looked at here as well: by it, no picture can be turned.

Does not import OpenImageIO itself: Gaffer's own process turns pictures too.

The numbers are those of TIFF 6.0 and Exif: which side of the picture the first row of the file shows, and which its
first column.
"""

from typing import TYPE_CHECKING

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.base.limits import WIDEST_PIXEL
from filmrecovery.picture.arrays import Values

if TYPE_CHECKING:
    import OpenImageIO

NAME = "Orientation"
_ASPECT = "PixelAspectRatio"
# What to undo after a picture that is turned by a quarter has its rows and columns exchanged.
_MIRRORED_ROWS, _MIRRORED_COLUMNS, _TURNED = (3, 4, 7, 8), (2, 3, 6, 7), (5, 6, 7, 8)


def orientation_of(spec: "OpenImageIO.ImageSpec") -> int:
    """How the picture of a file lies, 1 to 8, where 1 is upright.

    Raises ElementError for another number, and for a picture that is turned by a quarter and has pixels that are not
    square: which of their sides is meant is nowhere said.
    """
    # Software that does not know writes 0, and every viewer takes it for upright.
    orientation = spec.get_int_attribute(NAME, 1) or 1
    if not 1 <= orientation <= 8:
        raise ElementError(f"says that its orientation is {orientation}, expected 1 to 8; correct the header")
    aspect = spec.get_float_attribute(_ASPECT, 1.0)
    if orientation in _TURNED and aspect != 1.0:
        raise ElementError(
            f"is stored turned by a quarter (orientation {orientation}), with a pixel aspect of {aspect:.4g}; turn it "
            "upright with a program that shows it right"
        )
    return orientation


def drop_senseless_aspect(spec: "OpenImageIO.ImageSpec") -> None:
    """Takes a pixel aspect that no picture has out of a header: some software leaves half of it undefined, or 0."""
    aspect = spec.get_float_attribute(_ASPECT, 1.0)
    if not 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL:
        spec.erase_attribute(_ASPECT)


def upright_header(spec: "OpenImageIO.ImageSpec", orientation: int) -> "OpenImageIO.ImageSpec":
    """The header of a picture as it is when it is turned upright: its windows, and no word of another orientation."""
    upright = spec.copy()
    upright.erase_attribute(NAME)
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    right, bottom = spec.full_width - left - spec.width, spec.full_height - top - spec.height
    if orientation in _TURNED:
        upright.width, upright.height = spec.height, spec.width
        upright.full_x, upright.full_y = spec.full_y, spec.full_x
        upright.full_width, upright.full_height = spec.full_height, spec.full_width
        left, top, right, bottom = top, left, bottom, right
    upright.x = upright.full_x + (right if orientation in _MIRRORED_COLUMNS else left)
    upright.y = upright.full_y + (bottom if orientation in _MIRRORED_ROWS else top)
    return upright


def upright_pixels(pixels: Values, orientation: int) -> Values:
    """The pixels (height, width, channels) of a file, turned upright."""
    if orientation in _TURNED:
        pixels = pixels.swapaxes(0, 1)
    if orientation in _MIRRORED_ROWS:
        pixels = pixels[::-1]
    if orientation in _MIRRORED_COLUMNS:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
