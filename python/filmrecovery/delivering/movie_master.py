"""Masters that are movies, and how one of an earlier call is found whole."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filmrecovery.base.errors import ElementError
from filmrecovery.base.overlap import one_ahead
from filmrecovery.base.progress import progress
from filmrecovery.delivering.code_values import cut_to_codes, warn_of_cut
from filmrecovery.delivering.display_picture import display_picture
from filmrecovery.delivering.movie_labels import movie_labels
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.film.movies.frame_list import frame_list, list_path
from filmrecovery.film.movies.write_movie import MOVIE_FORMATS, write_movie
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture

_LOG = logging.getLogger(__name__)


def write_movie_master(preset: str, recovered: Element, path: Path, space: str, rate: float) -> None:
    """Writes recovered frames as a movie master, one of `MOVIE_FORMATS`, in a space, and the list of its pictures.

    R, G and B of the display window. A movie that is there and whole, by its list, is left. Otherwise as
    `write_dpx_master`; see `movie_labels` for what the movie says, and `write_movie` for what is checked.
    """
    if _is_whole(path):
        return
    convert = colour.converter(recovered.space, space)
    cuts: list[float] = []

    def show(number: int) -> tuple[Picture, float]:
        return cut_to_codes(convert(display_picture(read_frame(recovered.path(number)))))

    def shown() -> Iterator[Picture]:
        with ThreadPoolExecutor(1) as reader:
            ahead = one_ahead(reader, show, recovered.frames)
            for pending in progress(ahead, len(recovered.frames), MOVIE_FORMATS[preset].name):
                picture, cut = pending.result()
                cuts.append(cut)
                yield picture

    write_movie(path, MOVIE_FORMATS[preset], shown(), movie_labels(recovered, space, rate))
    warn_of_cut(str(path), space, cuts)


def _is_whole(path: Path) -> bool:
    """Whether a movie of an earlier call is, picture by picture, what its list says. Warns of one that is not."""
    listed = list_path(path)
    if not (path.is_file() and listed.is_file()):
        return False
    try:
        whole = frame_list(path)[0] == listed.read_text(encoding="utf-8")
    except (ElementError, UnicodeDecodeError):
        whole = False
    if not whole:
        _LOG.warning("%s: is damaged, or was changed since it was written; it is written again", path)
    return whole
