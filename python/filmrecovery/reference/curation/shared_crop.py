"""The shared crop: the rectangle of the source that both elements show, and why the rest is left out.

Imports the standard library alone, so that Gaffer's own interpreter can read the crop.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from filmrecovery.base.declared_settings import setting
from filmrecovery.base.errors import ElementError, FileError
from filmrecovery.base.limits import HIGHEST_FRAME, LARGEST_SIDE
from filmrecovery.base.records import parse_record, read_record, write_record

VERSION = 2
SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class CropSettings:
    """What is left out of the picture, and corrections by the user."""

    left: int | None = setting(
        None, "lines to leave out at the left (default: as found)", minimum=0, maximum=LARGEST_SIDE
    )
    top: int | None = setting(
        None, "lines to leave out at the top (default: as found)", minimum=0, maximum=LARGEST_SIDE
    )
    right: int | None = setting(
        None, "lines to leave out at the right (default: as found)", minimum=0, maximum=LARGEST_SIDE
    )
    bottom: int | None = setting(
        None, "lines to leave out at the bottom (default: as found)", minimum=0, maximum=LARGEST_SIDE
    )
    overlays: bool = setting(True, "leave out subtitles and logos too; if off, they are only reported")
    working_space: str = setting("srgb_tx", "display-referred Rec.709 OCIO colour space to look at them in")


@dataclass(frozen=True)
class Loss:
    """What a side of the source's picture loses, and to what."""

    side: str = setting(dataclasses.MISSING, "side of the picture", choices=SIDES)
    pixels: int = setting(dataclasses.MISSING, "how many lines are left out", minimum=0, maximum=LARGEST_SIDE)
    reason: str = setting(dataclasses.MISSING, "why they are")


@dataclass(frozen=True)
class Overlay:
    """A subtitle or a logo, burnt into one of the elements, in pixels of the source."""

    element: str = setting(dataclasses.MISSING, "the element that has it", choices=("source", "reference"))
    kind: str = setting(dataclasses.MISSING, "what it seems to be", choices=("subtitles", "logo"))
    x0: int = setting(dataclasses.MISSING, "its left edge", minimum=0, maximum=LARGEST_SIDE)
    y0: int = setting(dataclasses.MISSING, "its upper edge", minimum=0, maximum=LARGEST_SIDE)
    x1: int = setting(dataclasses.MISSING, "its right edge", minimum=0, maximum=LARGEST_SIDE)
    y1: int = setting(dataclasses.MISSING, "its lower edge", minimum=0, maximum=LARGEST_SIDE)


@dataclass(frozen=True)
class ShotCrop:
    """The rectangle of one shot, as `SharedCrop` has it."""

    shot: str = setting(dataclasses.MISSING, "name of the shot")
    first: int = setting(dataclasses.MISSING, "its first frame", minimum=0, maximum=HIGHEST_FRAME)
    last: int = setting(dataclasses.MISSING, "its last frame", minimum=0, maximum=HIGHEST_FRAME)
    x0: int = setting(dataclasses.MISSING, "left edge", minimum=0, maximum=LARGEST_SIDE)
    y0: int = setting(dataclasses.MISSING, "upper edge", minimum=0, maximum=LARGEST_SIDE)
    x1: int = setting(dataclasses.MISSING, "right edge", minimum=1, maximum=LARGEST_SIDE)
    y1: int = setting(dataclasses.MISSING, "lower edge", minimum=1, maximum=LARGEST_SIDE)
    losses: tuple[Loss, ...] = setting((), "what each side loses")


@dataclass(frozen=True)
class SharedCrop:
    """The rectangle x0 <= x < x1, y0 <= y < y1 in pixels of the source, from the upper left corner of its data window.

    The same rectangle is cut from the source and from the reference as it is warped onto the source, in training and
    in inference. `width` and `height` are the source's. Where the reference frames the shots of the source in several
    ways, `shots` have a rectangle each; the other one is then that of all other frames, and holds all of theirs.
    """

    x0: int = setting(dataclasses.MISSING, "left edge", minimum=0, maximum=LARGEST_SIDE)
    y0: int = setting(dataclasses.MISSING, "upper edge", minimum=0, maximum=LARGEST_SIDE)
    x1: int = setting(dataclasses.MISSING, "right edge", minimum=1, maximum=LARGEST_SIDE)
    y1: int = setting(dataclasses.MISSING, "lower edge", minimum=1, maximum=LARGEST_SIDE)
    width: int = setting(dataclasses.MISSING, "width of the source in pixels", minimum=1, maximum=LARGEST_SIDE)
    height: int = setting(dataclasses.MISSING, "height of the source in pixels", minimum=1, maximum=LARGEST_SIDE)
    losses: tuple[Loss, ...] = setting((), "what each side loses")
    overlays: tuple[Overlay, ...] = setting((), "subtitles and logos that were found")
    shots: tuple[ShotCrop, ...] = setting((), "the rectangles of shots, where these differ")

    @property
    def area(self) -> str:
        """The rectangle as "left,top,right,bottom"; of several shots as `area_at` reads it."""
        return "; ".join([*(f"{shot.first}-{shot.last}: {_edges(shot)}" for shot in self.shots), _edges(self)])

    def at(self, frame: int) -> "SharedCrop":
        """The crop of a frame, which is one rectangle."""
        for shot in self.shots:
            if shot.first <= frame <= shot.last:
                edges = {edge: getattr(shot, edge) for edge in ("x0", "y0", "x1", "y1")}
                return dataclasses.replace(self, **edges, losses=shot.losses, shots=())
        return dataclasses.replace(self, shots=())

    def within(self, other: "SharedCrop") -> "SharedCrop":
        """What both rectangles have in common, of one source and one shot: that of several references.

        Raises ElementError for crops of sources of two sizes. The rectangle may be empty.
        """
        if (self.width, self.height) != (other.width, other.height):
            raise ElementError(
                f"the crop of another reference was found in {other.width}x{other.height} pixels, and this source has "
                f"{self.width}x{self.height}; find it again"
            )
        losses = []
        for side in SIDES:
            found = [loss for crop in (self, other) for loss in crop.losses if loss.side == side]
            losses += sorted(found, key=lambda loss: loss.pixels)[-1:]
        return dataclasses.replace(
            self,
            x0=max(self.x0, other.x0),
            y0=max(self.y0, other.y0),
            x1=min(self.x1, other.x1),
            y1=min(self.y1, other.y1),
            losses=tuple(losses),
            overlays=tuple(dict.fromkeys((*self.overlays, *other.overlays))),
        )

    def __str__(self) -> str:
        if self.shots:
            by_shot = [f"{shot.shot} (frames {shot.first}-{shot.last}): {self.at(shot.first)}" for shot in self.shots]
            others = dataclasses.replace(self, shots=(), losses=())
            return "\n  ".join(["by shot", *by_shot, f"other frames: {others}"])
        # By what the sides lose, which reads the same from the top, as in files, and from the bottom, as in Gaffer.
        lost = {"left": self.x0, "top": self.y0, "right": self.width - self.x1, "bottom": self.height - self.y1}
        sides = " and ".join(
            ", ".join(f"{pixels} at the {side}" for side, pixels in lost.items() if pixels).rsplit(", ", 1)
        )
        whole = f"{self.width}x{self.height} pixels"
        size = f"{self.x1 - self.x0}x{self.y1 - self.y0}"
        lines = [f"{size} of {whole}: without {sides}" if sides else f"all of the {whole}"]
        lines += [f"{loss.side}: {loss.pixels} pixels less, {loss.reason}" for loss in self.losses]
        return "\n  ".join(lines)


def part_inside(crop: SharedCrop | None, frame: int, path: Path, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a frame's picture, which is in the file `path`, that remain; all of them without a crop.

    Raises ElementError where the picture is not of the size that the crop was found in.
    """
    if crop is None:
        return slice(None), slice(None)
    if (width, height) != (crop.width, crop.height):
        raise ElementError(
            f"{path}: {width}x{height} pixels, and the crop was found in {crop.width}x{crop.height}; find it again"
        )
    own = crop.at(frame)
    return slice(own.y0, own.y1), slice(own.x0, own.x1)


def _edges(crop: SharedCrop | ShotCrop) -> str:
    return f"{crop.x0},{crop.y0},{crop.x1},{crop.y1}"


def area_at(area: str, frame: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a frame, of what `SharedCrop.area` says."""
    *shots, edges = area.split("; ")
    for shot in shots:
        frames, _, own = shot.partition(": ")
        first, last = map(int, frames.split("-"))
        if first <= frame <= last:
            edges = own
            break
    left, top, right, bottom = map(int, edges.split(","))
    return left, top, right, bottom


def write_crop(path: Path, crop: SharedCrop, made_from: str | None = None) -> None:
    """Writes a crop as JSON. Raises OutputError."""
    write_record(path, VERSION, dataclasses.asdict(crop), made_from)


def read_crop(path: Path) -> SharedCrop:
    """Reads what `write_crop` wrote.

    Raises FileError for a file that is missing, damaged or something else, and for a rectangle that is empty or
    lies outside of the source.
    """
    remedy = "correct it, or remove it and find the crop again"
    content = read_record(path, "a crop", VERSION, remedy)
    crop = parse_record(SharedCrop, content, str(path), remedy)
    for one, where in ((crop, ""), *((shot, f" of {shot.shot}") for shot in crop.shots)):
        if not (one.x0 < one.x1 <= crop.width and one.y0 < one.y1 <= crop.height):
            raise FileError(f"{path}: the rectangle{where} is empty or lies outside of the source; {remedy}")
    return crop
