"""Aligned frames, and the file that holds them.

An alignment file, JSON, holds what is needed to apply it: the matrices, the sizes of both elements and the settings.
Imports numpy and the standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.errors import FileError
from filmrecovery.base.limits import HIGHEST_ERROR, HIGHEST_FRAME, LARGEST_SIDE
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.elements.element import Element
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
    """Reads an alignment file. Raises FileError where it is missing, foreign or of another version."""
    remedy = "correct it, or remove it and align the elements again"
    content = read_record(path, "an alignment", VERSION, remedy)
    found = parse_record(_Written, content, str(path), remedy)
    (sizes, matrices) = (found.source_size, found.reference_size), [frame.matrix for frame in found.frames]
    if (
        not found.frames
        or any(len(size) != 2 for size in sizes)
        or any(_shape(matrix) != (3, 3) for matrix in matrices)
    ):
        raise FileError(f"{path}: is not an alignment (no frames, or a size or matrix of another shape); {remedy}")
    return Alignment(
        found.settings,
        found.source,
        (found.source_size[0], found.source_size[1]),
        found.reference,
        (found.reference_size[0], found.reference_size[1]),
        tuple(
            FrameAlignment(**{**vars(frame), "matrix": np.array(frame.matrix, np.float64)}) for frame in found.frames
        ),
        found.left_out,
    )


def agreed(frames: Iterable[FrameAlignment], others: Iterable[Alignment]) -> tuple[FrameAlignment, ...]:
    """Aligned frames of a reference, flagged too where one of further references of the source does not lie well.

    A frame is only as good as the worst placed of all that its target is made of: the error and the confidence are
    those.
    """
    found = list(frames)
    for other in others:
        placed = {frame.source: frame for frame in other.frames}
        found = [_worse(frame, placed.get(frame.source), other.reference) for frame in found]
    return tuple(found)


def _worse(frame: FrameAlignment, other: FrameAlignment | None, element: Element) -> FrameAlignment:
    name = element.name or element.pattern
    if other is None:
        reason = frame.reason or f"{name} shows nothing of it"
        return dataclasses.replace(frame, confidence=0.0, flagged=True, reason=reason)
    reason = frame.reason or (f"{name}: {other.reason}" if other.flagged else "")
    return dataclasses.replace(
        frame,
        error=max(frame.error, other.error),
        confidence=min(frame.confidence, other.confidence),
        flagged=frame.flagged or other.flagged,
        reason=reason,
    )


def read_confidences(path: str | Path | None) -> dict[int, float]:
    """The confidence of each frame of an alignment file by its number in the source; empty where there is no file.

    Raises FileError as `read_alignment` does.
    """
    return {frame.source: frame.confidence for frame in read_alignment(path).frames} if path else {}


def _shape(matrix: tuple[tuple[float, ...], ...]) -> tuple[int, int]:
    """Rows and columns; 0 columns where the rows have no common length."""
    lengths = {len(row) for row in matrix}
    return len(matrix), lengths.pop() if len(lengths) == 1 else 0


@dataclass(frozen=True)
class _WrittenFrame:
    """A `FrameAlignment` in the file."""

    source: int = setting(dataclasses.MISSING, "frame of the source", minimum=0, maximum=HIGHEST_FRAME)
    reference: int = setting(dataclasses.MISSING, "frame of the reference", minimum=0, maximum=HIGHEST_FRAME)
    matrix: tuple[tuple[float, ...], ...] = setting(
        dataclasses.MISSING, "rows of the matrix", minimum=-HIGHEST_ERROR, maximum=HIGHEST_ERROR
    )
    error: float = setting(dataclasses.MISSING, "expected error in pixels", minimum=0, maximum=HIGHEST_ERROR)
    confidence: float = setting(dataclasses.MISSING, "probability that it lies well", minimum=0, maximum=1)
    flagged: bool = setting(dataclasses.MISSING, "whether it is to be looked at")
    reason: str = setting(dataclasses.MISSING, "why")


@dataclass(frozen=True)
class _Written:
    """An `Alignment` in the file."""

    settings: AlignSettings = setting(dataclasses.MISSING, "settings of the alignment")
    source: Element = setting(dataclasses.MISSING, "frames of the source")
    source_size: tuple[int, ...] = setting(
        dataclasses.MISSING, "width and height of the source", minimum=1, maximum=LARGEST_SIDE
    )
    reference: Element = setting(dataclasses.MISSING, "frames of the reference")
    reference_size: tuple[int, ...] = setting(
        dataclasses.MISSING, "width and height of the reference", minimum=1, maximum=LARGEST_SIDE
    )
    frames: tuple[_WrittenFrame, ...] = setting(dataclasses.MISSING, "where each frame lies")
    left_out: tuple[str, ...] = setting(dataclasses.MISSING, "what could not be aligned")
