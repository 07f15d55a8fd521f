"""The mark of a finished frame, for the stages that write frames.

The mark is an attribute of the EXR frame itself, so that no other file can be lost or disagree with it: a hash over
everything that the frame was made from. A stage skips frames that carry the mark they would be given.
"""

import dataclasses
import hashlib
from pathlib import Path

import OpenImageIO

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frame_encoding import MARK_NAME
from filmrecovery.film.images import Frame, read_header
from filmrecovery.picture import colour
from filmrecovery.picture.aces import AP0_CHROMATICITIES, is_aces2065_1


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
        return read_header(path).get_string_attribute(MARK_NAME) == mark
    except ElementError:
        # Whatever lies there is no finished frame; writing the frame replaces it.
        return False


def with_mark(frame: Frame, mark: str, space: str) -> Frame:
    """The same frame with the mark among its metadata, and the primaries of ACES2065-1 where it will be in that space.

    Without them a reader of EXR takes the primaries to be those of Rec.709.
    """
    spec = OpenImageIO.ImageSpec(frame.spec)
    spec.attribute(MARK_NAME, mark)
    if is_aces2065_1(space):
        spec.attribute("chromaticities", OpenImageIO.TypeDesc("float[8]"), AP0_CHROMATICITIES)
    return dataclasses.replace(frame, spec=spec)
