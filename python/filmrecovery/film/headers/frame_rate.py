"""Frame rates, exact: headers and timelines hold 23.976 where 24000/1001 is meant."""

import fractions
import math

_HIGHEST = 1000.0
_TOLERANCE = 0.005
"""Frames a second by which a rate that somebody rounded may differ from what it stands for, as 23.98 does."""


def exact_rate(rate: float) -> fractions.Fraction | None:
    """The rate that a number stands for: a whole one, one of video (a whole one by 1.001), or the nearest fraction.

    None for what is no rate: not above 0, above 1000 frames a second, infinite or not a number.
    """
    if not (math.isfinite(rate) and 0 < rate <= _HIGHEST):
        return None
    whole = fractions.Fraction(max(round(rate), 1))
    video = fractions.Fraction(max(round(rate * 1.001), 1) * 1000, 1001)
    nearest = min(whole, video, key=lambda exact: abs(float(exact) - rate))
    if abs(float(nearest) - rate) <= _TOLERANCE:
        return nearest
    return fractions.Fraction(rate).limit_denominator(1001) or None
