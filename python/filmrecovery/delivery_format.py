"""What every writer of recovered frames holds to, in the engine and in Gaffer. Standard library alone."""

from filmrecovery.errors import SettingsError

DELIVERY_SPACE = "lin_ap0"
"""ACES2065-1 (SMPTE ST 2065-1)."""

AP0_CHROMATICITIES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""x and y of red, green, blue and white (SMPTE ST 2065-1)."""

ENCODINGS = ("zip", "dwaa", "aces", "float")
"""Half float with ZIP or DWAA, ACES container (SMPTE ST 2065-4: half float, uncompressed), 32-bit float with ZIP."""

MARK_NAME = "filmrecovery:madeFrom"
"""Attribute of a finished frame: a hash over everything that it was made from."""


def check_encoding(encoding: str, space: str) -> None:
    """Raises SettingsError for an unknown encoding, and for an ACES container with pixels that are not ACES2065-1."""
    if encoding not in ENCODINGS:
        raise SettingsError(f"encoding '{encoding}' is not one of {', '.join(ENCODINGS)}")
    if encoding == "aces" and space != DELIVERY_SPACE:
        raise SettingsError(
            f"encoding 'aces' holds {DELIVERY_SPACE} alone, and the output space is '{space}'; "
            f"choose the space {DELIVERY_SPACE}, or the encoding zip or dwaa"
        )
