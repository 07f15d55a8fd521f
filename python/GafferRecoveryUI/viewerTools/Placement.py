import math
from collections.abc import Iterator, Sequence

import Gaffer
import imath

import GafferRecovery
from GafferRecovery.images.manualPlacement import CORNERS
from GafferRecoveryUI.viewerTools import homography, keyframes
from GafferRecoveryUI.viewerTools.homography import Matrix, Point

_PLUGS = ("manual", "transform", "corners", "frameOffset")
_LEAST_SCALE = 0.01


class Placement:
    """How an `Align` node places the reference by hand at a frame: read in a context, and changed as handles are moved.

    Points are pixels of the source, as Gaffer counts them. What is changed applies to the frame alone, by keys; where
    `manual` is on for all frames and a plug has no keys, to all frames. The order is that of
    `manualPlacement.moved`: `transform` first, then the corners of the source's data window are pulled.
    """

    def __init__(self, align: GafferRecovery.Align, context: Gaffer.Context) -> None:
        """Raises Gaffer.ProcessException where the source cannot be read."""
        self.align, self.__context = align, Gaffer.Context(context)
        transform = align["transform"]
        with self.__context:
            window = align["source"].dataWindow()
            self.pixelAspect = align["source"].format().getPixelAspect()
            self.byHand = align["manual"].getValue()
            # Where it is not placed by hand, these mean nothing: then the handles begin where the picture lies.
            self.__had = [(plug, plug.getValue() if self.byHand else plug.defaultValue()) for plug in self.__placed()]
            self.__pivot = transform["pivot"].getValue()
            self.__transform = transform.matrix() if self.byHand else imath.M33f()
        values = [value for _, value in self.__had]
        self.__translate, self.__rotate, self.__scale = imath.V2f(*values[:2]), values[2], imath.V2f(*values[3:5])
        self.__displacements = list(zip(values[5:13:2], values[6:13:2], strict=True))
        self.__frameOffset = values[13]
        left, bottom, right, top = *window.min(), *window.max()
        self.window: list[Point] = [(left, bottom), (right, bottom), (right, top), (left, top)]
        moved = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(self.window, self.__displacements, strict=True)]
        self.__pulled = homography.between(self.window, moved)
        if transform.isSetToDefault() and not keyframes.isAnimated(transform):
            self.__pivot = imath.V2f(*self.__middle())
        self.__keyed = not self.byHand or keyframes.isAnimated(align["manual"])
        self.__begun = False

    def isEmpty(self) -> bool:
        """Whether there is no picture to place."""
        (left, bottom), _, (right, top), _ = self.window
        return right <= left or top <= bottom or self.__pulled is None

    def editable(self) -> bool:
        """Whether no plug is locked or connected to another node."""
        return keyframes.editable(self.align[name] for name in _PLUGS)

    def corners(self) -> list[Point]:
        """Where the corners of the picture lie: lower left, lower right, upper right, upper left."""
        return [self.__seen(self.__turned(point)) for point in self.window]

    def centre(self) -> Point:
        """Where the middle of the picture lies."""
        return self.__seen(self.__turned(self.__middle()))

    def moveBy(self, start: Point, end: Point) -> None:
        """Moves the picture so that what was at one point comes to another."""
        (x0, y0), (x1, y1) = self.__unpulled(start), self.__unpulled(end)
        self.__begin()
        self.__setVector("translate", (self.__translate.x + x1 - x0, self.__translate.y + y1 - y0))

    def nudge(self, right: float, up: float) -> None:
        """Moves the picture by so many pixels."""
        self.__begin()
        self.__setVector("translate", (self.__translate.x + right, self.__translate.y + up))

    def turnBy(self, start: Point, end: Point) -> None:
        """Turns the picture around its middle, as from one point to another."""
        angles = [self.__angle(point) for point in (start, end)]
        turn = math.degrees(angles[1] - angles[0])
        turn -= 360 * round(turn / 360)
        self.__begin()
        self.__setAroundMiddle(self.__rotate + turn, (self.__scale.x, self.__scale.y))

    def scaleBy(self, start: Point, end: Point, axis: int | None = None) -> None:
        """Makes the picture larger or smaller around its middle: both ways alike, or 0 across, or 1 up and down."""
        factors = [1.0, 1.0]
        (x0, y0), (x1, y1) = (self.__unturned(point) for point in (start, end))
        if axis is None:
            factor = math.hypot(x1, y1) / max(1e-6, math.hypot(x0, y0))
            factors = [factor, factor]
        else:
            factors[axis] = (y1 / y0 if abs(y0) > 1e-6 else 1.0) if axis else (x1 / x0 if abs(x0) > 1e-6 else 1.0)
        self.__begin()
        across, up = (max(_LEAST_SCALE, had * by) for had, by in zip(self.__scale, factors, strict=True))
        self.__setAroundMiddle(self.__rotate, (across, up))

    def pullCorner(self, index: int, start: Point, end: Point) -> None:
        """Moves a corner of the picture as from one point to another, and leaves the other three where they are.

        What would fold the picture is not done.
        """
        corners = self.corners()
        x, y = corners[index]
        corners[index] = (x + end[0] - start[0], y + end[1] - start[1])
        displacements = self.__displacementsFor(corners)
        if displacements is None:
            return
        self.__begin()
        for name, (dx, dy) in zip(CORNERS, displacements, strict=True):
            for axis, value in (("x", dx), ("y", dy)):
                self.__set(self.align["corners"][name][axis], value)

    def showOtherFrame(self, step: int) -> None:
        """Shows a later frame of the reference, or an earlier one."""
        self.__begin()
        self.__set(self.align["frameOffset"], self.__frameOffset + step)

    def setByHand(self, byHand: bool) -> None:
        """Places this frame by hand, as it was when it was so before, or as the alignment has it. Others stay."""
        wasPlaced = any(keyframes.hasKey(plug, self.__context.getTime()) for plug in self.__placed())
        if byHand and not wasPlaced:
            self.__begin()
        else:
            self.__switch(byHand)

    def reset(self) -> None:
        """Places this frame by hand where the alignment has it."""
        self.__begin()
        for name, default in (("translate", 0.0), ("scale", 1.0)):
            self.__setVector(name, (default, default))
        self.__set(self.align["transform"]["rotate"], 0.0)
        self.__set(self.align["frameOffset"], 0)
        for name in CORNERS:
            for axis in "xy":
                self.__set(self.align["corners"][name][axis], 0.0)

    def __begin(self) -> None:
        """Turns the placement by hand on for this frame, where it is off, and keeps what it has there by keys."""
        if self.__begun:
            return
        self.__begun = True
        transform = self.align["transform"]
        if transform.isSetToDefault() and not keyframes.isAnimated(transform):
            # It means nothing at other frames either.
            transform["pivot"].setValue(self.__pivot)
        if self.__keyed:
            for plug, value in self.__had:
                self.__set(plug, value)
        self.__switch(True)

    def __switch(self, byHand: bool) -> None:
        frame, rate = round(self.__context.getFrame()), self.__context.getFramesPerSecond()
        if byHand != self.byHand:
            keyframes.setOnlyAt(self.align["manual"], byHand, frame, rate, self.byHand)

    def __placed(self) -> Iterator[Gaffer.ValuePlug]:
        """The plugs that are changed at a frame: all get keys, so that what one frame has does not apply to others."""
        transform = self.align["transform"]
        for plug in (transform["translate"], transform["rotate"], transform["scale"], self.align["corners"]):
            yield from keyframes.leaves(plug)
        yield self.align["frameOffset"]

    def __set(self, plug: Gaffer.ValuePlug, value: float) -> None:
        keyframes.setAt(plug, value, self.__context.getTime(), self.__keyed)

    def __setVector(self, name: str, value: Sequence[float]) -> None:
        for axis, number in zip("xy", value, strict=True):
            self.__set(self.align["transform"][name][axis], number)

    def __setAroundMiddle(self, rotate: float, scale: Point) -> None:
        """Turns and scales the picture, and leaves its middle where it is."""
        x, y = self.__middle()
        px, py = self.__pivot
        turned, stretched = math.radians(rotate), ((x - px) * scale[0], (y - py) * scale[1])
        moved = (
            stretched[0] * math.cos(turned) - stretched[1] * math.sin(turned),
            stretched[0] * math.sin(turned) + stretched[1] * math.cos(turned),
        )
        wanted = self.__turned((x, y))
        self.__set(self.align["transform"]["rotate"], rotate)
        self.__setVector("scale", scale)
        self.__setVector("translate", (wanted[0] - px - moved[0], wanted[1] - py - moved[1]))

    def __displacementsFor(self, corners: list[Point]) -> list[Point] | None:
        """How far the corners of the window are pulled where those of the picture lie there; None for a folded one."""
        pulled = homography.between([self.__turned(point) for point in self.window], corners)
        if pulled is None:
            return None
        ends = [end for point in self.window if (end := homography.applied(pulled, point)) is not None]
        if len(ends) < len(self.window) or not homography.isConvex(ends):
            return None
        return [(end[0] - x, end[1] - y) for (x, y), end in zip(self.window, ends, strict=True)]

    def __middle(self) -> Point:
        (left, bottom), _, (right, top), _ = self.window
        return (left + right) / 2, (bottom + top) / 2

    def __turned(self, point: Point) -> Point:
        """Where `transform` brings a point."""
        moved = imath.V2f(*point) * self.__transform
        return moved.x, moved.y

    def __unturned(self, point: Point) -> Point:
        """How far a point of the screen lies from the middle, across and up as the picture is turned."""
        x, y = self.__unpulled(point)
        cx, cy = self.__turned(self.__middle())
        angle = math.radians(-self.__rotate)
        dx, dy = x - cx, y - cy
        return dx * math.cos(angle) - dy * math.sin(angle), dx * math.sin(angle) + dy * math.cos(angle)

    def __angle(self, point: Point) -> float:
        x, y = self.__unpulled(point)
        cx, cy = self.__turned(self.__middle())
        return math.atan2(y - cy, x - cx)

    def __seen(self, point: Point) -> Point:
        """Where the pull of the corners brings a point."""
        return homography.applied(self.__matrix(), point) or point

    def __unpulled(self, point: Point) -> Point:
        return homography.applied(homography.inverted(self.__matrix()), point) or point

    def __matrix(self) -> Matrix:
        return self.__pulled or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
