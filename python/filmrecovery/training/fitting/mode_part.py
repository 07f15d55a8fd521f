"""The part of a colour that a mode recovers."""

import numpy as np

from filmrecovery.picture.arrays import Values
from filmrecovery.picture.luma import chroma, luma


def mode_part(mode: str, rgb: Values) -> Values:
    """The part of R'G'B' values or changes (..., 3): Cb and Cr (..., 2), luma (..., 1), or in plain mode all of it."""
    if mode == "chroma":
        return chroma(rgb)
    return luma(rgb)[..., np.newaxis] if mode == "spatial" else rgb
