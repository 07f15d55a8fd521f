"""Parts of the source that are drawn in the Viewer: the crop of a `SharedCrop` node, and the region of an `Align` node.

An area is left, bottom, right and top in pixels of the source, as Gaffer counts them. The nodes count from the top.
"""

from abc import ABC, abstractmethod
from pathlib import Path

import Gaffer

import GafferRecovery
from filmrecovery.base.errors import RecoveryError
from filmrecovery.reference.curation.shared_crop import SIDES, Overlay, SharedCrop, read_crop
from GafferRecovery.plugs import pathPlugs

Area = tuple[float, float, float, float]
_LEAST = 16
"""Pixels that are left of the picture at least."""


class DrawnArea(ABC):
    """A part of the picture that a node tells, read in the current context.

    `whole` is the area of the picture. Raises Gaffer.ProcessException where the source cannot be read.
    """

    node: Gaffer.Node

    def __init__(self, node: Gaffer.Node) -> None:
        self.node = node
        window = node["source"].dataWindow()
        self.pixelAspect: float = node["source"].format().getPixelAspect()
        self.whole: Area = (window.min().x, window.min().y, window.max().x, window.max().y)

    @abstractmethod
    def area(self) -> Area:
        """The area as it is set now."""

    @abstractmethod
    def plugs(self) -> list[Gaffer.ValuePlug]:
        """The plugs that `set` sets."""

    @abstractmethod
    def set(self, area: Area) -> None:
        """Sets the area by hand."""

    @abstractmethod
    def clear(self) -> None:
        """Leaves the area to the node."""

    @abstractmethod
    def message(self) -> str:
        """What is set, in words."""

    def overlays(self) -> list[tuple[str, Area]]:
        """Subtitles and logos that were found, each with its name."""
        return []

    def lost(self, area: Area) -> dict[str, int]:
        """How many lines an area leaves out at each side."""
        left, bottom, right, top = self.whole
        return dict(
            zip(
                SIDES,
                (round(area[0] - left), round(top - area[3]), round(right - area[2]), round(area[1] - bottom)),
                strict=True,
            )
        )

    def kept(self, lost: dict[str, int]) -> Area:
        """The area that is left without so many lines at each side."""
        left, bottom, right, top = self.whole
        return left + lost["left"], bottom + lost["bottom"], right - lost["right"], top - lost["top"]

    def limited(self, area: Area) -> Area:
        """An area within the picture, in whole pixels, of a size that is of use."""
        left, bottom, right, top = self.whole
        x0 = min(max(round(area[0]), left), right - _LEAST)
        y0 = min(max(round(area[1]), bottom), top - _LEAST)
        return x0, y0, max(min(round(area[2]), right), x0 + _LEAST), max(min(round(area[3]), top), y0 + _LEAST)


class CropArea(DrawnArea):
    """What a `SharedCrop` node leaves of the picture: by hand where its sides are set, else as it was found."""

    def __init__(self, node: GafferRecovery.SharedCrop) -> None:
        DrawnArea.__init__(self, node)
        self.__found = _found(Path(pathPlugs.text(node["fileName"])), self.whole)
        self.__set = {side: value for side in SIDES if (value := node[side].getValue()) >= 0}

    def area(self) -> Area:
        return self.kept((_lostBy(self.__found) if self.__found else dict.fromkeys(SIDES, 0)) | self.__set)

    def plugs(self) -> list[Gaffer.ValuePlug]:
        return [self.node[side] for side in SIDES]

    def set(self, area: Area) -> None:
        before = self.lost(self.area())
        for side, pixels in self.lost(area).items():
            if pixels != before[side]:
                self.node[side].setValue(pixels)

    def clear(self) -> None:
        for plug in self.plugs():
            plug.setToDefault()

    def message(self) -> str:
        lost = self.lost(self.area())
        sides = ", ".join(f"{side} {lost[side]}{'' if side in self.__set else ' (as found)'}" for side in SIDES)
        if self.__found is None and not self.__set:
            return f"{self.node.getName()} has found no crop yet"
        isNew = self.__found is None or self.kept(_lostBy(self.__found)) != self.area()
        return f"{self.node.getName()} leaves out {sides}{'. Dispatch it, to use this' if isNew else ''}"

    def overlays(self) -> list[tuple[str, Area]]:
        left, _, _, top = self.whole
        return [
            (f"{overlay.kind} of the {overlay.element}", _areaOf(overlay, left, top))
            for overlay in (self.__found.overlays if self.__found else ())
        ]


class RegionArea(DrawnArea):
    """The part of the source that an `Align` node compares: without subtitles or damage that would mislead it."""

    def __init__(self, node: GafferRecovery.Align) -> None:
        DrawnArea.__init__(self, node)
        self.__region = node["region"].getValue()

    def area(self) -> Area:
        try:
            x0, y0, x1, y1 = (int(part) for part in self.__region.split(","))
        except ValueError:
            return self.whole
        left, _, _, top = self.whole
        return left + x0, top - y1, left + x1, top - y0

    def plugs(self) -> list[Gaffer.ValuePlug]:
        return [self.node["region"]]

    def set(self, area: Area) -> None:
        left, _, _, top = self.whole
        x0, y0, x1, y1 = area[0] - left, top - area[3], area[2] - left, top - area[1]
        self.node["region"].setValue("" if area == self.whole else f"{x0:.0f},{y0:.0f},{x1:.0f},{y1:.0f}")

    def clear(self) -> None:
        self.node["region"].setToDefault()

    def message(self) -> str:
        if not self.__region:
            return f"{self.node.getName()} compares the whole picture"
        return f"{self.node.getName()} compares {self.__region}. Dispatch it, to use this"


def _found(path: Path, whole: Area) -> SharedCrop | None:
    """The crop in a file; None where there is none, it cannot be read, or it is of a picture of another size.

    What is wrong with the file, the table of the node tells.
    """
    try:
        crop = read_crop(path).at(round(Gaffer.Context.current().getFrame())) if path.is_file() else None
    except RecoveryError:
        return None
    size = whole[2] - whole[0], whole[3] - whole[1]
    return crop if crop is not None and (crop.width, crop.height) == size else None


def _lostBy(crop: SharedCrop) -> dict[str, int]:
    return {"left": crop.x0, "top": crop.y0, "right": crop.width - crop.x1, "bottom": crop.height - crop.y1}


def _areaOf(overlay: Overlay, left: float, top: float) -> Area:
    return left + overlay.x0, top - overlay.y1, left + overlay.x1, top - overlay.y0
