"""What is recorded of a folder of training pairs: how they were made, and each pair with the hashes of its pictures."""

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.limits import HIGHEST_FRAME, LARGEST_SIDE, WIDEST_MEDIAN
from filmrecovery.base.recovery_modes import MODES, PARTS
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.pair_roles import ROLES
from filmrecovery.model.source_preparation import SourcePreparation
from filmrecovery.picture.arrays import Picture


@dataclass(frozen=True)
class Part:
    """A part of the reference that comes from another element."""

    part: str = setting(dataclasses.MISSING, "what it gives", choices=PARTS)
    element: Element = setting(dataclasses.MISSING, "its frames, where they lay then")


@dataclass(frozen=True)
class Recipe:
    """How the pairs of a folder were made. Of pairs made elsewhere the elements are not known."""

    mode: str = setting(dataclasses.MISSING, "recovery mode", choices=MODES)
    working_space: str = setting(dataclasses.MISSING, "OCIO colour space of the pictures")
    config: str = setting(dataclasses.MISSING, "name of the OCIO config")
    source: Element | None = setting(None, "the frames of the source, where they lay then")
    reference: Element | None = setting(None, "the frames of the reference, where they lay then")
    parts: tuple[Part, ...] = setting((), "what the reference had from other elements")
    median: int = setting(0, "width of the reference's median in pixels", minimum=0, maximum=WIDEST_MEDIAN)
    preparation: SourcePreparation = setting(SourcePreparation(), "what was done to the source first")
    crop: str | None = setting(
        None, 'part of the picture, "left,top,right,bottom" in pixels, by shot where these differ'
    )


@dataclass(frozen=True)
class PairRecord:
    """One pair in the manifest. Pictures are hashed by their pixels, the elements' files byte by byte."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    role: str = setting(dataclasses.MISSING, "use of the pair", choices=ROLES)
    label: str = setting(dataclasses.MISSING, "name of the shot")
    width: int = setting(dataclasses.MISSING, "width in pixels", minimum=1, maximum=LARGEST_SIDE)
    height: int = setting(dataclasses.MISSING, "height in pixels", minimum=1, maximum=LARGEST_SIDE)
    input: str = setting(dataclasses.MISSING, "file name of the input")
    input_sha256: str = setting(dataclasses.MISSING, "hash of the input's pixels")
    target: str | None = setting(None, "file name of the target, none for a preview")
    target_sha256: str | None = setting(None, "hash of the target's pixels")
    mask: str | None = setting(None, "file name of the mask, none where nothing is covered")
    mask_sha256: str | None = setting(None, "hash of the mask's pixels")
    source_sha256: str | None = setting(None, "hash of the source's file")
    reference_sha256: str | None = setting(None, "hash of the reference's file")
    made_from: str | None = setting(None, "what it was made from, none for a pair that was made elsewhere")
    alignment_confidence: float | None = setting(
        None, "probability that the reference lay well over the source", minimum=0, maximum=1
    )

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return tuple(name for name in (self.input, self.target, self.mask) if name)


def picture_fields(
    input_name: str, picture: Picture, target_name: str | None = None, truth: Picture | None = None
) -> dict[str, Any]:
    """The fields of a record that follow from its pictures."""
    return {
        "width": picture.shape[1],
        "height": picture.shape[0],
        "input": input_name,
        "input_sha256": pixel_hash(picture),
        "target": target_name,
        "target_sha256": pixel_hash(truth) if truth is not None else None,
    }


def pixel_hash(picture: Picture) -> str:
    """SHA-256, in hexadecimal, over the shape of a picture (height, width, 3) and its values as float32."""
    digest = hashlib.sha256(f"{picture.shape}".encode())
    # Not of a copy as bytes, which would be in memory besides each of the pictures that are read at once.
    digest.update(np.ascontiguousarray(picture, dtype="<f4").reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
