"""What the stages that write frames have in common: a rule of the ACES container, and the mark of a finished frame.

The mark is an attribute of the EXR frame itself, so that no other file can be lost or disagree with it: a hash over
everything that the frame was made from. A stage skips frames that carry the mark they would be given.
"""

import dataclasses
import hashlib
from pathlib import Path

import OpenImageIO

from filmrecovery import colour
from filmrecovery.errors import ElementError, SettingsError
from filmrecovery.images import Frame, read_header

_MARK_NAME = "filmrecovery:madeFrom"
_AP0_CHROMATICITIES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
"""x and y of red, green, blue and white (SMPTE ST 2065-1)."""


def check_encoding(encoding: str, space: str) -> None:
    """Raises SettingsError for an ACES container (SMPTE ST 2065-4) with pixels in another space than ACES2065-1."""
    if encoding == "aces" and space != colour.DELIVERY_SPACE:
        raise SettingsError(
            f"encoding 'aces' holds {colour.DELIVERY_SPACE} alone, and the output space is '{space}'; "
            f"choose the space {colour.DELIVERY_SPACE}, or the encoding zip or dwaa"
        )


def mark_of(stage: str, settings: object, *inputs: Path) -> str:
    """The mark of a frame that the stage makes with these settings from the content of the input files."""
    digest = hashlib.sha256(f"{stage} {colour.config_name()} {settings}".encode())
    for path in inputs:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def is_finished(path: Path, mark: str) -> bool:
    """Whether the file is a frame that carries this mark; formats other than EXR carry none."""
    if not path.is_file():
        return False
    try:
        return read_header(path).get_string_attribute(_MARK_NAME) == mark
    except ElementError:
        # Whatever lies there is no finished frame; writing the frame replaces it.
        return False


def with_mark(frame: Frame, mark: str, space: str) -> Frame:
    """The same frame with the mark among its metadata, and the primaries of ACES2065-1 where it will be in that space.

    Without them a reader of EXR takes the primaries to be those of Rec.709.
    """
    spec = OpenImageIO.ImageSpec(frame.spec)
    spec.attribute(_MARK_NAME, mark)
    if space == colour.DELIVERY_SPACE:
        spec.attribute("chromaticities", OpenImageIO.TypeDesc("float[8]"), _AP0_CHROMATICITIES)
    return dataclasses.replace(frame, spec=spec)
