"""Blotches: uneven colour that a recovery lays over areas where the source is even."""

import cv2
import numpy as np

from filmrecovery.picture.luma import chroma, luma

# Cells of the picture's longer side, and Gaussians in cells: of a 2K frame, sizes of about 6 to 26 pixels.
_LENGTH = 480
_FINE, _COARSE = 1.5, 6.0
_EVEN = 0.25


def blotches(picture: np.ndarray, source: np.ndarray) -> float:
    """Root mean square of chroma of middling size, over Cb and Cr together, where the source is the most even.

    A share of the chroma range. Both are (height, width, 3), display-referred. Looked at is what lies between Gaussians
    of 1/320 and 1/80 of the picture's longer side, too coarse for grain and too fine for shading, in the quarter of the
    picture where luma and chroma of the source have the least of it.
    """
    y, cb, cr = _bands(source)
    unrest = cv2.GaussianBlur(y * y + cb * cb + cr * cr, (0, 0), _COARSE)
    even = unrest <= np.quantile(unrest, _EVEN)
    _, cb, cr = _bands(picture)
    return float(np.sqrt(np.mean(np.square([cb[even], cr[even]], dtype=np.float64))))


def _bands(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y', Cb and Cr between the two sizes, each (rows, columns) of cells."""
    height, width = rgb.shape[:2]
    scale = min(_LENGTH / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    cells = cv2.resize(rgb.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    colours = chroma(cells)
    planes = (luma(cells), colours[..., 0], colours[..., 1])
    y, cb, cr = (cv2.GaussianBlur(plane, (0, 0), _FINE) - cv2.GaussianBlur(plane, (0, 0), _COARSE) for plane in planes)
    return y, cb, cr
