"""A feature in small frames: a print and a video of it, in shots of the usual length, to try how work grows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from filmrecovery.base.errors import OutputError
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope, write_scopes
from filmrecovery.picture.arrays import Picture

SHOT_LENGTH = 150
"""Frames: six seconds, as in a feature of 150,000 frames and a thousand shots."""
SIZE = (160, 120)
"""Width and height of a frame, in pixels: as small as the training takes."""

# How far the camera sways, in pixels, and in how many frames it comes back.
_SWAY, _PERIOD = 4.0, 60
# Height and width of who walks through the picture.
_SUBJECT = (80, 50)
_SPACE = "srgb_tx"
# Video shows a little less of the picture than the print.
_FRAMING = np.array([[1.05, 0.0, -3.0], [0.0, 1.05, -2.0]])


@dataclass(frozen=True)
class FeatureFilm:
    """The elements of a feature, and the file of its shots."""

    source: Element
    reference: Element
    shots: Path


def make_feature(folder: Path, frames: int, shot_length: int = SHOT_LENGTH) -> FeatureFilm:
    """Makes a feature of so many frames, in shots of so many, in `folder`, or finds it there.

    Every shot is a picture of its own, over which the camera sways and somebody walks, so that no two frames are alike.
    The print is faded and grainy, the video clean; both have all frames, under the same numbers. Raises OutputError
    where a frame cannot be written.
    """
    numbers = tuple(range(1, frames + 1))
    source, reference = (Element(str(folder / name / f"{name}.######.png"), numbers, _SPACE) for name in _NAMES)
    shots = folder / "shots.json"
    if not shots.is_file():
        for frame, pictures in zip(numbers, _pictures(frames, shot_length), strict=True):
            for element, picture in zip((source, reference), pictures, strict=True):
                _write(element.path(frame), picture)
        # Last, so that a film with a list of its shots is whole.
        write_scopes(
            shots,
            tuple(
                Scope(f"shot_{10 * index:05d}", "shot", first, min(first + shot_length - 1, frames))
                for index, first in enumerate(range(1, frames + 1, shot_length), start=1)
            ),
        )
    return FeatureFilm(source, reference, shots)


_NAMES = ("print", "video")


def _pictures(frames: int, shot_length: int) -> Iterator[tuple[Picture, Picture]]:
    """The picture of each frame in the print and in the video, (height, width, 3) float32 in 0..1."""
    width, height = SIZE
    for first in range(0, frames, shot_length):
        random = np.random.default_rng(first)
        scene, subject = _scene(random, height, width + round(2 * _SWAY) + 2), _scene(random, *_SUBJECT)
        shape = _ellipse(*_SUBJECT)
        for index in range(min(shot_length, frames - first)):
            camera = _SWAY * (1 + np.sin(2 * np.pi * index / _PERIOD))
            walked = (width + _SUBJECT[1]) * index / shot_length - _SUBJECT[1]
            cover = _placed(shape, walked - camera, height - _SUBJECT[0])
            shown = cover * _placed(subject, walked - camera, height - _SUBJECT[0])
            shown += (1 - cover) * _placed(scene, -camera, 0)
            faded = 0.25 + 0.65 * shown * np.array([0.95, 0.6, 0.7], np.float32)
            grain = random.normal(0, 0.02, (height, width, 1)).astype(np.float32)
            yield faded + grain, np.asarray(cv2.warpAffine(shown, _FRAMING, SIZE), np.float32)


def _placed(picture: Picture, left: float, top: float) -> Picture:
    """A picture at a place in a frame that is otherwise black."""
    move = np.array([[1.0, 0.0, left], [0.0, 1.0, top]])
    return np.asarray(cv2.warpAffine(picture, move, SIZE), np.float32)


def _ellipse(height: int, width: int) -> Picture:
    """1 within an ellipse of this size, 0 outside, with a soft edge; (height, width, 3)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    out = np.hypot((x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5)
    return np.repeat(np.clip(20 * (0.5 - out), 0, 1)[..., np.newaxis], 3, axis=2)


def _scene(random: np.random.Generator, height: int, width: int) -> Picture:
    """A picture of coarse and fine detail in many colours."""
    scene = np.full((height, width, 3), 0.5, np.float32)
    for size, strength in ((24.0, 0.35), (6.0, 0.2), (2.0, 0.12)):
        noise = cv2.GaussianBlur(random.normal(size=(height, width, 3)).astype(np.float32), (0, 0), size)
        scene += strength * noise / noise.std()
    return np.clip(scene, 0.0, 1.0)


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = np.rint(255 * np.clip(picture[..., ::-1], 0, 1)).astype(np.uint8)
    # Not by `write_frame`, which waits for the disk after every file.
    if not cv2.imwrite(str(path), codes):
        raise OutputError(f"{path}: cannot be written; choose another folder")
