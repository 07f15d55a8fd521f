"""How delivered frames are encoded, and marked as finished, in the engine and in Gaffer. Standard library alone."""

from pathlib import Path

from filmrecovery.base.errors import SettingsError
from filmrecovery.picture.aces import DELIVERY_SPACE, is_aces2065_1

ENCODINGS = ("zip", "dwaa", "aces", "float")
"""Half float with ZIP or DWAA, ACES container (SMPTE ST 2065-4: half float, uncompressed), 32-bit float with ZIP."""

MARK_NAME = "filmrecovery:madeFrom"
"""Attribute of a finished frame: a hash over everything that it was made from."""

PREPARATION_NAME = "filmrecovery:preparation"
"""Attribute of a picture that was prepared as a model prepares its source, such as the input of a pair: how."""

FILTERED_NAME = "filmrecovery:filtered"
"""Attribute of a frame of a movie whose blocks or bands were smoothed, and of what was made of it: by which filters."""

DOUBT_CHANNEL = "recovery.doubt"
"""Channel of a recovered frame: the error to be expected of it, display-referred, where white is 1."""


def check_encoding(encoding: str, space: str) -> None:
    """Raises SettingsError for an unknown encoding, and for an ACES container with pixels that are not ACES2065-1."""
    if encoding not in ENCODINGS:
        raise SettingsError(f"encoding '{encoding}' is not one of {', '.join(ENCODINGS)}")
    if encoding == "aces" and not is_aces2065_1(space):
        raise SettingsError(
            f"encoding 'aces' can only hold {DELIVERY_SPACE}, but the output space is '{space}'; "
            f"choose the space {DELIVERY_SPACE}, or the encoding zip or dwaa"
        )


def holds_other_channels(path: Path, encoding: str) -> bool:
    """Whether a frame of this name and encoding can hold channels beside R, G, B and A."""
    return path.suffix.lower() == ".exr" and encoding != "aces"
