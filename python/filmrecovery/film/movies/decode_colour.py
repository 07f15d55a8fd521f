"""By which matrix, range and siting the codes of a movie are read: as the movie says, as the settings say, or by rule.

It is an error where nobody says and no rule of television tells, and where the header of a movie contradicts its
pictures. What was decided without the movie's word is recorded.
"""

from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.film.movies.movie_facts import MovieFacts
from filmrecovery.film.movies.movie_file import Movie
from filmrecovery.film.movies.movie_record import BY_MOVIE, BY_RULE, BY_SETTINGS
from filmrecovery.film.movies.pixel_layout import GREY, RGB, YCBCR, PixelLayout
from filmrecovery.film.movies.unpack_settings import FULL, LEFT, LIMITED, MATRICES, UnpackSettings

_MOST_LINES_OF_SD = 576


@dataclass(frozen=True)
class CodeReading:
    """How codes are read, and who said so. The matrix is empty for RGB and grey, the siting where none is needed."""

    matrix: str
    matrix_from: str
    range: str
    range_from: str
    siting: str
    siting_from: str


def code_reading(movie: Movie, settings: UnpackSettings) -> CodeReading:
    """How the codes of a movie are read.

    Raises ElementError for a matrix that is not read here, for a header that says another matrix or range than the
    pictures, and where RGB says that its range is limited, or grey does not say of which range it is: software writes
    both for pictures of either range.
    """
    _refuse_other_words(movie, settings)
    matrix, matrix_from = _matrix(movie.path, movie.facts, movie.layout, settings)
    value_range, range_from = _range(movie.path, movie.facts, movie.layout, settings)
    siting, siting_from = _siting(movie.facts, movie.layout, settings)
    return CodeReading(matrix, matrix_from, value_range, range_from, siting, siting_from)


def _refuse_other_words(movie: Movie, settings: UnpackSettings) -> None:
    if movie.layout.model == RGB:
        return
    header, picture = movie.in_header, movie.in_picture
    for name, given, in_header, in_picture in (
        ("matrix", settings.matrix, header.matrix, picture.matrix),
        ("range", settings.range, header.range, picture.range),
    ):
        if in_header and in_picture and in_header != in_picture and not given:
            raise ElementError(
                f"{movie.path}: its header says the {name} {in_header}, and its pictures say {in_picture}; give the "
                f"{name} that is right"
            )


def _matrix(path: Path, facts: MovieFacts, layout: PixelLayout, settings: UnpackSettings) -> tuple[str, str]:
    if layout.model != YCBCR:
        return "", ""
    if settings.matrix:
        return settings.matrix, BY_SETTINGS
    if not facts.matrix:
        return "bt601" if facts.height <= _MOST_LINES_OF_SD else "bt709", BY_RULE
    if facts.matrix not in MATRICES:
        raise ElementError(
            f"{path}: its Y'CbCr is of the matrix {facts.matrix}, expected one of {', '.join(MATRICES)}; convert the "
            "movie, or give the matrix if it says so wrongly"
        )
    return facts.matrix, BY_MOVIE


def _range(path: Path, facts: MovieFacts, layout: PixelLayout, settings: UnpackSettings) -> tuple[str, str]:
    if settings.range:
        return settings.range, BY_SETTINGS
    if layout.full or not layout.bits:
        return FULL, BY_MOVIE
    if layout.model == RGB and facts.range == LIMITED:
        raise ElementError(
            f"{path}: is R'G'B' that says its range is limited, which most programs say without meaning it; give the "
            "range, full or limited"
        )
    if layout.model == GREY and not facts.range:
        raise ElementError(f"{path}: is grey and does not say of which range; give the range, full or limited")
    if facts.range:
        return facts.range, BY_MOVIE
    return (FULL if layout.model == RGB else LIMITED), BY_RULE


def _siting(facts: MovieFacts, layout: PixelLayout, settings: UnpackSettings) -> tuple[str, str]:
    if layout.across == layout.down == 1:
        return "", ""
    if settings.siting:
        return settings.siting, BY_SETTINGS
    return (facts.siting, BY_MOVIE) if facts.siting else (LEFT, BY_RULE)
