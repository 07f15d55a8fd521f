"""A frame of the film from the pictures of a movie: fields woven, codes made R'G'B', pixels made square."""

from collections.abc import Mapping

import cv2
import numpy as np
import OpenImageIO

from filmrecovery.film.frames.frame import Frame
from filmrecovery.film.frames.frame_encoding import FILTERED_NAME
from filmrecovery.film.headers.frame_rate import exact_rate
from filmrecovery.film.movies.movie_file import DecodedPicture
from filmrecovery.film.movies.movie_record import Decisions, FilmFrame
from filmrecovery.film.movies.pixel_layout import PixelLayout
from filmrecovery.film.movies.reference_filter import ReferenceFilter
from filmrecovery.film.movies.unpack_settings import BOTTOM, TOP
from filmrecovery.film.movies.ycbcr import alpha_of, rgb_of
from filmrecovery.picture.arrays import Values


def film_frame(
    wanted: FilmFrame,
    pictures: Mapping[int, DecodedPicture],
    layout: PixelLayout,
    decided: Decisions,
    smooth: ReferenceFilter | None = None,
) -> Frame:
    """A frame, as it is decided, of the pictures that its fields are in, smoothed where a filter is given.

    Where a cut left one field, the lines of the other are the means of those around them.
    """
    if wanted.top == wanted.bottom and wanted.top is not None and not pictures[wanted.top].interlaced:
        pixels = _pixels(pictures[wanted.top], layout, decided)
    else:
        fields = {
            parity: None if index is None else _pixels(pictures[index], layout, decided, parity)
            for parity, index in ((TOP, wanted.top), (BOTTOM, wanted.bottom))
        }
        pixels = _woven(fields[TOP], fields[BOTTOM])
    if smooth:
        pixels[..., :3] = smooth.filtered(pixels[..., :3])
    if pixels.shape[:2] != (decided.height, decided.width):
        size = decided.width, decided.height
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.float32)
    channels = ("R", "G", "B", "A")[: pixels.shape[2]]
    spec = OpenImageIO.ImageSpec(decided.width, decided.height, len(channels), OpenImageIO.FLOAT)
    spec.channelnames = channels
    _describe(spec, decided)
    if smooth:
        spec.attribute(FILTERED_NAME, decided.filters)
    return Frame(pixels, channels, spec)


def _pixels(picture: DecodedPicture, layout: PixelLayout, decided: Decisions, field: str | None = None) -> Values:
    """R'G'B', and alpha where there is one, of a picture or one of its fields."""
    components = picture.components
    if field:
        start = 0 if field == TOP else 1
        components = tuple(part[start::2] for part in components)
    rgb = rgb_of(components, layout, decided.matrix, decided.range, decided.siting, field)
    if not layout.alpha:
        return rgb
    return np.concatenate([rgb, alpha_of(components, layout)[..., np.newaxis]], axis=-1)


def _woven(top: Values | None, bottom: Values | None) -> Values:
    """A picture of its fields; of one alone, the other lines lie between those that there are."""
    if top is not None and bottom is not None:
        pixels = np.empty((len(top) + len(bottom), *top.shape[1:]), np.float32)
        pixels[0::2], pixels[1::2] = top, bottom
        return pixels
    if top is not None:
        return _woven(top, (top + np.concatenate([top[1:], top[-1:]])) / 2)
    assert bottom is not None
    return _woven((bottom + np.concatenate([bottom[:1], bottom[:-1]])) / 2, bottom)


def _describe(spec: OpenImageIO.ImageSpec, decided: Decisions) -> None:
    rate = exact_rate(_as_number(decided.rate))
    if rate:
        spec.attribute("FramesPerSecond", OpenImageIO.TypeDesc("rational"), (rate.numerator, rate.denominator))
    aspect = _as_number(decided.pixel_aspect)
    if aspect != 1:
        spec.attribute("PixelAspectRatio", aspect)


def _as_number(fraction: str) -> float:
    numerator, _, denominator = fraction.partition("/")
    return int(numerator) / int(denominator or 1)
