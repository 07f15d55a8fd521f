from collections.abc import Callable, Sequence
from dataclasses import replace

import Gaffer

import GafferRecovery
from filmrecovery.base.errors import SettingsError
from filmrecovery.film.elements.mask_shapes import MaskShape, Points, parse_shapes
from GafferRecoveryUI.viewerTools.homography import Point

_BOX = 2
"""Points of a box: two corners that lie opposite."""
_LEAST = 3
"""Points of a polygon."""


class DrawnMask:
    """The shapes of a mask that a `TrainingPairs` node is given as text, at a frame: read once, and changed by methods.

    Points are pixels of the picture as Gaffer counts them. Each method changes the text of the plug, from what was
    read: so a drag goes on from its beginning. A shape that stands still is changed for all of its frames; one that
    moves gets a key at the frame. Raises Gaffer.ProcessException where the picture cannot be read.
    """

    def __init__(self, node: GafferRecovery.TrainingPairs, context: Gaffer.Context, frames: Sequence[int]) -> None:
        """`frames` are those that a new shape is for."""
        self.node = node
        self.plug: Gaffer.StringPlug = node["maskBoxes"].source()
        self.__newFrames = tuple(frames)
        self.fault = ""
        with context:
            size = node["input"].format()
            text = node["maskBoxes"].getValue()
        window = size.getDisplayWindow()
        self.pixelAspect: float = size.getPixelAspect()
        self.__left, self.__top = window.min().x, window.max().y
        self.width, self.height = window.size()
        self.frame = round(context.getFrame())
        self.shapes: tuple[MaskShape, ...] = ()
        try:
            self.shapes = parse_shapes(text)
        except SettingsError as error:
            self.fault = str(error)

    def visible(self) -> list[int]:
        """The numbers of the shapes that are there at the frame."""
        return [index for index, shape in enumerate(self.shapes) if shape.at(self.frame) is not None]

    def points(self, index: int) -> list[Point]:
        """The corners of a shape at the frame."""
        return [(self.__left + x, self.__top - y) for x, y in _corners(self.shapes[index].at(self.frame) or ())]

    def add(self) -> None:
        """Adds a shape of four points in the middle of the picture, for all frames."""
        x, y = self.width / 8, self.height / 8
        points = ((3 * x, 3 * y), (5 * x, 3 * y), (5 * x, 5 * y), (3 * x, 5 * y))
        self.__set([*self.shapes, MaskShape(self.__newFrames, {self.__newFrames[0]: points})])

    def remove(self, index: int) -> None:
        self.__set([shape for number, shape in enumerate(self.shapes) if number != index])

    def move(self, index: int, right: float, up: float) -> None:
        """Moves a shape, within the picture."""
        xs, ys = zip(*(self.shapes[index].at(self.frame) or ()), strict=True)
        right = min(max(right, -min(xs)), self.width - max(xs))
        down = min(max(-up, -min(ys)), self.height - max(ys))
        self.__change(index, lambda points: tuple((x + right, y + down) for x, y in points))

    def movePoint(self, index: int, point: int, right: float, up: float) -> None:
        """Moves a corner, within the picture. A box stays one."""

        def moved(points: Points) -> Points:
            x, y = _corners(points)[point]
            x, y = min(max(x + right, 0), self.width), min(max(y - up, 0), self.height)
            if len(points) > _BOX:
                return (*points[:point], (x, y), *points[point + 1 :])
            (x0, y0), (x1, y1) = points
            x0, x1 = (x0, max(x, x0 + 1)) if point in (1, 2) else (min(x, x1 - 1), x1)
            y0, y1 = (y0, max(y, y0 + 1)) if point in (2, 3) else (min(y, y1 - 1), y1)
            return (x0, y0), (x1, y1)

        self.__change(index, moved)

    def pullEdge(self, index: int, edge: int, right: float, up: float) -> None:
        """Adds a corner in the middle of an edge, and moves it. A box becomes a polygon by it."""

        def parted(points: Points) -> Points:
            corners = _corners(points)
            (x0, y0), (x1, y1) = corners[edge], corners[(edge + 1) % len(corners)]
            return (*corners[: edge + 1], ((x0 + x1) / 2, (y0 + y1) / 2), *corners[edge + 1 :])

        before = self.shapes
        self.shapes = self.__with(index, _ofAllKeys(self.shapes[index], parted))
        self.movePoint(index, edge + 1, right, up)
        self.shapes = before

    def removePoint(self, index: int, point: int) -> None:
        """Takes a corner away; of the last three, and of a box, the whole shape."""
        points = next(iter(self.shapes[index].keys.values()))
        if len(points) <= _LEAST:
            self.remove(index)
            return
        self.__set(
            self.__with(index, _ofAllKeys(self.shapes[index], lambda points: (*points[:point], *points[point + 1 :])))
        )

    def setKey(self, index: int) -> None:
        """Has a shape move: it keeps its frames, and where it is now is a key. It needs more frames than one."""
        shape = self.shapes[index]
        points = shape.at(self.frame) or ()
        ends = () if shape.moves() else (shape.frames[0], shape.frames[-1])
        keys = {**dict.fromkeys(ends, points), **(shape.keys if shape.moves() else {}), self.frame: points}
        self.__set(self.__with(index, MaskShape(shape.frames, keys)))

    def removeKey(self, index: int) -> None:
        """Takes the key at the frame away; the last of them leaves a shape that stands still where it was."""
        shape = self.shapes[index]
        keys = {frame: points for frame, points in shape.keys.items() if frame != self.frame}
        numbers = sorted(shape.keys)
        frames = tuple(range(numbers[0], numbers[-1] + 1)) if len(keys) == 1 else ()
        self.__set(self.__with(index, MaskShape(frames, keys)))

    def keys(self, index: int) -> list[int]:
        """The frames of the keys of a shape; none where it stands still."""
        shape = self.shapes[index]
        return sorted(shape.keys) if shape.moves() else []

    def begin(self, index: int) -> None:
        """Has a shape begin at the frame."""
        self.__limit(index, self.frame, None)

    def end(self, index: int) -> None:
        """Has a shape end with the frame."""
        self.__limit(index, None, self.frame)

    def __limit(self, index: int, first: int | None, last: int | None) -> None:
        shape = self.shapes[index]

        def isIn(frame: int) -> bool:
            return (first is None or frame >= first) and (last is None or frame <= last)

        if shape.moves():
            keys = {frame: points for frame, points in shape.keys.items() if isIn(frame)}
            limited = MaskShape((self.frame,), {**keys, self.frame: shape.at(self.frame) or ()})
        else:
            limited = replace(shape, frames=tuple(filter(isIn, shape.frames)))
        self.__set(self.__with(index, limited))

    def __change(self, index: int, change: Callable[[Points], Points]) -> None:
        shape = self.shapes[index]
        points = change(shape.at(self.frame) or ())
        keys = {**shape.keys, self.frame: points} if shape.moves() else dict.fromkeys(shape.keys, points)
        self.__set(self.__with(index, replace(shape, keys=keys)))

    def __with(self, index: int, shape: MaskShape) -> tuple[MaskShape, ...]:
        return (*self.shapes[:index], shape, *self.shapes[index + 1 :])

    def __set(self, shapes: Sequence[MaskShape]) -> None:
        self.plug.setValue("; ".join(shape.text() for shape in shapes))


def _corners(points: Points) -> Points:
    if len(points) != _BOX:
        return points
    (x0, y0), (x1, y1) = points
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _ofAllKeys(shape: MaskShape, change: Callable[[Points], Points]) -> MaskShape:
    return replace(shape, keys={frame: change(points) for frame, points in shape.keys.items()})
