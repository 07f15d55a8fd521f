"""Footage that elements are simulated from: a video file, a sequence of frames, or the demo shot."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import is_supported
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture.arrays import Codes, Picture
from filmrecovery.picture.resize import Number, area_averaged
from filmrecovery.trials.simulation.demo_shot import demo_frame


@dataclass(frozen=True)
class Footage:
    """Frames to simulate elements from, counted from 0.

    `picture` gives one as (height, width, 3) float32 in 0..1, display-referred Rec.709, all of one size.
    """

    name: str
    picture: Callable[[int], Picture]


def demo_footage(width: int) -> Footage:
    """The demo shot (see `demo_shot`), `width` pixels wide, 16:9."""
    return Footage("demo", lambda number: demo_frame(number, width, round(width * 9 / 16)))


def read_footage(path: str, width: int) -> Footage:
    """Footage from a video file, or from a sequence of frames, display-referred, by its pattern.

    Pictures wider than `width` pixels are reduced to it once and for all: what is simulated from them is measured
    against them. Raises ElementError for a file that is missing or no video, and SettingsError for a bad pattern; the
    footage's pictures raise ElementError for frames that are damaged or beyond its end.
    """
    if is_supported(path):
        return _sequence_footage(path, width)
    if not Path(path).is_file():
        raise ElementError(f"{path}: missing; expected a video file or a pattern such as shot.####.exr")
    return Footage(Path(path).stem, _Video(path, width))


def _sequence_footage(pattern: str, width: int) -> Footage:
    element = find_element(pattern)

    def picture(number: int) -> Picture:
        if number >= len(element.frames):
            raise _too_short(pattern, len(element.frames))
        return _reduced(np.clip(read_frame(element.path(element.frames[number])).rgb, 0, 1), width)

    return Footage(Path(pattern).name.split(".")[0], picture)


class _Video:
    """Decodes a video from its start, as seeking is not exact in every format, and keeps what it has decoded."""

    def __init__(self, path: str, width: int) -> None:
        self._path = path
        self._width = width
        self._capture = cv2.VideoCapture(path)
        self._decoded: list[Codes] = []
        if not self._capture.isOpened():
            raise ElementError(f"{path}: not a video that can be read; expected MP4, MOV, AVI or the like")

    def __call__(self, number: int) -> Picture:
        while len(self._decoded) <= number:
            there, picture = self._capture.read()
            if not there:
                raise _too_short(self._path, len(self._decoded))
            self._decoded.append(_reduced(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8), self._width))
        return self._decoded[number].astype(np.float32) / 255


def _too_short(path: str, length: int) -> ElementError:
    return ElementError(f"{path}: holds {length} frames, and more are needed; choose longer footage")


def _reduced(picture: NDArray[Number], width: int) -> NDArray[Number]:
    height, full_width = picture.shape[:2]
    if full_width <= width:
        return picture
    return area_averaged(picture, width, round(height * width / full_width))
