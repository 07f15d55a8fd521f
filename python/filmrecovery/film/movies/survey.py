"""The first look at a movie: every picture is decoded, and found out is which of them the frames of the film are.

So a movie that is damaged, of an uneven rate or interlaced is known before a frame is written.
"""

import fractions
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.base.limits import WIDEST_PIXEL
from filmrecovery.base.progress import progress
from filmrecovery.film.movies.cadence import INTERLACED, PROGRESSIVE, TWO_THREE, Cadence, find_cadence
from filmrecovery.film.movies.decode_colour import CodeReading, code_reading
from filmrecovery.film.movies.field_differences import FieldComparison, FieldDifferences
from filmrecovery.film.movies.frame_codes import why_no_timecode
from filmrecovery.film.movies.movie_file import DecodedPicture, Movie, av_package, open_movie
from filmrecovery.film.movies.movie_record import Decisions, FilmFrame, MovieRecord
from filmrecovery.film.movies.pixel_layout import RGB
from filmrecovery.film.movies.reference_filter import filters_of
from filmrecovery.film.movies.unpack_settings import FIELDS, FILM, SQUARE, TOP, UnpackSettings
from filmrecovery.picture.arrays import Channel

_LOG = logging.getLogger(__name__)

BY_FLAGS, BY_SETTINGS = "2:3 by flags", "as the settings say"
_RATES_OF_FIELDS = (fractions.Fraction(25), fractions.Fraction(30000, 1001), fractions.Fraction(30))
_MOST_LINES_OF_FIELDS = 1152
_TWICE = 1.5
"""Length of a picture of which the movie says that a field is to be shown again."""
_LEAST_TWICE = 0.4
"""Share of such pictures where all of a movie is film; half of them, less what edits break."""
_END_CODES, _TAIL = (b"\0\0\1\xb9", b"\0\0\1\xb7"), 4096
_LEAST_MISSING = 0.5
"""By how many pictures a movie is shorter than its header says before that is warned of."""
_AFTER_PULLDOWN = fractions.Fraction(4, 5)


def survey(settings: UnpackSettings, path: Path, sha256: str) -> MovieRecord:
    """Decodes a movie from its start to its end, and returns the record of it.

    Raises SettingsError where PyAV is not installed, and ElementError as `open_movie` and `Movie.pictures` do, for
    colour that cannot be read for certain (see `code_reading`), and for interlaced video unless the settings say what
    is to be made of it.
    """
    lengths: list[float] = []
    differences: list[FieldDifferences] = []
    with open_movie(path) as movie:
        reading = code_reading(movie, settings)
        comparison = FieldComparison() if settings.pictures == FILM and _may_have_fields(movie) else None
        pictures = movie.pictures()
        stated = movie.facts.stated_pictures
        for picture in progress(pictures, stated, f"Look at {path.name}") if stated else pictures:
            lengths.append(picture.length)
            if comparison:
                differences.append(comparison.with_next(_luma(movie, picture)))
    _warn_of_missing_pictures(movie, lengths)
    cadence, factor = _cadence(settings, path, lengths, differences)
    halves = [index for index, frame in enumerate(cadence.frames) if None in (frame.top, frame.bottom)]
    first = settings.first
    return MovieRecord(
        movie=path.name,
        sha256=sha256,
        decoder=f"PyAV {av_package().__version__}",
        facts=movie.facts,
        decided=_decisions(settings, movie, reading, cadence, factor, lengths),
        pictures=len(lengths),
        first=first,
        breaks=tuple(first + index for index in cadence.breaks),
        halves=() if settings.pictures == FIELDS else tuple(first + index for index in halves),
        combed=tuple(first + index for index in cadence.combed),
        frames=cadence.frames,
    )


def _warn_of_missing_pictures(movie: Movie, lengths: Sequence[float]) -> None:
    """Warns of pictures that a movie has and does not show, and where nobody can know whether its end is there."""
    path, stated, decoded = movie.path, movie.facts.stated_pictures, len(lengths)
    if movie.left_out:
        _LOG.warning(
            "%s: its edit list leaves out %d of the %d pictures that it has",
            *(path, movie.left_out, movie.left_out + stated),
        )
    if movie.not_decoded:
        _LOG.warning(
            "%s: begins with %d pictures that cannot be decoded, since what they are made from is not in the file: "
            "they are left out; get the whole movie if they are wanted",
            path,
            movie.not_decoded,
        )
    if not (stated or _says_its_end(path)):
        _LOG.warning(
            "%s: nothing in it says how many pictures it has, so that a missing end is not seen: see whether picture "
            "%d is the last one",
            path,
            decoded,
        )
    # One picture fewer may come of a length that was rounded; of more, `Movie.pictures` tells.
    if stated and sum(length or 1 for length in lengths) < stated - _LEAST_MISSING:
        _LOG.warning(
            "%s: its header says %d pictures, and %d are in it: see whether picture %d is the last one",
            *(path, stated, decoded, decoded),
        )


def _decisions(
    settings: UnpackSettings,
    movie: Movie,
    reading: CodeReading,
    cadence: Cadence,
    factor: fractions.Fraction,
    lengths: Sequence[float],
) -> Decisions:
    """How the frames are made of the pictures. Raises ElementError for pixels of a shape that cannot be."""
    facts = movie.facts
    no_timecode = why_no_timecode(facts.timecode, movie.rate, lengths)
    aspect = fractions.Fraction(facts.pixel_aspect or 1)
    width, height = facts.width, facts.height
    if settings.pixels == SQUARE:
        if not 1 / WIDEST_PIXEL <= aspect <= WIDEST_PIXEL:
            raise ElementError(
                f"{movie.path}: says that its pixels are {float(aspect):.4g} times as wide as high; correct its "
                "header, or choose the pixels 'stored'"
            )
        width, height, aspect = _square(width, height, aspect)
    return Decisions(
        matrix=reading.matrix,
        matrix_from=reading.matrix_from,
        range=reading.range,
        range_from=reading.range_from,
        siting=reading.siting,
        siting_from=reading.siting_from,
        pixel_aspect=str(aspect),
        width=width,
        height=height,
        rate=str(movie.rate * factor),
        cadence=cadence.kind,
        first_field=cadence.first_field,
        filters=filters_of(settings),
        timecode="" if no_timecode else facts.timecode,
        no_timecode=no_timecode,
    )


def _says_its_end(path: Path) -> bool:
    """Whether a movie ends with a code for the end of a program or of a sequence (ISO/IEC 13818-1 and -2)."""
    with open(path, "rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        tail = file.read()
    return any(code in tail for code in _END_CODES)


def _may_have_fields(movie: Movie) -> bool:
    """Whether the pictures of a movie may be woven of fields, whatever it says: tapes are captured without a word."""
    facts = movie.facts
    stated = facts.field_order not in ("", PROGRESSIVE)
    return stated or (movie.rate in _RATES_OF_FIELDS and facts.height <= _MOST_LINES_OF_FIELDS)


def _luma(movie: Movie, picture: DecodedPicture) -> Channel:
    """Luma, or green, of a picture, about 0..1."""
    codes = picture.components[1 if movie.layout.model == RGB else 0]
    highest = 2.0**movie.layout.bits - 1 if movie.layout.bits else 1.0
    return codes.astype(np.float32) / np.float32(highest)


def _cadence(
    settings: UnpackSettings, path: Path, lengths: Sequence[float], differences: Sequence[FieldDifferences]
) -> tuple[Cadence, fractions.Fraction]:
    """The frames of the film, and how many of them there are a second for each picture of the movie."""
    whole = tuple(FilmFrame(index, index) for index in range(len(lengths)))
    if settings.pictures == FIELDS:
        return _fields(settings, path, whole), fractions.Fraction(2)
    if settings.pictures != FILM:
        return Cadence(BY_SETTINGS, "", whole), fractions.Fraction(1)
    if _TWICE in lengths:
        return _by_flags(path, lengths, whole), _AFTER_PULLDOWN
    if not differences:
        return Cadence(PROGRESSIVE, "", whole), fractions.Fraction(1)
    found = find_cadence(differences, settings.field_order)
    if found.kind == INTERLACED:
        raise ElementError(
            f"{path}: is interlaced video, whose fields show two moments, and no film; choose the pictures 'fields', "
            "which makes a picture of each field, or 'frames', which leaves them woven"
        )
    return found, _AFTER_PULLDOWN if found.kind == TWO_THREE else fractions.Fraction(1)


def _fields(settings: UnpackSettings, path: Path, whole: Sequence[FilmFrame]) -> Cadence:
    if not settings.field_order:
        raise ElementError(f"{path}: give the order of the fields, top or bottom first, to have a picture of each")
    halves = []
    for frame in whole:
        pair = FilmFrame(frame.top, None), FilmFrame(None, frame.bottom)
        halves += pair if settings.field_order == TOP else pair[::-1]
    return Cadence(BY_SETTINGS, settings.field_order, tuple(halves))


def _by_flags(path: Path, lengths: Sequence[float], whole: tuple[FilmFrame, ...]) -> Cadence:
    """Film whose doubled fields are not stored, as on most discs: its pictures are the frames."""
    if sum(length == _TWICE for length in lengths) < _LEAST_TWICE * (len(lengths) - 1):
        raise ElementError(
            f"{path}: holds both film, whose fields are doubled by flags, and video; cut the movie where they meet, or "
            "choose the pictures 'frames'"
        )
    # Nobody knows when the last picture ends, and in some containers not for certain when it begins.
    known = lengths[:-2]
    breaks = [index for index in range(1, len(known)) if known[index] == known[index - 1]]
    return Cadence(BY_FLAGS, "", whole, tuple(breaks))


def _square(width: int, height: int, aspect: fractions.Fraction) -> tuple[int, int, fractions.Fraction]:
    """The size at which pixels are square: the side that is too short is stretched, so that no detail is lost."""
    if aspect > 1:
        return round(width * aspect), height, fractions.Fraction(1)
    return width, round(height / aspect), fractions.Fraction(1)
