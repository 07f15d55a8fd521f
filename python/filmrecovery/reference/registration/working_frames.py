"""The frames of elements as they are compared: in the working space, and not larger than that takes."""

from collections.abc import Iterable

import cv2
import numpy as np

from filmrecovery.base.errors import SettingsError
from filmrecovery.base.overlap import at_once
from filmrecovery.film.checks.parity import check_headers
from filmrecovery.film.elements.element import Element
from filmrecovery.film.elements.spread_frames import evenly_spread
from filmrecovery.film.frames.read_frame import read_frame, read_header
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Picture
from filmrecovery.reference.registration.align_settings import AlignSettings
from filmrecovery.reference.registration.shot_registration import (
    SAMPLES,
    ShotRegistration,
    WorkingElement,
    picture_window,
)


class WorkingFrames:
    """The frames of an element as they are compared: in the working space, reduced by `scale`."""

    def __init__(self, element: Element, frames: Iterable[int], settings: AlignSettings) -> None:
        colour.check_display_referred(settings.working_space)
        self._to_working = colour.converter(element.space, settings.working_space)
        self._element = element.with_frames(frames)
        check_headers(self._element)
        self.pattern = element.pattern
        self.size = data_size(self._element)
        self.scale = min(1.0, settings.resolution / self.size[0])
        self._kept: dict[int, Picture] = {}

    def keep(self, frames: Iterable[int]) -> None:
        """Reads some frames, few enough for the memory, that are asked for again, and keeps them in place of others."""
        wanted = set(frames)
        self._kept = dict(zip(wanted, at_once(self.read, wanted), strict=True))

    def read(self, frame: int) -> Picture:
        """One frame, (height, width, 3) float32, not to be written to."""
        if frame in self._kept:
            return self._kept[frame]
        rgb = self._to_working(read_frame(self._element.path(frame)).rgb)
        if self.scale == 1:
            return rgb
        # By the factor and not by the rounded size, so that pixels stay square.
        return np.asarray(cv2.resize(rgb, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_AREA), rgb.dtype)


def data_size(element: Element) -> tuple[int, int]:
    """Width and height of the data window of an element's frames."""
    header = read_header(element.path(element.frames[0]))
    return header.width, header.height


def working_elements(
    settings: AlignSettings, source: Element, reference: Element, frames: Iterable[tuple[int, int]]
) -> tuple[WorkingFrames, WorkingFrames]:
    """Both elements, of which the frames of these numbers may be read. Raises SettingsError and ElementError."""
    source_frames, reference_frames = zip(*frames, strict=True)
    ours = WorkingFrames(source, source_frames, settings)
    theirs = WorkingFrames(reference, reference_frames, settings)
    if settings.model == "translate":
        # A shift alone leaves pixels as large as they are.
        ours.scale = theirs.scale = min(ours.scale, theirs.scale)
    return ours, theirs


def register_shot(
    settings: AlignSettings, source: WorkingFrames, reference: WorkingFrames, pairs: list[tuple[int, int]]
) -> ShotRegistration:
    """The registration of a shot by some of its pairs of frames, spread over it.

    Raises SettingsError for a bad region, and ElementError for elements that cannot be aligned.
    """
    chosen = evenly_spread(pairs, SAMPLES)
    for index, files in enumerate((source, reference)):
        files.keep(pair[index] for pair in chosen)
    samples = [(ours, source.read(ours), reference.read(theirs)) for ours, theirs in chosen]
    pictures = [ours for _, ours, _ in samples], [theirs for _, _, theirs in samples]
    ours, theirs = (
        WorkingElement(files.pattern, files.scale, picture_window(files.pattern, seen))
        for files, seen in zip((source, reference), pictures, strict=True)
    )
    return ShotRegistration(settings.model, ours, theirs, _region(settings.region, source), samples)


def _region(text: str | None, source: WorkingFrames) -> tuple[int, int, int, int]:
    """The region in working pixels."""
    if text is None:
        text = f"0,0,{source.size[0]},{source.size[1]}"
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError as error:
        raise SettingsError(f"region '{text}': expected four numbers, left,top,right,bottom, in pixels") from error
    if not (0 <= left < right <= source.size[0] and 0 <= top < bottom <= source.size[1]):
        raise SettingsError(
            f"region '{text}': expected left < right and top < bottom, within the source's "
            f"{source.size[0]}x{source.size[1]} pixels"
        )
    left, top, right, bottom = (round(source.scale * side) for side in (left, top, right, bottom))
    return left, top, right, bottom
