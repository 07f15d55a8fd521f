"""The stage that finds the shared crop: what both elements show of the picture, and nothing that is not picture."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from filmrecovery.base.errors import ElementError
from filmrecovery.base.progress import progress
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.scope import Scope, name_of_shot
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.film.frames.read_frame import read_header
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channel, Channels, Codes, Mask, Matrix
from filmrecovery.picture.luma import luma
from filmrecovery.picture.warp import warp
from filmrecovery.reference.alignment.alignment_file import FrameAlignment
from filmrecovery.reference.curation.borders import NAMES, find_borders, picture_area
from filmrecovery.reference.curation.overlays import FoundOverlay, find_overlays
from filmrecovery.reference.curation.shared_crop import (
    SIDES,
    VERSION,
    CropSettings,
    Loss,
    Overlay,
    SharedCrop,
    ShotCrop,
    read_crop,
    write_crop,
)

_LENGTH = 640
_BORDER_FRAMES = 24
_OVERLAY_FRAMES = 12
# Lines around letters that their shadow and blur take.
_OVERLAY_MARGIN = 3
_LEAST_AREA = 0.5
# The least share of the picture that the reference shows in all frames of a shot; it may pan.
_LEAST_SHOWN = 0.25
# In pixels of the pictures that edges are found in: shots that differ by less have one crop.
_ALIKE = 2
_ENDS = "the reference ends there"
# What takes less of a side's length has no part in what the side loses.
_LEAST_SHARE = 0.02


def current_crop(
    path: Path,
    settings: CropSettings,
    source: Element,
    reference: Element | None = None,
    alignments: Sequence[FrameAlignment] | None = None,
    within: SharedCrop | None = None,
    shots: Sequence[Scope] = (),
) -> SharedCrop:
    """`find_crop`, kept in a file: found again only where an argument or a file changed. Raises OutputError."""
    further = [*([within] if within else []), *([shots] if shots else [])]
    line = made_from("crop", VERSION, settings, source, reference, alignments, *further)
    return kept_or_made(
        path, line, read_crop, lambda: find_crop(settings, source, reference, alignments, within, shots), write_crop
    )


def find_crop(
    settings: CropSettings,
    source: Element,
    reference: Element | None = None,
    alignments: Iterable[FrameAlignment] | None = None,
    within: SharedCrop | None = None,
    shots: Sequence[Scope] = (),
) -> SharedCrop:
    """The largest rectangle of the source in which both elements show picture and nothing else, in every aligned frame.

    Left out are: black borders with their soft edges and weave, rounded corners, perforations, the sound track and
    neighbouring frames, of either element; what the reference, as aligned, does not show; subtitles and logos that
    one of the elements has. Borders are looked for in some frames, spread over the elements; what the reference shows
    is looked up for every frame that is aligned and not flagged. Without `alignments`, frames of one number are taken
    to lie over each other as they are. Edges are found to about a pixel of a picture of 640 pixels, on the safe side.

    Where the reference shows more of one of the `shots` than of another, each shot has a rectangle of its own. What is
    not picture is looked for in the elements as a whole.

    Sides that the settings name are taken from there. `within` is the crop of another reference of the same source:
    what is found lies within it too.

    Raises ElementError for frames that are missing or damaged, for elements of two sizes without alignments, where no
    frame is aligned, and for a rectangle of less than half of what the reference shows, or where it shows less than a
    quarter of the picture; SettingsError for an unknown space.
    """
    colour.check_display_referred(settings.working_space)
    view = _View(source, settings.working_space)
    reasons = {f"{name} of the source": view.borders & flag > 0 for flag, name in NAMES.items()}
    overlays: list[Overlay] = []
    by_shot: dict[str, dict[str, Mask]] = {"": {}}
    if reference is not None:
        placed = _placed(source, reference, alignments)
        other = _View(reference.with_frames(number for _, number, _ in placed), settings.working_space)
        by_shot = _reference_reasons(view, other, placed, shots)
        overlays = _overlays(view, other, placed)
        if settings.overlays:
            for overlay in overlays:
                name = f"{overlay.kind} of the {overlay.element}"
                reasons[name] = view.marked(overlay) | reasons.get(name, np.False_)

    def cropped(own: dict[str, Mask], first: int) -> SharedCrop:
        masks = {reason: mask for reason, mask in (reasons | own).items() if mask.any()}
        crop = _crop(settings, view, masks, tuple(overlays))
        return crop.within(within.at(first)) if within else crop

    crops = [
        (shot, crop, _shown(by_shot[shot.name]))
        for shot in shots
        if shot.name in by_shot and (crop := cropped(by_shot[shot.name], shot.first))
    ]
    if _differ([crop for _, crop, _ in crops], view):
        for shot, crop, shown in crops:
            _check_area(crop, shown, f" of {shot}")
        return _of_shots([(shot, crop) for shot, crop, _ in crops])
    everywhere = _everywhere(by_shot.values())
    crop = cropped(everywhere, source.frames[0])
    _check_area(crop, _shown(everywhere), "")
    return crop


def _everywhere(by_shot: Iterable[dict[str, Mask]]) -> dict[str, Mask]:
    """What is not picture in the reference, in any of the shots."""
    masks: dict[str, Mask] = {}
    for of_shot in by_shot:
        masks |= {name: mask | masks.get(name, np.False_) for name, mask in of_shot.items()}
    return masks


def _shown(masks: dict[str, Mask]) -> float:
    """The share of the picture that the reference shows in all frames."""
    if _ENDS not in masks:
        return 1.0
    left, top, right, bottom = picture_area(masks[_ENDS])
    return (right - left) * (bottom - top) / masks[_ENDS].size


def _differ(crops: Sequence[SharedCrop], view: "_View") -> bool:
    """Whether crops differ by more than an error of finding them may be."""
    if not crops:
        return False
    edges = np.array([[crop.x0, crop.y0, crop.x1, crop.y1] for crop in crops])
    return bool((np.ptp(edges, axis=0) * np.tile(np.diag(view.scale)[:2], 2) > _ALIKE).any())


def _of_shots(shot_crops: Sequence[tuple[Scope, SharedCrop]]) -> SharedCrop:
    crops = [crop for _, crop in shot_crops]
    return dataclasses.replace(
        crops[0],
        x0=min(crop.x0 for crop in crops),
        y0=min(crop.y0 for crop in crops),
        x1=max(crop.x1 for crop in crops),
        y1=max(crop.y1 for crop in crops),
        losses=(),
        shots=tuple(
            ShotCrop(shot.name, shot.first, shot.last, crop.x0, crop.y0, crop.x1, crop.y1, crop.losses)
            for shot, crop in shot_crops
        ),
    )


class _View:
    """An element in pictures of a size that is quick to work with: luma, and what of them is border."""

    def __init__(self, element: Element, working_space: str) -> None:
        header = read_header(element.path(element.frames[0]))
        self.element, self.working_space = element, working_space
        self.size = (header.width, header.height)
        self.length = min(_LENGTH, max(self.size))
        self._luma: dict[int, Channel] = {}
        pictures = self.read(evenly_spread(element.frames, _BORDER_FRAMES))
        self.shape = pictures.shape[1:]
        self.borders = find_borders(pictures)
        # From pixels of the files to pixels of the pictures.
        self.scale = np.diag([self.shape[1] / self.size[0], self.shape[0] / self.size[1], 1.0])

    def read(self, frames: Iterable[int]) -> Channels:
        """Luma (frames, height, width) of some frames, in the order of their numbers."""
        wanted = sorted(set(frames))
        # A few of the frames are looked at twice, for borders and for overlays.
        if unread := [frame for frame in wanted if frame not in self._luma]:
            pictures = read_thumbnails(self.element.with_frames(unread), self.working_space, self.length)
            self._luma |= {frame: luma(picture) for frame, picture in zip(unread, pictures, strict=True)}
        return np.stack([self._luma[frame] for frame in wanted])

    def marked(self, overlay: Overlay) -> Mask:
        """Where an overlay lies."""
        mask = np.zeros(self.shape, bool)
        scale_x, scale_y = self.scale[0, 0], self.scale[1, 1]
        x0, y0 = int(overlay.x0 * scale_x) - _OVERLAY_MARGIN, int(overlay.y0 * scale_y) - _OVERLAY_MARGIN
        x1, y1 = int(overlay.x1 * scale_x) + _OVERLAY_MARGIN, int(overlay.y1 * scale_y) + _OVERLAY_MARGIN
        mask[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = True
        return mask


_Placed = list[tuple[int, int, Matrix]]


def _placed(source: Element, reference: Element, alignments: Iterable[FrameAlignment] | None) -> _Placed:
    """Frames of source and reference that belong together, with the matrix from the one to the other."""
    if alignments is not None:
        placed = [(found.source, found.reference, found.matrix) for found in alignments if not found.flagged]
        if not placed:
            raise ElementError(
                f"{reference.pattern}: every frame's alignment is flagged as doubtful, so it is not known what part of "
                "the source it shows; align it by hand, or leave the reference out"
            )
        return placed
    sizes = [read_header(element.path(element.frames[0])) for element in (source, reference)]
    if (sizes[0].width, sizes[0].height) != (sizes[1].width, sizes[1].height):
        raise ElementError(
            f"{reference.pattern}: {sizes[1].width}x{sizes[1].height} pixels, and {source.pattern} has "
            f"{sizes[0].width}x{sizes[0].height}; align the reference first and give the alignment"
        )
    common = sorted(set(source.frames) & set(reference.frames))
    if not common:
        raise ElementError(
            f"{source.pattern} and {reference.pattern} have no frame number in common; match and align them first"
        )
    return [(number, number, np.eye(3)) for number in common]


def _reference_reasons(
    view: _View, other: _View, placed: _Placed, shots: Sequence[Scope]
) -> dict[str, dict[str, Mask]]:
    """For each shot, by its name, and for everything that is not picture in the reference, where it lies over the
    source in any frame. What lies in no shot has the name ""."""
    height, width = view.shape
    rows, columns = np.mgrid[:height, :width] + 0.5
    flags: dict[str, Codes] = {}
    outside: dict[str, Mask] = {}
    for frame, _, matrix in progress(placed, len(placed), "What the reference shows"):
        (a, b, c), (d, e, f), (g, h, i) = other.scale @ matrix @ np.linalg.inv(view.scale)
        depth = g * columns + h * rows + i
        x = np.floor((a * columns + b * rows + c) / depth).astype(int)
        y = np.floor((d * columns + e * rows + f) / depth).astype(int)
        inside = (x >= 0) & (x < other.shape[1]) & (y >= 0) & (y < other.shape[0]) & (depth > 0)
        shot = name_of_shot(shots, frame)
        outside[shot] = ~inside | outside.get(shot, np.False_)
        flags.setdefault(shot, np.zeros(view.shape, np.uint8))[inside] |= other.borders[y[inside], x[inside]]
    by_shot = {}
    for shot, own in flags.items():
        masks = {f"{name} of the reference": own & flag > 0 for flag, name in NAMES.items()} | {_ENDS: outside[shot]}
        # The edge lies somewhere between the pixels that were looked up.
        by_shot[shot] = {name: ndimage.binary_dilation(mask, np.ones((3, 3))) for name, mask in masks.items()}
    return by_shot


def _overlays(view: _View, other: _View, placed: _Placed) -> list[Overlay]:
    """Subtitles and logos of either element, in pixels of the source."""
    chosen = sorted(evenly_spread(placed, _OVERLAY_FRAMES), key=lambda one: one[0])
    ours = view.read(number for number, _, _ in chosen)
    numbers = sorted({number for _, number, _ in chosen})
    # Borders would be taken for a difference of the elements.
    ours = np.where(view.borders > 0, np.nan, ours)
    theirs = dict(zip(numbers, np.where(other.borders > 0, np.nan, other.read(numbers)), strict=True))
    matrices = {frame: other.scale @ matrix @ np.linalg.inv(view.scale) for frame, _, matrix in chosen}
    warped = np.stack(
        [warp(theirs[number][..., np.newaxis], matrices[frame], *view.shape)[..., 0] for frame, number, _ in chosen]
    )
    overlays: list[tuple[str, FoundOverlay]] = []
    for element, pictures, others in (("source", ours, warped), ("reference", warped, ours)):
        for overlay in find_overlays(pictures, others):
            # Letters have outlines, which look like letters of the other element.
            rivals = [rival for rival in overlays if _overlap(rival[1], overlay)]
            if all(rival[1].strength < overlay.strength for rival in rivals):
                overlays = [other for other in overlays if other not in rivals] + [(element, overlay)]
    edges = np.array([[overlay.x0, overlay.y0, overlay.x1, overlay.y1] for _, overlay in overlays]).reshape(-1, 4)
    edges = np.rint(edges / np.tile(np.diag(view.scale)[:2], 2)).astype(int).tolist()
    return [Overlay(element, overlay.kind, *box) for (element, overlay), box in zip(overlays, edges, strict=True)]


def _overlap(one: FoundOverlay, other: FoundOverlay) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _crop(settings: CropSettings, view: _View, masks: dict[str, Mask], overlays: tuple[Overlay, ...]) -> SharedCrop:
    """The crop of what no mask marks, the sides of the settings put in."""
    everything = np.logical_or.reduce([np.zeros(view.shape, bool), *masks.values()])
    left, top, right, bottom = picture_area(everything)
    width, height = view.size
    scale_x, scale_y = view.scale[0, 0], view.scale[1, 1]
    edges = {
        "left": int(np.ceil(left / scale_x)),
        "top": int(np.ceil(top / scale_y)),
        "right": width - int(right / scale_x),
        "bottom": height - int(bottom / scale_y),
    }
    # Turned so that the side in question is the left one: what lies beside the rectangle, from the picture's edge on.
    beside = {
        "left": lambda mask: mask[top:bottom, :left],
        "top": lambda mask: mask[:top, left:right].T,
        "right": lambda mask: mask[top:bottom, : right - 1 if right else None : -1],
        "bottom": lambda mask: mask[: bottom - 1 if bottom else None : -1, left:right].T,
    }
    losses = []
    for side in SIDES:
        scale = scale_x if side in ("left", "right") else scale_y
        reason = _reason({name: beside[side](mask) for name, mask in masks.items()}, scale) or ", ".join(masks)
        wanted = getattr(settings, side)
        if wanted is not None:
            edges[side], reason = wanted, "as set"
        if edges[side]:
            losses.append(Loss(side, edges[side], reason))

    return SharedCrop(
        edges["left"],
        edges["top"],
        width - edges["right"],
        height - edges["bottom"],
        width,
        height,
        tuple(losses),
        overlays,
    )


def _reason(strips: dict[str, Mask], scale: float) -> str:
    """What lies beside the rectangle, and how far it reaches into the picture; what reaches farthest comes first."""
    reaches = {}
    for name, strip in strips.items():
        lines = np.flatnonzero(strip.any(axis=0))
        if len(lines) and (strip.mean() > _LEAST_SHARE or lines[-1] == strip.shape[1] - 1):
            reaches[name] = round((lines[-1] + 1) / scale)
    deepest = sorted(reaches, key=lambda name: -reaches[name])
    return ", ".join(f"{name} (to {reaches[name]})" for name in deepest)


def _check_area(crop: SharedCrop, shown: float, where: str) -> None:
    """`shown` is the share of the picture that the reference shows."""
    width, height = max(crop.x1 - crop.x0, 0), max(crop.y1 - crop.y0, 0)
    share = width * height / (crop.width * crop.height)
    if shown >= _LEAST_SHOWN and share >= _LEAST_AREA * shown:
        return
    lost = "; ".join(f"{loss.side} {loss.pixels} pixels, {loss.reason}" for loss in crop.losses)
    much = "half of it" if shown == 1 else f"half of the {100 * shown:.0f} % that the reference shows"
    if shown < _LEAST_SHOWN:
        much = f"the {100 * _LEAST_SHOWN:.0f} % that a training needs"
    raise ElementError(
        f"the shared crop{where} would leave {100 * share:.0f} % of the picture, less than {much} ({lost}); give "
        "the wrong sides (left, top, right, bottom) by hand, or keep subtitles and logos (overlays off)"
    )
