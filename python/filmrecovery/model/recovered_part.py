"""What a mode recovers of a picture, its chroma, its luma or all of it, and how another one is put in its place.

Pictures are display-referred R'G'B' after ITU-R BT.709-6, as in `picture.luma`, but tensors (batch, 3, height, width).
Imports torch alone, so that Gaffer's own interpreter can run it.
"""

import torch
from torch import Tensor

from filmrecovery.picture.luma import BLUE_RANGE, LUMA_WEIGHTS, RED_RANGE

_LEAST = 1e-12


def luma(picture: Tensor) -> Tensor:
    """BT.709 luma (batch, 1, height, width) of a picture (batch, 3, height, width)."""
    (red, green, blue), weights = picture.split(1, 1), LUMA_WEIGHTS
    return (weights[0] * red).add(green, alpha=weights[1]).add(blue, alpha=weights[2])


def chroma(picture: Tensor) -> Tensor:
    """BT.709 chroma (batch, 2, height, width), Cb then Cr, of a picture (batch, 3, height, width)."""
    y = luma(picture)
    return torch.cat([(picture[:, 2:3] - y) / BLUE_RANGE, (picture[:, 0:1] - y) / RED_RANGE], 1)


def recovered_part(mode: str, picture: Tensor) -> Tensor:
    """What a mode recovers of pictures (batch, 3, ...): chroma, luma or all, (batch, 2 | 1 | 3, ...)."""
    if mode == "chroma":
        return chroma(picture)
    return luma(picture) if mode == "spatial" else picture


def with_recovered_part(mode: str, picture: Tensor, part: Tensor) -> Tensor:
    """Pictures with another such part, of the same size, in the place of their own; the rest of them is held.

    The part replaces that of the picture within 0..1: what lies outside is carried through. The chroma of what is
    brighter is that of the same hue within 0..1 (`brightness_beyond`), times its brightness. Chroma that no display can
    show at the picture's luma is made paler, at the same hue, until R'G'B' lie within 0..1.
    """
    if mode != "chroma":
        return picture + (part - recovered_part(mode, picture.clamp(0.0, 1.0)))
    scale = brightness_beyond(picture)
    seen = (picture / scale).clamp_(min=0.0)
    y = luma(seen)
    blue, red = BLUE_RANGE * part[:, 0:1], RED_RANGE * part[:, 1:2]
    red_weight, green_weight, blue_weight = LUMA_WEIGHTS
    green = red * (-red_weight / green_weight) - blue * (blue_weight / green_weight)
    share = _displayable_share(y, red, green, blue).mul_(scale)
    beside_grey = torch.cat([share * red, share * green, share * blue], 1)
    return picture + beside_grey.add_((y - seen).mul_(scale))


def brightness_beyond(picture: Tensor) -> Tensor:
    """How many times as bright as a display shows them the colours of a picture are, 1 or more, (batch, 1, ...)."""
    # Plane by plane: `amax` over so few planes takes several times as long.
    red, green, blue = picture.split(1, 1)
    return torch.maximum(torch.maximum(red, green), blue).clamp_(min=1.0)


def _displayable_share(y: Tensor, red: Tensor, green: Tensor, blue: Tensor) -> Tensor:
    """How much, 0 to 1, of what R', G' and B' lie above and below their luma a display can show, each (batch, 1, ...).

    A grade that goes on beyond the colours it was fitted to would give blacks and whites a colour.
    """
    highest = torch.maximum(torch.maximum(red, green), blue).clamp_(min=_LEAST)
    lowest = torch.minimum(torch.minimum(red, green), blue).clamp_(max=-_LEAST)
    return torch.minimum((1 - y) / highest, -y / lowest).clamp_(0.0, 1.0)
