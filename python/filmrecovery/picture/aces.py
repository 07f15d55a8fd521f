"""ACES2065-1, the colour space of delivered frames (SMPTE ST 2065-1). Standard library alone."""

DELIVERY_SPACE = "lin_ap0"
"""ACES2065-1 by its alias in the ACES configs."""

_NAMES = (DELIVERY_SPACE, "aces2065-1", "aces2065_1", "aces - aces2065-1", "aces_interchange")
"""Name, aliases and role of that space in the ACES configs, in lower case, which OpenColorIO does not tell apart."""

AP0_CHROMATICITIES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""x and y of red, green, blue and white (SMPTE ST 2065-1)."""


def is_aces2065_1(space: str) -> bool:
    """Whether the name is one of the ACES configs for ACES2065-1."""
    return space.lower() in _NAMES
