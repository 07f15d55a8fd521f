"""Blotches: uneven colour that a recovery lays over areas where the source is even."""

import numpy as np

from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.picture.blur import blurred
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.resize import area_averaged

# Cells of the picture's longer side, and Gaussians in cells: of a 2K frame, sizes of about 6 to 26 pixels.
_LENGTH = 480
_FINE, _COARSE = 1.5, 6.0
_EVEN = 0.25


def blotches(picture: Picture, source: Picture) -> float:
    """Root mean square of chroma of middling size, over Cb and Cr together, where the source is the most even.

    A share of the chroma range. Both are (height, width, 3), display-referred. Looked at is what lies between Gaussians
    of 1/320 and 1/80 of the picture's longer side, too coarse for grain and too fine for shading, in the quarter of the
    picture where luma and chroma of the source have the least of it.
    """
    y, cb, cr = _bands(source)
    unrest = blurred(y * y + cb * cb + cr * cr, _COARSE)
    even = unrest <= np.quantile(unrest, _EVEN)
    _, cb, cr = _bands(picture)
    return float(np.sqrt(np.mean(np.square([cb[even], cr[even]], dtype=np.float64))))


def _bands(rgb: Picture) -> tuple[Channel, Channel, Channel]:
    """Y', Cb and Cr between the two sizes, each (rows, columns) of cells."""
    height, width = rgb.shape[:2]
    scale = min(_LENGTH / max(height, width), 1.0)
    cells = area_averaged(rgb.astype(np.float32), max(round(width * scale), 1), max(round(height * scale), 1))
    colours = chroma(cells)
    planes = (luma(cells), colours[..., 0], colours[..., 1])
    y, cb, cr = (blurred(plane, _FINE) - blurred(plane, _COARSE) for plane in planes)
    return y, cb, cr
