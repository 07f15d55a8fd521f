"""The ground truth of a pair: what the network learns to make of the source.

In chroma recovery it is the source's luma with the reference's chroma, in spatial recovery the reference's luma with
the source's chroma; plain takes the reference as it is. This is the ground truth of the published film-recovery graphs
for CopyCat.
"""

import numpy as np

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.recovery_modes import MODES
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.median import median_filter
from filmrecovery.picture.merge import merge


def ground_truth(source: Picture, reference: Picture, mode: str, median: int = 0) -> Picture:
    """The target, (height, width, 3) float32 in 0..1, display-referred Rec.709 like both pictures it is made of.

    `source` and `reference` are (height, width, 3) and are clamped to 0..1 first. `median` is the width in pixels of
    the median window over the reference (see `median_filter`), 0 for none; it removes grain and compression noise
    from the reference, whose chroma the network would otherwise learn.

    The clamp of the result moves luma (in chroma mode) or chroma (in spatial mode) of those pixels alone whose
    exchanged colour cannot be displayed.

    Raises SettingsError for an unknown mode and for a median in any mode but chroma (the detail and grain of a spatial
    reference are what is learnt), and ElementError for sizes that differ.
    """
    check_mode(mode, median)
    if source.shape != reference.shape:
        raise ElementError(
            f"the source is {_size(source)} and the reference {_size(reference)}: "
            "bring the reference to the source's size and framing first"
        )
    source, reference = (np.clip(picture, 0.0, 1.0).astype(np.float32, copy=False) for picture in (source, reference))
    if mode == "chroma":
        target = merge(source, median_filter(reference, median), "color")
    elif mode == "spatial":
        target = merge(source, reference, "luminosity")
    else:
        target = reference
    return np.clip(target, 0.0, 1.0)


def check_mode(mode: str, median: int) -> None:
    """Raises SettingsError for an unknown mode, a negative median, and a median in any mode but chroma."""
    if mode not in MODES:
        raise SettingsError(f"mode '{mode}' is not one of {', '.join(MODES)}")
    if median < 0:
        raise SettingsError(f"median {median}: expected a width in pixels, or 0 for none")
    if median and mode != "chroma":
        raise SettingsError(
            f"median {median} in {mode} mode: the reference's grain and detail are what is learnt. "
            "Leave the median out, or set it to 0"
        )


def _size(picture: Picture) -> str:
    height, width = picture.shape[:2]
    return f"{width}x{height}"
