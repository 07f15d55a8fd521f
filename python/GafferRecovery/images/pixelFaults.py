"""Why the engine does not take the values of a frame, by what Gaffer's reader says of them, in the engine's words."""

import math
from pathlib import Path

import GafferImage

from filmrecovery.film.frames.narrow_codes import BELOW, FEWEST_BITS, CodeUse, is_end_of_fewer_bits, narrow_problem
from filmrecovery.film.headers.stated_codes import stated_bits

_COLOUR = (("R", "r"), ("G", "g"), ("B", "b"))
"""Channels, and their places in statistics."""
_WHOLE = "uint"


def faultOf(path: Path, image: GafferImage.ImagePlug, statistics: GafferImage.ImageStats) -> str:
    """What is wrong with the values of a file; empty where nothing is. To be asked in the context of the whole image.

    `image` is as the file stores it, and `statistics` are those of its data window. Raises OSError.
    """
    numbers = image.metadata().get("dataType")
    kind = numbers.value if numbers else ""
    if not kind.startswith(_WHOLE):
        # Of one that is no finite number, neither is the mean.
        means = [statistics["average"][place].getValue() for _, place in _COLOUR]
        if not all(map(math.isfinite, means)):
            return "values of RGB are NaN or Inf; expected finite values, render this frame again"
        return ""
    bits = int(kind.removeprefix(_WHOLE) or 32)
    if bits < FEWEST_BITS:
        return ""
    scale = (1 << bits) - 1
    highest = round(max(statistics["max"][place].getValue() for _, place in _COLOUR) * scale)
    use = CodeUse(bits, highest)
    if is_end_of_fewer_bits(highest, bits):
        # Seldom, so that a second look at all values costs nothing.
        picture = GafferImage.ImageAlgo.image(image)
        lowest = (highest - BELOW - 0.5) / scale
        codes = [round(value * scale) for channel, _ in _COLOUR for value in picture[channel] if value > lowest]
        clipped = codes.count(highest)
        use = CodeUse(bits, highest, clipped, len(codes) - clipped)
    return narrow_problem(use, stated_bits(path))
