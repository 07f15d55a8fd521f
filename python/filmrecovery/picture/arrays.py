"""Names for arrays, so that a signature says what an array holds.

A checker of types sees the kind of number that a name stands for, and not its shape: shapes stand here, and in the
docstring of the function where they differ. "Floating" is float32 in files and networks, and float64 where sums need
it; NumPy does not declare which of them comes out of arithmetic, so that a name cannot say it either.
"""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.floating]
"""R'G'B', (height, width, 3), floating: 0 is black and 1 is white, and values outside can occur."""

Channel = NDArray[np.floating]
"""One value a pixel, such as luma, (height, width), floating: 0..1 where the docstring says nothing else."""

Channels = NDArray[np.floating]
"""A channel of each of several frames, (frames, height, width), floating: most often luma of thumbnails."""

Colours = NDArray[np.floating]
"""A list of colours, (count, 3), floating: R, G and B of each."""

Points = NDArray[np.floating]
"""A list of places in a picture, (count, 2), floating: x and y of each in pixels, from the upper left corner."""

Matrix = NDArray[np.floating]
"""A matrix, floating: (3, 3) for a homography, which takes points (x, y, 1) in pixels."""

Values = NDArray[np.floating]
"""Numbers of any other kind and shape, floating."""

Mask = NDArray[np.bool_]
"""True where something holds, most often (height, width)."""

Indices = NDArray[np.integer]
"""Whole numbers: indices of frames, rows or columns, or counts."""

Codes = NDArray[np.uint8]
"""Values of 8 bit, 0..255: of a picture for the display, (height, width, 3), or flags, (height, width)."""
