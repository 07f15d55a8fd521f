"""What every writer of recovered frames holds to, in the engine and in Gaffer. Standard library alone."""

from filmrecovery.base.errors import SettingsError

DELIVERY_SPACE = "lin_ap0"
"""ACES2065-1 (SMPTE ST 2065-1)."""

_ACES2065_1_NAMES = (DELIVERY_SPACE, "aces2065-1", "aces2065_1", "aces - aces2065-1", "aces_interchange")
"""Name, aliases and role of that space in the ACES configs, in lower case, which OpenColorIO does not tell apart."""

AP0_CHROMATICITIES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""x and y of red, green, blue and white (SMPTE ST 2065-1)."""

ENCODINGS = ("zip", "dwaa", "aces", "float")
"""Half float with ZIP or DWAA, ACES container (SMPTE ST 2065-4: half float, uncompressed), 32-bit float with ZIP."""

MARK_NAME = "filmrecovery:madeFrom"
"""Attribute of a finished frame: a hash over everything that it was made from."""


def is_aces2065_1(space: str) -> bool:
    """Whether the name is one of the ACES configs for ACES2065-1."""
    return space.lower() in _ACES2065_1_NAMES


def check_encoding(encoding: str, space: str) -> None:
    """Raises SettingsError for an unknown encoding, and for an ACES container with pixels that are not ACES2065-1."""
    if encoding not in ENCODINGS:
        raise SettingsError(f"encoding '{encoding}' is not one of {', '.join(ENCODINGS)}")
    if encoding == "aces" and not is_aces2065_1(space):
        raise SettingsError(
            f"encoding 'aces' holds {DELIVERY_SPACE} alone, and the output space is '{space}'; "
            f"choose the space {DELIVERY_SPACE}, or the encoding zip or dwaa"
        )
