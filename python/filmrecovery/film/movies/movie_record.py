"""What was found in a movie and what was decided: the record beside the frames that were made of it.

Standard library alone, so that Gaffer's own interpreter can read it.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting, to_mapping
from filmrecovery.base.limits import HIGHEST_FRAME, LARGEST_SIDE
from filmrecovery.base.records import parse_record, read_record, write_record
from filmrecovery.film.elements.element import split_pattern
from filmrecovery.film.movies.movie_facts import MovieFacts

VERSION = 1
BY_MOVIE, BY_SETTINGS, BY_RULE = "the movie", "the settings", "nobody"
"""Who says so, of `Decisions`."""

_WHAT = "the record of a movie that was unpacked"
_REMEDY = "remove it to have it made again"


@dataclass(frozen=True)
class FilmFrame:
    """The pictures of the movie, counted from 0, that its top and its bottom field are in; None where a cut lost it."""

    top: int | None = setting(None, "picture of its top field", minimum=0, maximum=HIGHEST_FRAME)
    bottom: int | None = setting(None, "picture of its bottom field", minimum=0, maximum=HIGHEST_FRAME)


@dataclass(frozen=True)
class Decisions:
    """How codes became R'G'B', and pictures became frames. Empty where nothing was to be decided."""

    matrix: str = setting("", "matrix of Y'CbCr")
    matrix_from: str = setting("", "who says so: the movie, the settings, or nobody")
    range: str = setting("", "range of the codes")
    range_from: str = setting("", "who says so")
    siting: str = setting("", "where samples of colour lie")
    siting_from: str = setting("", "who says so")
    pixel_aspect: str = setting("1", "width of a pixel of the frames for its height")
    width: int = setting(0, "pixels of a line of the frames", minimum=0, maximum=LARGEST_SIDE)
    height: int = setting(0, "lines of the frames", minimum=0, maximum=LARGEST_SIDE)
    rate: str = setting("", "frames a second")
    cadence: str = setting("", "progressive, 2:2, 2:3, or that of flags")
    first_field: str = setting("", "the field that comes first")
    filters: str = setting("", "FFmpeg's filters that smoothed the frames, of a reference for colour alone")
    timecode: str = setting("", "timecode of the first picture, from which those of the frames are counted")
    no_timecode: str = setting("", "why the movie's timecode is not in the frames")


@dataclass(frozen=True)
class MovieRecord:
    """The record. `frames` are the frames in their order, from `first` on, by the pictures that they are of."""

    movie: str = setting(dataclasses.MISSING, "name of the movie's file")
    sha256: str = setting(dataclasses.MISSING, "hash of the movie's file")
    decoder: str = setting(dataclasses.MISSING, "what decoded it")
    facts: MovieFacts = setting(dataclasses.MISSING, "what the movie says")
    decided: Decisions = setting(dataclasses.MISSING, "what was decided")
    pictures: int = setting(dataclasses.MISSING, "pictures in the movie", minimum=0, maximum=HIGHEST_FRAME)
    first: int = setting(dataclasses.MISSING, "number of the first frame", minimum=0, maximum=HIGHEST_FRAME)
    breaks: tuple[int, ...] = setting((), "frames, by number, before which the cadence is broken")
    halves: tuple[int, ...] = setting((), "frames, by number, of which a cut left one field")
    combed: tuple[int, ...] = setting((), "frames, by number, whose fields do not fit together")
    frames: tuple[FilmFrame, ...] = setting((), "pictures of each frame's fields, counted from 0")


def record_path(output: str) -> Path:
    """The record beside frames of a pattern: video.movie.json beside video.####.exr."""
    stem = split_pattern(output)[0].rstrip("._-")
    return Path(output).with_name(f"{stem}.movie.json" if stem else "movie.json")


def filtered_path(output: str) -> Path:
    """The picture that shows what filters did: video.filtered.jpg beside video.####.exr."""
    record = record_path(output)
    return record.with_name(record.name.removesuffix("movie.json") + "filtered.jpg")


def write_movie_record(path: Path, record: MovieRecord, made_from: str) -> None:
    """Writes a record. Raises OutputError."""
    write_record(path, VERSION, to_mapping(record), made_from)


def read_movie_record(path: Path) -> MovieRecord:
    """Reads a record. Raises FileError for a file that is missing, damaged or something else."""
    return parse_record(MovieRecord, read_record(path, _WHAT, VERSION, _REMEDY), str(path), _REMEDY)
