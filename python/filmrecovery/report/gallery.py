"""The pictures of a report: before and after, comparisons, scopes and thumbnails, made frame by frame."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.overlap import at_once, on_all_cores
from filmrecovery.report.pictures import EncodedPicture, detail_place, jpeg, png
from filmrecovery.report.report_elements import FramePictures, ReportElements, read_pictures
from filmrecovery.report.shown_frames import ShownFrame
from filmrecovery.report.video_scopes import parade, vectorscope

# Widths in pixels and sizes in bytes: a page with five frames stays below some six megabytes.
_WIPE = 1280, 230_000
_COMPARISON = 640, 75_000
_THUMBNAIL = 240, 14_000
_DETAIL_SIDE, _DETAIL_BYTES = 420, 80_000
_SCOPED = ("source", "reference", "recovery")


@dataclass(frozen=True)
class Compared:
    """One picture of a comparison, and a detail of it pixel for pixel."""

    name: str
    picture: EncodedPicture
    detail: EncodedPicture


@dataclass(frozen=True)
class Scopes:
    """Waveform and vectorscope of one picture."""

    name: str
    parade: EncodedPicture
    vectorscope: EncodedPicture


@dataclass(frozen=True)
class View:
    """A shown frame: before and after, and, where they are wanted, a comparison of all elements and scopes."""

    shown: ShownFrame
    source: EncodedPicture
    recovery: EncodedPicture
    compared: tuple[Compared, ...]
    scopes: tuple[Scopes, ...]


@dataclass(frozen=True)
class Thumbnails:
    """Source and recovery of a frame, small."""

    source: EncodedPicture
    recovery: EncodedPicture


def views(
    elements: ReportElements, frames: Sequence[ShownFrame], working_space: str, crop: str | None
) -> Iterator[View]:
    """Yields a view of each frame; the first has scopes, it and the first that fails a comparison.

    Raises what `read_pictures` does.
    """
    failing = next((index for index, shown in enumerate(frames) if shown.fails is not None), None)

    def view(index: int) -> View:
        shown = read_pictures(elements, frames[index].frame, working_space, crop)
        return View(
            frames[index],
            jpeg(shown.pictures["source"], *_WIPE, shown.aspect),
            jpeg(shown.pictures["recovery"], *_WIPE, shown.aspect),
            tuple(_compared(shown)) if index in (0, failing) else (),
            tuple(_scopes(shown)) if index == 0 else (),
        )

    return on_all_cores(view, range(len(frames)), "Reading frames to show")


def thumbnails(
    elements: ReportElements, frames: Collection[int], working_space: str, crop: str | None
) -> list[Thumbnails]:
    """Reads the frames and makes thumbnails of each. Raises what `read_pictures` does."""
    small = ReportElements(elements.source, elements.recovery)

    def thumbnails_of(frame: int) -> Thumbnails:
        shown = read_pictures(small, frame, working_space, crop)
        return Thumbnails(*(jpeg(shown.pictures[name], *_THUMBNAIL, shown.aspect) for name in ("source", "recovery")))

    return at_once(thumbnails_of, frames)


def _compared(shown: FramePictures) -> Iterator[Compared]:
    place = detail_place(shown.pictures["recovery"], _DETAIL_SIDE)
    for name, picture in shown.pictures.items():
        detail = np.ascontiguousarray(picture[place])
        yield Compared(name, jpeg(picture, *_COMPARISON, shown.aspect), jpeg(detail, _DETAIL_SIDE, _DETAIL_BYTES))


def _scopes(shown: FramePictures) -> Iterator[Scopes]:
    for name in _SCOPED:
        if name in shown.pictures:
            picture = shown.pictures[name]
            yield Scopes(name, png(parade(picture)), png(vectorscope(picture)))
