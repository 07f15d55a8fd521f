"""Why Gaffer's own reader would show a file otherwise than the engine reads it, or the engine does not read it.

The engine's sentences are asked for by what the file's own bytes say, and by what Gaffer's reader says of the file: its
OpenImageIO is another version, and both cannot be in one process.
"""

from collections.abc import Iterable
from pathlib import Path

import GafferImage

from filmrecovery.base.errors import ElementError
from filmrecovery.film.frames.colour_channels import rgb_positions
from filmrecovery.film.frames.colour_model import colour_model_problem, range_problem
from filmrecovery.film.frames.file_kind import FACT_NAMES, FileFacts, kind_problem
from filmrecovery.film.frames.file_parts import parts_problem
from filmrecovery.film.headers.exr_header import ExrHeader, read_exr_header
from filmrecovery.film.headers.file_magic import EXR, kind_of
from filmrecovery.film.headers.jpeg_scans import scans_problem
from filmrecovery.film.headers.png_orientation import hidden_orientation_problem
from filmrecovery.film.headers.tiff_strips import strips_problem
from GafferRecovery.images import fileDamage

_ASKED = (*FACT_NAMES, "fileFormat", "dataType", "Orientation", "tiff:UnassociatedAlpha")
_UPRIGHT = (0, 1)
"""Orientations: software that does not know writes 0."""
_COLOUR = {"R", "G", "B"}


def faultOf(path: Path, image: GafferImage.ImagePlug) -> str:
    """What is wrong with a file; empty where nothing is. To be asked in the context of the whole image.

    `image` is as Gaffer's reader gives it. Raises OSError.
    """
    header = read_exr_header(path) if kind_of(path) == EXR else None
    # Its own bytes first: of some of these files the reader warns, and shows a part of them. Damage last: to look for
    # it takes longest.
    return (
        strips_problem(path)
        or hidden_orientation_problem(path)
        or scans_problem(path)
        or range_problem(path)
        or parts_problem(path)
        or (_faultOfChannels(header) if header else "")
        or _faultByReader(image, header)
        or fileDamage.damageOf(path, str(image.metadata()["fileFormat"].value))
    )


def _faultByReader(image: GafferImage.ImagePlug, header: ExrHeader | None) -> str:
    metadata, channels = image.metadata(), list(image.channelNames())
    # No others are asked for: lists of numbers have no value of their own, and texts that are no UTF-8 cannot be had.
    stated = {name: metadata[name].value for name in _ASKED if hasattr(metadata.get(name), "value")}
    kind = str(stated.get("fileFormat", ""))
    attributes = {name: stated[name] for name in FACT_NAMES if name in stated}
    # Gaffer tells one type of number for all channels.
    numbers = tuple(header.channels.values()) if header else (str(stated.get("dataType", "")),) * len(channels)
    facts = FileFacts(kind, numbers, attributes)
    if fault := kind_problem(facts) or colour_model_problem(facts):
        return fault
    if not set(channels) >= _COLOUR:
        # Those of EXR were asked by their names in the file.
        return ("" if header else _faultOfNames(channels)) or (
            f"has its colour in channels that Gaffer does not show as one picture ({', '.join(channels)}); name them "
            "R, G and B"
        )
    if stated.get("Orientation", 1) not in _UPRIGHT:
        return (
            f"lies turned or mirrored in its file (orientation {stated['Orientation']}), which is not turned upright "
            "here; turn it with a program that shows it right, and save it"
        )
    if "A" in channels and (kind == "png" or stated.get("tiff:UnassociatedAlpha")):
        return "has an alpha by which Gaffer multiplies its RGB; save it as EXR, or without the alpha"
    return ""


def _faultOfChannels(header: ExrHeader) -> str:
    try:
        names = [name.decode() for name in (*header.channels, *header.attributes)]
    except UnicodeDecodeError:
        return "holds a name in its header that is no UTF-8; restore this file"
    return _faultOfNames(names[: len(header.channels)])


def _faultOfNames(channels: Iterable[str]) -> str:
    try:
        rgb_positions(tuple(channels))
    except ElementError as error:
        return str(error)
    return ""
