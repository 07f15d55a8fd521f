"""What a movie master says of itself: its rate, time code, reel, colour, and the texts of its frames' headers."""

import logging
from fractions import Fraction

import OpenImageIO

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.delivering.code_values import SPACE_NAME
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_header import texts_of_picture
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.headers.film_metadata import stated_rate, with_dpx_metadata
from filmrecovery.film.headers.film_timecode import TIMECODE, count_from, timecode_text
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.film.movies.frame_codes import REEL
from filmrecovery.film.movies.write_movie import BT709, SRGB, UNKNOWN, MovieLabels
from filmrecovery.picture import colour

_LOG = logging.getLogger(__name__)

VIDEO_SPACE = "g24_rec709"
"""The colour space of ProRes masters: what programs expect of BT.709."""

_CURVES = {VIDEO_SPACE: BT709, "srgb_tx": SRGB}
"""Spaces of the primaries of BT.709 with their curves by H.273."""


def movie_labels(recovered: Element, space: str, rate: float) -> MovieLabels:
    """What a movie of recovered frames says.

    The rate is that of their headers, otherwise `rate`; the time code that of the first, where those of the others
    count on from it; the reel and other texts those that all have. Raises SettingsError for a rate that is none, and
    ElementError for frames that are missing, damaged, or of several rates.
    """
    headers = [with_dpx_metadata(read_header(recovered.path(number))) for number in recovered.frames]
    rates = {stated_rate(header) for header in headers}
    if len(rates) > 1:
        named = ", ".join(str(each or "none") for each in sorted(rates, key=lambda each: each or 0))
        raise ElementError(
            f"{recovered.pattern}: its headers say several rates ({named}), and a movie has one; correct the headers, "
            "or deliver frames"
        )
    exact = rates.pop() or exact_rate(rate)
    if exact is None:
        raise SettingsError(f"the rate {rate} is none; expected frames a second")
    texts = dict.items(texts_of_picture(headers[0]))
    common = set(texts).intersection(*(texts_of_picture(header).items() for header in headers))
    tags = {name: text for name, text in texts if (name, text) in common}
    aspect = headers[0].get_float_attribute("PixelAspectRatio", 1.0) or 1.0
    return MovieLabels(
        rate=exact,
        timecode=_start(recovered, headers, exact),
        reel=tags.pop(REEL, ""),
        primaries=BT709 if _curve(space) != UNKNOWN else UNKNOWN,
        transfer=_curve(space),
        pixel_aspect=Fraction(aspect).limit_denominator(1000),
        tags={**tags, SPACE_NAME: space},
    )


def _curve(space: str) -> int:
    return next((code for name, code in _CURVES.items() if colour.same_space(space, name)), UNKNOWN)


def _start(recovered: Element, headers: list[OpenImageIO.ImageSpec], rate: Fraction) -> str:
    """The time code of the first frame; empty, with a warning, where the others do not count on from it."""
    words = [stated[0] if isinstance(stated := header.getattribute(TIMECODE), tuple) else None for header in headers]
    if words[0] is None:
        return ""
    start = timecode_text(words[0])
    try:
        count = count_from(start, rate)
        # The colour frame flag and such are not counted.
        expected = [timecode_text(count.word(index)) for index in range(len(words))]
    except ValueError as error:
        _LOG.warning("%s: the movie gets no time code: %s", recovered.pattern, error)
        return ""
    if [word if word is None else timecode_text(word) for word in words] != expected:
        _LOG.warning("%s: the movie gets no time code: those of the frames do not count on", recovered.pattern)
        return ""
    return start
