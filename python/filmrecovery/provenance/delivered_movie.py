"""Recovered frames that were delivered as a movie, and what of their headers the movie says."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import OpenImageIO

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_header import texts_of
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.headers.film_metadata import with_dpx_metadata
from filmrecovery.film.movies.frame_codes import state_codes
from filmrecovery.film.movies.frame_list import list_path
from filmrecovery.film.movies.movie_facts import MovieFacts
from filmrecovery.film.movies.movie_file import open_movie


@dataclass(frozen=True)
class DeliveredMovie:
    """A movie, with the list of its pictures beside it, and the frames that it was made of."""

    path: Path
    recovered: Element

    @property
    def pattern(self) -> str:
        return str(self.path)

    @property
    def frames(self) -> tuple[int, ...]:
        return self.recovered.frames

    def paths(self) -> list[Path]:
        return [self.path, list_path(self.path)]


Delivered = Element | DeliveredMovie


def frames_of(delivered: Delivered) -> Element:
    """The frames whose headers say when and with what they were made."""
    return delivered.recovered if isinstance(delivered, DeliveredMovie) else delivered


def headers_of(delivered: Delivered) -> Callable[[int], OpenImageIO.ImageSpec]:
    """What gives the header of a delivered frame by its number; of a movie, what it says of that frame, by the names
    that the recovered frames have for it.

    Raises ElementError for a movie that cannot be read.
    """
    if isinstance(delivered, Element):
        return lambda frame: read_header(delivered.path(frame))
    with open_movie(delivered.path) as movie:
        facts = movie.facts
    places = {frame: place for place, frame in enumerate(delivered.frames)}
    return lambda frame: _said_of(facts, delivered.recovered.path(frame), places[frame])


def _said_of(facts: MovieFacts, recovered: Path, place: int) -> OpenImageIO.ImageSpec:
    """What the movie says of the picture at a place, counted from 0, by the names in the frame it was made of."""
    header = with_dpx_metadata(read_header(recovered))
    spec = OpenImageIO.ImageSpec()
    # Matroska has the names of tags in capital letters.
    tags = {tag.name.lower(): tag.value for tag in facts.tags}
    for name in texts_of(header):
        if name.lower() in tags:
            spec.attribute(name, tags[name.lower()])
    rate = Fraction(facts.rate)
    spec.attribute("FramesPerSecond", OpenImageIO.TypeDesc("rational"), (rate.numerator, rate.denominator))
    state_codes(spec, facts, facts.timecode, place)
    return spec
