import math


def roundUp(value: float) -> float:
    """A round number for the marks of an axis, not below a value above 0: 1, 2, 5, 10, 20, 50..., or 0.1, 0.2..."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * 0.999)
