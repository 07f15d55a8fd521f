"""Masks: where frames show what is not of the film, such as subtitles, a logo or a burnt-in time code.

A mask is a sequence of pictures, or boxes that stand still or move, or both. Places are in pixels of the display window
of the source, x to the right and y down from its upper left corner.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import OpenImageIO

from filmrecovery.base.errors import ElementError, SettingsError
from filmrecovery.film.elements.element import find_element
from filmrecovery.film.elements.frame_numbers import parse_frames
from filmrecovery.film.frames.frame import first_line
from filmrecovery.picture.arrays import Mask, Values

_LEAST = 0.01
"""Below it a value is what compression leaves of 0."""
_BOX = re.compile(r"\s*([\d,x-]+)\s*:\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*")


@dataclass(frozen=True)
class _Box:
    """A box at some frames, or at two and more keys that it moves between."""

    frames: tuple[int, ...]
    keys: tuple[tuple[int, Values], ...] = ()

    def at(self, frame: int) -> Values | None:
        """Left, top, right and bottom at a frame; None where there is no box."""
        if len(self.keys) == 1:
            return self.keys[0][1] if frame in self.frames else None
        numbers = [number for number, _ in self.keys]
        if not numbers[0] <= frame <= numbers[-1]:
            return None
        return np.array([np.interp(frame, numbers, [edges[side] for _, edges in self.keys]) for side in range(4)])


class PictureMasks:
    """What a mask covers of each frame.

    A frame that no file is there for is covered by boxes alone. Raises SettingsError for a pattern that is none, and
    boxes that are not written as they should be; ElementError where there is no file at all.
    """

    def __init__(self, files: str | None = None, boxes: str | None = None) -> None:
        self._files = find_element(files, name="mask") if files else None
        self._boxes = tuple(_parsed(text) for text in (boxes or "").split(";") if text.strip())

    def __bool__(self) -> bool:
        """Whether anything may be covered."""
        return bool(self._files or self._boxes)

    def made_of(self, frame: int) -> tuple[object, ...]:
        """What the mask of a frame hangs on, for `made_from`; empty where nothing of it is covered."""
        path = self._path(frame)
        boxes = [box.tolist() for box in (one.at(frame) for one in self._boxes) if box is not None]
        return (*([path] if path else []), *([boxes] if boxes else []))

    def covered(self, frame: int, left: int, top: int, width: int, height: int) -> Mask | None:
        """Where a part of a frame's picture is covered, (height, width); None where nothing of it is.

        The part begins at `left` and `top` of the display window. Raises ElementError for a file that is no mask.
        """
        mask = np.zeros((height, width), bool)
        for box in (one.at(frame) for one in self._boxes):
            if box is not None:
                # Whole pixels, those that are covered in part too.
                x0, y0 = np.floor(box[:2]).astype(int) - (left, top)
                x1, y1 = np.ceil(box[2:]).astype(int) - (left, top)
                mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
        if path := self._path(frame):
            _lay(mask, _read(path), left, top)
        return mask if mask.any() else None

    def _path(self, frame: int) -> Path | None:
        path = self._files.path(frame) if self._files else None
        return path if path and path.is_file() else None


def _parsed(text: str) -> _Box:
    keys = []
    frames: tuple[int, ...] = ()
    for part in text.split(">"):
        match = _BOX.fullmatch(part)
        if not match:
            raise SettingsError(f"box '{part.strip()}': expected frames and edges, such as 10-34: 100,400,380,450")
        frames = parse_frames(match[1])
        edges = np.array([int(edge) for edge in match.groups()[1:]], np.float64)
        if (edges[:2] >= edges[2:]).any():
            raise SettingsError(f"box '{part.strip()}': its right or bottom edge is not beyond the other; correct it")
        keys.append((frames[0], edges))
    numbers = [number for number, _ in keys]
    if len(keys) > 1 and (len(set(numbers)) < len(numbers) or numbers != sorted(numbers)):
        raise SettingsError(f"box '{text.strip()}': a box that moves has one later frame after the other; correct them")
    return _Box(frames, tuple(keys))


def _read(path: Path) -> tuple[Mask, int, int]:
    """The mask of a file, and where in the display window it begins."""
    image = OpenImageIO.ImageInput.open(str(path))
    if image is None:
        raise ElementError(f"{path}: not readable ({first_line(OpenImageIO.geterror())}); restore this mask")
    spec = image.spec()
    names = list(spec.channelnames)
    pixels = image.read_image(0, 0, 0, spec.nchannels, OpenImageIO.FLOAT)
    damage = image.geterror()
    image.close()
    if pixels is None or damage:
        raise ElementError(f"{path}: truncated or damaged ({first_line(damage)}); restore this mask")
    values = pixels.reshape(spec.height, spec.width, spec.nchannels)
    if "A" in names:
        values = values[..., [names.index("A")]]
    return np.any(values > _LEAST, axis=-1), spec.x - spec.full_x, spec.y - spec.full_y


def _lay(mask: Mask, read: tuple[Mask, int, int], left: int, top: int) -> None:
    """Adds what was read to a mask that begins at `left` and `top`."""
    other, x, y = read
    x, y = x - left, y - top
    height, width = mask.shape
    rows = slice(max(y, 0), max(min(y + other.shape[0], height), 0))
    columns = slice(max(x, 0), max(min(x + other.shape[1], width), 0))
    mask[rows, columns] |= other[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
