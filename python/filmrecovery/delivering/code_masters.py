"""Masters in whole numbers, DPX frames and movies: what they hold, what their headers say, and what is cut off."""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.atomic import write_bytes
from filmrecovery.base.errors import ElementError, OutputError, SettingsError
from filmrecovery.base.overlap import on_all_cores, one_ahead
from filmrecovery.base.progress import progress
from filmrecovery.delivering.display_picture import display_picture
from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame_header import texts_of_picture
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.film.frames.write_dpx import dpx_file
from filmrecovery.film.headers.film_metadata import carry_dpx_metadata, stated_rate
from filmrecovery.film.headers.film_timecode import TIMECODE, count_from, timecode_text
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.film.movies.frame_list import frame_list, list_path
from filmrecovery.film.movies.write_movie import BT709, MOVIE_FORMATS, SRGB, UNKNOWN, MovieLabels, write_movie
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture

_LOG = logging.getLogger(__name__)

SPACE_NAME = "filmrecovery:space"
"""The key that names the OCIO colour space of whole numbers: neither DPX nor Matroska has a code for each."""
VIDEO_SPACE = "g24_rec709"
"""The colour space of ProRes masters: what programs expect of BT.709."""

_CURVES = {VIDEO_SPACE: BT709, "srgb_tx": SRGB}
"""Spaces of the primaries of BT.709 with their curves by H.273."""
_REEL = "reelName"
_HIGHEST = 1023
_ROUNDING = 0.5 / _HIGHEST
"""A value that is rounded to the highest code is not cut."""


def write_dpx_master(recovered: Element, master: Element) -> None:
    """Writes recovered frames as DPX of 10 bits, in the space of the master, with what their headers say.

    R, G and B of the display window; alpha and other channels are left out. Frames that are there already are left
    where each byte is right. Every frame is read back and compared. Values outside 0..1 are cut, and warned of.

    Raises SettingsError for an unknown space; ElementError for frames that are missing or damaged; OutputError where
    one cannot be written, is read back as another, or something else lies there.
    """
    convert = colour.converter(recovered.space, master.space)

    def write(number: int) -> float:
        target = master.path(number)
        frame = read_frame(recovered.path(number))
        picture, cut = _in_codes(convert(display_picture(frame)))
        spec = OpenImageIO.ImageSpec(frame.spec)
        spec.attribute(SPACE_NAME, master.space)
        content = bytes(dpx_file(target.name, spec, picture))
        if not target.exists():
            write_bytes(target, content)
        elif target.read_bytes() != content:
            raise OutputError(
                f"{target}: is not the frame that this delivery wrote, and nothing is overwritten; remove it to have "
                "it written again, or deliver another version"
            )
        _check_codes(target, picture)
        return cut

    _say_cut(master.pattern, master.space, on_all_cores(write, recovered.frames, "DPX"))


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
        return _in_codes(convert(display_picture(read_frame(recovered.path(number)))))

    def shown() -> Iterator[Picture]:
        with ThreadPoolExecutor(1) as reader:
            ahead = one_ahead(reader, show, recovered.frames)
            for pending in progress(ahead, len(recovered.frames), MOVIE_FORMATS[preset].name):
                picture, cut = pending.result()
                cuts.append(cut)
                yield picture

    write_movie(path, MOVIE_FORMATS[preset], shown(), movie_labels(recovered, space, rate))
    _say_cut(str(path), space, cuts)


def movie_labels(recovered: Element, space: str, rate: float) -> MovieLabels:
    """What a movie of recovered frames says.

    The rate is that of their headers, otherwise `rate`; the time code that of the first, where those of the others
    count on from it; the reel and other texts those that all have. Raises SettingsError for a rate that is none, and
    ElementError for frames that are missing, damaged, or of several rates.
    """
    headers = [_carried(read_header(recovered.path(number))) for number in recovered.frames]
    rates = {stated_rate(header) for header in headers}
    if len(rates) > 1:
        named = ", ".join(str(found or "none") for found in sorted(rates, key=lambda found: found or 0))
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
        reel=tags.pop(_REEL, ""),
        primaries=BT709 if _curve(space) != UNKNOWN else UNKNOWN,
        transfer=_curve(space),
        pixel_aspect=Fraction(aspect).limit_denominator(1000),
        tags={**tags, SPACE_NAME: space},
    )


def _carried(header: OpenImageIO.ImageSpec) -> OpenImageIO.ImageSpec:
    carried = OpenImageIO.ImageSpec(header)
    carry_dpx_metadata(carried)
    return carried


def _curve(space: str) -> int:
    return next((code for name, code in _CURVES.items() if colour.same_space(space, name)), UNKNOWN)


def _start(recovered: Element, headers: list[OpenImageIO.ImageSpec], rate: Fraction) -> str:
    """The time code of the first frame, empty where the others do not count on from it, which is said."""
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


def _in_codes(picture: Picture) -> tuple[Picture, float]:
    """A picture within 0..1, and the share of its values that were cut off."""
    outside = (picture < -_ROUNDING) | (picture > 1 + _ROUNDING)
    return np.clip(picture, 0.0, 1.0), float(np.mean(outside))


def _say_cut(what: str, space: str, cuts: Iterable[float]) -> None:
    shares = [cut for cut in cuts if cut]
    if shares:
        _LOG.warning(
            "%s: %d frames have values that codes of the space %s cannot hold, up to %.2g %% of a frame; they are cut",
            what,
            len(shares),
            space,
            100 * max(shares),
        )


def _check_codes(path: Path, picture: Picture) -> None:
    """Raises OutputError for a DPX file that does not hold the codes of a picture."""
    codes, expected = (np.rint(np.asarray(values, np.float64) * _HIGHEST) for values in (read_frame(path).rgb, picture))
    if not np.array_equal(codes, expected):
        raise OutputError(f"{path}: is read back as another picture; check the disk, remove the file and call again")


def _is_whole(path: Path) -> bool:
    """Whether a movie of an earlier call is, picture by picture, what its list says; that it is not is said."""
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
