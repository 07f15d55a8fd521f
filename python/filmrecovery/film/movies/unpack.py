"""The stage: a movie becomes numbered frames in EXR, with a record of what it said and what was decided."""

import contextlib
import dataclasses
import logging
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.base.interruption import sigterm_as_interrupt
from filmrecovery.base.progress import progress
from filmrecovery.film.checks.content_hash import file_hashes
from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.frame_numbers import format_frames, parse_frames
from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_header import with_mark
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.film.movies.cadence import PROGRESSIVE
from filmrecovery.film.movies.colour_warning import warn_of_colour
from filmrecovery.film.movies.frame_codes import with_film_codes
from filmrecovery.film.movies.frame_picture import film_frame
from filmrecovery.film.movies.movie_file import DecodedPicture, Movie, open_movie
from filmrecovery.film.movies.movie_record import (
    BY_RULE,
    FilmFrame,
    MovieRecord,
    filtered_path,
    read_movie_record,
    record_path,
    write_movie_record,
)
from filmrecovery.film.movies.reference_filter import ReferenceFilter
from filmrecovery.film.movies.survey import survey
from filmrecovery.film.movies.unpack_settings import UnpackSettings
from filmrecovery.film.products.folder_lock import locked
from filmrecovery.film.products.freshness import is_current, kept_or_made, made_from, refuse_other_frames, say_current
from filmrecovery.picture.comparison import Panel, write_comparison

_LOG = logging.getLogger(__name__)
_DETAIL = 0.5
"""Pixels of a frame that a pixel of the detail takes up, to show what the filters do."""
_GAIN = 8

VERSION = 3
"""Counted up when the stage makes something else of the same movie (see `made_from`)."""


def unpack(settings: UnpackSettings, movie: Path, output: str, frames: str | None = None, space: str = "") -> Element:
    """Writes the frames of a movie as EXR files of the pattern `output`, and returns them.

    R'G'B' is as the movie has it, in `space`, without a conversion of colour; white of limited range is 1, and values
    outside 0..1 are kept. A movie that says another kind of curve or other primaries than `space` is warned of. Beside
    the frames lies a record, as video.movie.json beside video.####.exr. Frames that are current are not made again.
    `frames` are the numbers to write, where not all are wanted.

    Raises SettingsError for a pattern that does not end in .exr, and frames that the movie does not have; ElementError
    as `survey` does; RunError where another process unpacks there; OutputError where a file cannot be written or has
    another's name. KeyboardInterrupt, which SIGTERM raises too, leaves finished frames alone.
    """
    if Path(output).suffix.lower() != ".exr":
        raise SettingsError(f"{output}: expected a name that ends in .exr, which keeps every code of a movie")
    record_file = record_path(output)
    refuse_overwriting([record_file], [movie])
    with sigterm_as_interrupt(), locked(record_file.parent, "unpacking a movie into", f".{record_file.stem}.lock"):
        if not movie.is_file():
            raise ElementError(f"{movie}: missing; expected a movie")
        sha256 = file_hashes([movie])[movie]
        # The encoding is of the frames alone.
        of_record = dataclasses.replace(settings, encoding=UnpackSettings().encoding)
        record = kept_or_made(
            record_file,
            made_from("movie", VERSION, of_record, sha256),
            read_movie_record,
            lambda: survey(settings, movie, sha256),
            write_movie_record,
        )
        _say(movie, record)
        warn_of_colour(movie, record.facts, space)
        element = Element(output, _wanted(record, frames), space)
        refuse_overwriting(element.paths(), [movie])
        refuse_other_frames(element.paths())
        shown = filtered_path(output)
        if record.decided.filters:
            refuse_overwriting([shown], [movie])
        changed = _write_frames(settings, movie, record, element)
        if record.decided.filters and (changed or not shown.is_file()):
            _show_filters(movie, record, element, shown)
    return element


def _wanted(record: MovieRecord, frames: str | None) -> tuple[int, ...]:
    there = range(record.first, record.first + len(record.frames))
    wanted = parse_frames(frames) if frames else tuple(there)
    if lacking := [number for number in wanted if number not in there]:
        raise SettingsError(
            f"{record.movie}: has the frames {format_frames(there)}, but not {format_frames(lacking)}; correct "
            "the range"
        )
    return wanted


def _write_frames(settings: UnpackSettings, path: Path, record: MovieRecord, element: Element) -> bool:
    """Writes the frames that are not current, and returns whether there were any."""
    origins = {
        number: made_from("unpack", VERSION, settings.encoding, record.sha256, record.decided, _fields(record, number))
        for number in element.frames
    }
    missing = [number for number in element.frames if not is_current(element.path(number), origins[number])]
    if not missing:
        say_current(element.pattern)
        return False
    done = len(element.frames) - len(missing)
    with (
        open_movie(path) as movie,
        ThreadPoolExecutor(1) as writer,
        contextlib.closing(_frames(movie, record, missing)) as made,
    ):
        writing: Future[None] | None = None
        for number, frame in zip(missing, progress(made, len(element.frames), "Unpack", done), strict=True):
            frame = with_mark(with_film_codes(frame, record, number), origins[number], element.space)
            submitted = writer.submit(write_frame, element.path(number), frame, settings.encoding)
            if writing:
                writing.result()
            writing = submitted
        if writing:
            writing.result()
    return True


def _show_filters(path: Path, record: MovieRecord, element: Element, shown: Path) -> None:
    """Writes a frame from the middle without and with the filters, and a detail of both."""
    number = element.frames[len(element.frames) // 2]
    plain = dataclasses.replace(record, decided=dataclasses.replace(record.decided, filters=""))
    with open_movie(path) as movie, contextlib.closing(_frames(movie, plain, [number])) as made:
        before = next(made).rgb
    after = read_frame(element.path(number)).rgb
    height, width, _ = before.shape
    pictures = {
        f"frame {number} as it is": before,
        "smoothed": after,
        f"difference, {_GAIN} times": 0.5 + _GAIN * (after - before),
    }
    panels = {
        caption: Panel(np.clip(picture, 0, 1), (width / 2, height / 2), _DETAIL)
        for caption, picture in pictures.items()
    }
    *whole, difference = panels
    write_comparison(shown, {caption: panels[caption] for caption in whole}, {difference: panels[difference]})


def _frames(movie: Movie, record: MovieRecord, numbers: Sequence[int]) -> Generator[Frame]:
    """The frames of some numbers, in their order; the movie is decoded as far as they need it."""
    pictures = movie.pictures()
    facts, filters = record.facts, record.decided.filters
    smooth = ReferenceFilter(filters, facts.width, facts.height) if filters else None
    held: dict[int, DecodedPicture] = {}
    for number in numbers:
        wanted = _fields(record, number)
        needed = [index for index in (wanted.top, wanted.bottom) if index is not None]
        while max(needed) not in held:
            picture = next(pictures, None)
            if picture is None:
                raise ElementError(f"{movie.path}: changed while it was read; call again")
            held[picture.index] = picture
            # A frame reaches over the fields of three pictures at most.
            held.pop(picture.index - 3, None)
        yield film_frame(wanted, held, movie.layout, record.decided, smooth)


def _fields(record: MovieRecord, number: int) -> FilmFrame:
    return record.frames[number - record.first]


def _say(movie: Path, record: MovieRecord) -> None:
    """Says what was decided, above all where nobody said so."""
    decided, facts = record.decided, record.facts
    _LOG.info(
        "%s: %s, %s, %dx%d; %s frames a second, %s%s",
        movie,
        facts.codec,
        facts.pixel_format,
        facts.width,
        facts.height,
        decided.rate,
        decided.cadence,
        f", {decided.first_field} field first" if decided.first_field else "",
    )
    if decided.matrix:
        _LOG.info("%s: Y'CbCr of the matrix %s, as %s", movie, decided.matrix, _says(decided.matrix_from))
    _LOG.info("%s: codes of %s range, as %s", movie, decided.range, _says(decided.range_from))
    if decided.siting:
        _LOG.info("%s: samples of colour lie at the %s, as %s", movie, decided.siting, _says(decided.siting_from))
    if (decided.width, decided.height) != (facts.width, facts.height):
        _LOG.info(
            "%s: its pixels have the aspect %s; the frames are stretched to %dx%d, with square pixels",
            movie,
            facts.pixel_aspect,
            decided.width,
            decided.height,
        )
    if decided.no_timecode:
        _LOG.warning("%s: its timecode is not in the frames: %s", movie, decided.no_timecode)
    for frames, what in (
        (record.breaks, "the cadence is broken before the frames %s"),
        (record.halves, "a cut left one field of the frames %s, whose other lines are interpolated"),
    ):
        if frames:
            _LOG.info(f"%s: {what}", movie, format_frames(frames))
    if record.combed:
        _LOG.warning("%s: the fields of the frames %s do not fit together", movie, format_frames(record.combed))
    if decided.cadence != PROGRESSIVE and len(record.frames) != record.pictures:
        _LOG.info("%s: %d pictures, %d frames", movie, record.pictures, len(record.frames))


def _says(who: str) -> str:
    if who == BY_RULE:
        return "nobody says; give it if it is wrong"
    return f"{who} {'say' if who.endswith('s') else 'says'}"
