"""Aligned frames, and the file that holds them.

An alignment file, JSON, holds what is needed to apply it: the matrices, the sizes of both elements and the settings.
Imports numpy and the standard library alone, so that Gaffer's own interpreter can read it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filmrecovery.base.declared_settings import to_mapping
from filmrecovery.base.errors import ElementError
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.element import Element
from filmrecovery.picture.arrays import Matrix
from filmrecovery.reference.registration.align_settings import AlignSettings

VERSION = 1


@dataclass(frozen=True)
class FrameAlignment:
    """Where a frame of the reference lies over the frame of the source that shows the same.

    `matrix` (3, 3) float64 takes a point of the source's data window to the point of the reference's that shows the
    same, in pixels; the centre of the first pixel is (0.5, 0.5). `error` is the mean distance over the picture that it
    is expected to be off, in pixels of the source; `confidence`, 0 to 1, is the probability that this lies below the
    threshold of the settings. `reason` says why a frame is flagged.
    """

    source: int
    reference: int
    matrix: Matrix
    error: float
    confidence: float
    flagged: bool
    reason: str = ""


@dataclass(frozen=True)
class Alignment:
    """What an alignment file holds. Sizes are width and height of the data windows in pixels.

    The elements are those that were aligned, where they lay then.

    `left_out` names the shots and frames that could not be aligned, each with the reason.
    """

    settings: AlignSettings
    source: Element
    source_size: tuple[int, int]
    reference: Element
    reference_size: tuple[int, int]
    frames: tuple[FrameAlignment, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        errors = [frame.error for frame in self.frames]
        flagged = [frame for frame in self.frames if frame.flagged]
        lines = [f"{len(self.frames)} frames, expected error {np.median(errors):.2f} pixels, at most {max(errors):.2f}"]
        lines += [f"frame {frame.source} (reference {frame.reference}): {frame.reason}" for frame in flagged]
        lines += [f"not aligned: {text}" for text in self.left_out]
        return "\n".join(lines)


def write_alignment(path: str | Path, alignment: Alignment, made_from: str | None = None) -> None:
    """Writes an alignment as JSON. Raises OutputError."""
    content = to_mapping(alignment)
    for frame in content["frames"]:
        frame["matrix"] = frame["matrix"].tolist()
    write_record(path, VERSION, content, made_from)


def read_alignment(path: str | Path) -> Alignment:
    """Reads an alignment file. Raises ElementError where it is missing, foreign or of another version."""
    remedy = "correct it, or remove it and align the elements again"
    content = read_record(path, "an alignment", VERSION, remedy)
    try:
        if not content["frames"]:
            raise ValueError("no frames")
        return Alignment(
            parse_record(AlignSettings, content["settings"], f"{path}, settings", remedy),
            parse_record(Element, content["source"], f"{path}, source", remedy),
            _pair_of_numbers(content["source_size"]),
            parse_record(Element, content["reference"], f"{path}, reference", remedy),
            _pair_of_numbers(content["reference_size"]),
            tuple(_parsed_frame(frame) for frame in content["frames"]),
            tuple(map(str, content["left_out"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ElementError(f"{path}: is not an alignment ({error!r}); {remedy}") from error


def read_confidences(path: str | Path | None) -> dict[int, float]:
    """The confidence of each frame of an alignment file by its number in the source; empty where there is no file.

    Raises ElementError as `read_alignment` does.
    """
    return {frame.source: frame.confidence for frame in read_alignment(path).frames} if path else {}


def _pair_of_numbers(value: Any) -> tuple[int, int]:
    width, height = value
    return int(width), int(height)


def _parsed_frame(item: dict[str, Any]) -> FrameAlignment:
    matrix = np.array(item["matrix"], np.float64).reshape(3, 3)
    if not np.isfinite(matrix).all():
        raise ValueError(f"matrix of frame {item['source']}")
    numbers = int(item["source"]), int(item["reference"])
    judged = float(item["error"]), float(item["confidence"]), bool(item["flagged"]), str(item["reason"])
    return FrameAlignment(*numbers, matrix, *judged)
