"""The record of frames given out for painting, `painting.json`, and where their files lie.

The folder holds for each frame `paint.####`, the file to paint, `luma.####`, its luma as grey, and in `exported` a copy
of the first as it was given out, which later says whether and how it was painted.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.atomic import write_text
from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.limits import HIGHEST_FRAME, LARGEST_SIDE
from filmrecovery.base.records import parse_record, read_record
from filmrecovery.film.elements.element import Element

RECORD_NAME = "painting.json"
VERSION = 1


@dataclass(frozen=True)
class Draft:
    """Where the colours of a draft were borrowed (see `PaletteSettings`)."""

    artwork: str = setting(dataclasses.MISSING, "file of the artwork")
    artwork_sha256: str = setting(dataclasses.MISSING, "hash of that file")
    artwork_space: str = setting(dataclasses.MISSING, "OCIO colour space of the artwork")
    frames: str = setting(dataclasses.MISSING, "frames of the source whose colours were moved, all together")
    strength: float = setting(dataclasses.MISSING, "how far colours were moved to the artwork's", minimum=0, maximum=1)
    degrain: float = setting(dataclasses.MISSING, "rms of the grain kept out of the colours", minimum=0, maximum=1)


@dataclass(frozen=True)
class GivenFrame:
    """A frame given out. Windows and pixel aspect are the source's; the files hold the data window."""

    frame: int = setting(dataclasses.MISSING, "frame number", minimum=0, maximum=HIGHEST_FRAME)
    painted: str = setting(dataclasses.MISSING, "name of the file to paint, and of its copy")
    luma: str = setting(dataclasses.MISSING, "name of the file with its luma")
    sha256: str = setting(dataclasses.MISSING, "hash of the file as it was given out")
    source_sha256: str = setting(dataclasses.MISSING, "hash of the source's file")
    clamped: float = setting(
        dataclasses.MISSING, "share of the source's values outside 0..1, which were clamped", minimum=0, maximum=1
    )
    x: int = setting(dataclasses.MISSING, "left edge of the data window", minimum=-LARGEST_SIDE, maximum=LARGEST_SIDE)
    y: int = setting(dataclasses.MISSING, "upper edge of the data window", minimum=-LARGEST_SIDE, maximum=LARGEST_SIDE)
    width: int = setting(dataclasses.MISSING, "width in pixels", minimum=1, maximum=LARGEST_SIDE)
    height: int = setting(dataclasses.MISSING, "height in pixels", minimum=1, maximum=LARGEST_SIDE)
    full_x: int = setting(
        dataclasses.MISSING, "left edge of the display window", minimum=-LARGEST_SIDE, maximum=LARGEST_SIDE
    )
    full_y: int = setting(
        dataclasses.MISSING, "upper edge of the display window", minimum=-LARGEST_SIDE, maximum=LARGEST_SIDE
    )
    full_width: int = setting(dataclasses.MISSING, "width of the display window", minimum=1, maximum=LARGEST_SIDE)
    full_height: int = setting(dataclasses.MISSING, "height of the display window", minimum=1, maximum=LARGEST_SIDE)
    pixel_aspect: float = setting(dataclasses.MISSING, "width of a pixel by its height", minimum=0.01, maximum=100.0)
    draft: Draft | None = setting(None, "where the colours were borrowed; none: they are the source's")


@dataclass(frozen=True)
class Painting:
    """What a folder of frames for painting holds, in the order of the frame numbers."""

    source: Element = setting(dataclasses.MISSING, "the frames of the source")
    working_space: str = setting(dataclasses.MISSING, "OCIO colour space of what is painted")
    config: str = setting(dataclasses.MISSING, "name of the OCIO config")
    frames: tuple[GivenFrame, ...] = setting((), "the frames given out")


def write_painting(folder: Path, painting: Painting) -> None:
    """Writes the record of a folder. Raises OutputError."""
    content = {"version": VERSION, **to_mapping(painting)}
    write_text(folder / RECORD_NAME, json.dumps(content, indent=2) + "\n")


def read_painting(folder: Path) -> Painting:
    """The record of a folder. Raises FileError where it is missing, damaged or something else."""
    path, remedy = folder / RECORD_NAME, "give the frames out again, into another folder"
    return parse_record(
        Painting, read_record(path, "a record of frames for painting", VERSION, remedy), str(path), remedy
    )


def exported_path(folder: Path, name: str) -> Path:
    """Where the copy of a file lies as it was given out."""
    return folder / "exported" / name


def files_of(folder: Path, frame: int) -> list[Path]:
    """All files in the folder that have the name of a frame to paint, whatever program has written them."""
    return sorted(path for path in folder.glob(f"paint.{frame:04d}.*") if path.is_file())


def is_as_given(folder: Path, path: Path) -> bool:
    """Whether a file of the painter's is, byte by byte, the copy of the same name."""
    copy = exported_path(folder, path.name)
    return copy.is_file() and copy.read_bytes() == path.read_bytes()
