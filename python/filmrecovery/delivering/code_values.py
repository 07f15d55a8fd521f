"""Pictures in whole numbers, as masters of DPX and of movies hold them: in which space, and what is cut off."""

import logging
from collections.abc import Iterable

import numpy as np

from filmrecovery.picture.arrays import Picture

_LOG = logging.getLogger(__name__)

SPACE_NAME = "filmrecovery:space"
"""The key that names the OCIO colour space of whole numbers: neither DPX nor Matroska has a code for each."""
HIGHEST_CODE = 1023
_ROUNDING = 0.5 / HIGHEST_CODE
"""A value that is rounded to the highest code is not cut."""


def cut_to_codes(picture: Picture) -> tuple[Picture, float]:
    """A picture within 0..1, and the share of its values that were cut off."""
    outside = (picture < -_ROUNDING) | (picture > 1 + _ROUNDING)
    return np.clip(picture, 0.0, 1.0), float(np.mean(outside))


def warn_of_cut(what: str, space: str, cuts: Iterable[float]) -> None:
    """Warns of the frames of a master of which some share was cut off."""
    shares = [cut for cut in cuts if cut]
    if shares:
        _LOG.warning(
            "%s: %d frames have values that codes of the space %s cannot hold, up to %.2g %% of a frame; they are cut",
            what,
            len(shares),
            space,
            100 * max(shares),
        )
