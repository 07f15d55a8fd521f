"""A reference that is composed of several elements: luma of one, chroma of another, a channel of a third.

No one copy of a film need have kept everything. What the target of a pair takes of its reference can come from as many
elements as there are parts: the *donor channel* of the Faded Balancer is one of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.base.recovery_modes import PARTS
from filmrecovery.picture.arrays import Picture
from filmrecovery.picture.luma import with_luma_of

_CHANNELS = {"red": 0, "green": 1, "blue": 2}


def composed_reference(reference: Picture, parts: Mapping[str, Sequence[Picture]]) -> Picture:
    """The reference, (height, width, 3) display-referred Rec.709, with parts of other pictures of that shape.

    `parts` has one picture or more for each of some of `PARTS`. Of several the median is taken, pixel by pixel, of two
    the mean: what only one of them has, such as a scratch, is outvoted by three. Luma and chroma are exchanged first
    (BT.709), then whole channels. All are clamped to 0..1 first.

    Raises ElementError for a picture of another size.
    """
    composed = np.clip(reference, 0.0, 1.0)
    for part in PARTS:
        if part not in parts:
            continue
        picture = _agreed(parts[part])
        if picture.shape != composed.shape:
            sizes = ["{1}x{0}".format(*array.shape) for array in (picture, composed)]
            raise ElementError(
                f"what gives the {part} is {sizes[0]} and the reference {sizes[1]}: bring both to one size and framing"
            )
        if part == "luma":
            composed = with_luma_of(composed, picture)
        elif part == "chroma":
            composed = with_luma_of(picture, composed)
        else:
            composed = composed.copy()
            composed[..., _CHANNELS[part]] = picture[..., _CHANNELS[part]]
    return composed


def _agreed(pictures: Sequence[Picture]) -> Picture:
    clamped = [np.clip(picture, 0.0, 1.0) for picture in pictures]
    return clamped[0] if len(clamped) == 1 else np.median(clamped, axis=0).astype(clamped[0].dtype)
