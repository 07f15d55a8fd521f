"""What the headers of a movie say of the film, for each frame that is made of it: time code and reel."""

import dataclasses
from collections.abc import Collection
from fractions import Fraction

import OpenImageIO

from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.headers.film_timecode import TIMECODE, count_from
from filmrecovery.film.movies.movie_facts import MovieFacts
from filmrecovery.film.movies.movie_record import MovieRecord

REEL = "reelName"
"""The standard attribute of EXR for the reel."""


def why_no_timecode(timecode: str, rate: Fraction, lengths: Collection[float]) -> str:
    """Why the frames of a movie cannot be given time codes counted from its first picture's; empty where they can.

    `lengths` are those of its pictures, in pictures.
    """
    if not timecode:
        return ""
    if any(length > 1 for length in lengths):
        return "it counts pictures whose fields are shown twice, and these are not stored"
    try:
        count_from(timecode, rate)
    except ValueError as error:
        return str(error)
    return ""


def with_film_codes(frame: Frame, record: MovieRecord, number: int) -> Frame:
    """Adds to the frame of a number the time code of the first picture that it is made of, and the reel.

    Time codes count the pictures of the movie at its own rate: where a telecine doubled fields, the frames' have gaps.
    """
    spec = OpenImageIO.ImageSpec(frame.spec)
    fields = record.frames[number - record.first]
    picture = min(index for index in (fields.top, fields.bottom) if index is not None)
    state_codes(spec, record.facts, record.decided.timecode, picture)
    return dataclasses.replace(frame, spec=spec)


def state_codes(spec: OpenImageIO.ImageSpec, facts: MovieFacts, timecode: str, picture: int) -> None:
    """States in a header the reel of a movie, and the time code of a picture, each where there is one."""
    if timecode:
        # A movie has no place for the bits of users.
        word = count_from(timecode, Fraction(facts.rate)).word(picture)
        spec.attribute(TIMECODE, OpenImageIO.TypeDesc("timecode"), (word, 0))
    if facts.reel:
        spec.attribute(REEL, facts.reel)
