"""What the header of a frame says in texts, and of what the frame was made."""

import dataclasses
from collections.abc import Mapping

import OpenImageIO

from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import MARK_NAME
from filmrecovery.film.frames.frame_seal import SEAL_NAME
from filmrecovery.picture.aces import AP0_CHROMATICITIES, is_aces2065_1

_OF_THE_FILE = {MARK_NAME, SEAL_NAME, "compression", "Orientation"}
_OF_A_LIBRARY = ("oiio:", "openexr:")


def texts_of(spec: OpenImageIO.ImageSpec) -> dict[str, str]:
    """All metadata of a frame that is text."""
    return {attribute.name: attribute.value for attribute in spec.extra_attribs if isinstance(attribute.value, str)}


def texts_of_picture(spec: OpenImageIO.ImageSpec) -> dict[str, str]:
    """The metadata that are text and not empty, without those that describe the file that was read."""
    return {
        name: text
        for name, text in texts_of(spec).items()
        if text and name not in _OF_THE_FILE and not name.startswith(_OF_A_LIBRARY)
    }


def with_texts(frame: Frame, texts: Mapping[str, str]) -> Frame:
    """Adds texts to the metadata of a frame."""
    spec = OpenImageIO.ImageSpec(frame.spec)
    for name, text in texts.items():
        spec.attribute(name, text)
    return dataclasses.replace(frame, spec=spec)


def with_mark(frame: Frame, made_from: str, space: str) -> Frame:
    """Adds to the metadata of a frame what it was made from (see `freshness`).

    A frame that is written in ACES2065-1 gets the primaries of that space too: without them a reader of EXR assumes the
    primaries of Rec.709.
    """
    spec = OpenImageIO.ImageSpec(frame.spec)
    spec.attribute(MARK_NAME, made_from)
    if is_aces2065_1(space):
        spec.attribute("chromaticities", OpenImageIO.TypeDesc("float[8]"), AP0_CHROMATICITIES)
    return dataclasses.replace(frame, spec=spec)
