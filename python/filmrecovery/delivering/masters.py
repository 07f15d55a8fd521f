"""The masters of a delivery: each recovered frame as ACES2065-1 in every encoding that is asked for."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import OutputError
from filmrecovery.base.overlap import on_all_cores
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_header import with_mark
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.products.freshness import has_same_content, is_current, made_from
from filmrecovery.picture import colour
from filmrecovery.picture.aces import DELIVERY_SPACE

_LONGEST_STRICT_NAME = 31


def write_masters(recovered: Element, masters: Mapping[str, Element]) -> None:
    """Writes recovered frames as masters of ACES2065-1, elements by their encodings.

    Channels, windows, metadata and values are the recovered frames'; for "aces" see `strict_frame`. Frames that an
    earlier call finished are skipped, those of them that were damaged since are written again, and no other file is
    overwritten. Every master is read back.

    Raises SettingsError for an unknown space, ElementError for frames that are missing or damaged, and OutputError
    where a master cannot be written, or something else lies there.
    """
    to_delivery = colour.converter(recovered.space, DELIVERY_SPACE)

    def write(number: int) -> None:
        path = recovered.path(number)
        line = made_from("deliver", 1, recovered.space, path)
        missing = {
            encoding: frames.path(number)
            for encoding, frames in masters.items()
            if not _is_finished(frames.path(number), line)
        }
        if missing:
            frame = read_frame(path)
            master = with_mark(frame.with_rgb(to_delivery(frame.rgb)), line, DELIVERY_SPACE)
            for encoding, target in missing.items():
                write_frame(target, strict_frame(master) if encoding == "aces" else master, encoding)
        for frames in masters.values():
            # Before it is sealed: who opens it in decades has no other copy.
            read_frame(frames.path(number))

    for _ in on_all_cores(write, recovered.frames, "Masters"):
        pass


def _is_finished(path: Path, line: str) -> bool:
    if not path.exists():
        return False
    if is_current(path, line):
        return True
    if has_same_content(path, line):
        # Ours, and damaged.
        return False
    raise OutputError(
        f"{path}: is not the frame that this delivery wrote, and nothing is overwritten; "
        "remove it to have it written again, or deliver another version"
    )


def strict_frame(frame: Frame) -> Frame:
    """What of a frame an ACES container takes (SMPTE ST 2065-4): R, G, B, and A where there is one.

    Other channels are left out, as are metadata with names of more than 31 characters, which would change the version
    of the file.
    """
    positions = [*rgb_positions(frame.channels)]
    layer = frame.channels[positions[0]][:-1]
    positions += [index for index, name in enumerate(frame.channels) if name in (layer + "A", layer + "a")][:1]
    spec = OpenImageIO.ImageSpec(frame.spec)
    spec.channelformats = ()
    spec.nchannels = len(positions)
    spec.channelnames = channels = ("R", "G", "B", "A")[: len(positions)]
    spec.alpha_channel = 3 if len(positions) == 4 else -1
    for attribute in frame.spec.extra_attribs:
        if len(attribute.name) > _LONGEST_STRICT_NAME:
            spec.erase_attribute(attribute.name)
    return dataclasses.replace(frame, pixels=np.take(frame.pixels, positions, axis=-1), channels=channels, spec=spec)
