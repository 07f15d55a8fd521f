"""The elements that a report shows, read into one colour space and one framing."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from filmrecovery.base.errors import ElementError
from filmrecovery.film.elements.element import Element, check_on_disk, find_element
from filmrecovery.film.frames.frame_encoding import DOUBT_CHANNEL
from filmrecovery.film.frames.read_frame import read_frame
from filmrecovery.picture import colour
from filmrecovery.picture.arrays import Channel, Picture
from filmrecovery.reference.curation.shared_crop import area_at
from filmrecovery.report.report_settings import ReportSettings
from filmrecovery.validation.validation_figures import Validation


@dataclass(frozen=True)
class ReportElements:
    """What is shown side by side, of one framing and one size; the reference is aligned to the source already.

    Source and recovery have the frames that were validated. Reference and baseline may have some of them only. A
    baseline is frames, or a grade of the source in the working space.
    """

    source: Element
    recovery: Element
    reference: Element | None = None
    baseline: Element | Callable[[Picture], Picture] | None = None

    def files(self) -> Iterator[tuple[str, Element]]:
        """Those that are frames on disk, by name, in the order in which they are shown."""
        for name in ("source", "reference", "baseline", "recovery"):
            element = getattr(self, name)
            if isinstance(element, Element):
                yield name, element


def find_elements(settings: ReportSettings, validation: Validation) -> ReportElements:
    """The elements of a validation, where they were validated or where the settings say that they are now.

    Raises SettingsError for a bad pattern, ElementError where frames that were validated are missing.
    """
    baseline = validation.baseline and _now(validation.baseline, settings.baseline)
    reference = find_element(settings.reference, space=settings.reference_space) if settings.reference else None
    return ReportElements(
        _now(validation.source, settings.source), _now(validation.recovered, settings.recovered), reference, baseline
    )


def _now(validated: Element, pattern: str | None) -> Element:
    element = dataclasses.replace(validated, pattern=pattern or validated.pattern)
    check_on_disk(element)
    return element


@dataclass(frozen=True)
class FramePictures:
    """One frame of every element that has it: (height, width, 3) float32 in the working space, by name."""

    pictures: dict[str, Picture]
    aspect: float
    """Width of a pixel over its height."""
    doubt: Channel | None
    """How far the recovery says that it is to be doubted, (height, width)."""


def read_pictures(elements: ReportElements, frame: int, working_space: str, crop: str | None) -> FramePictures:
    """Reads a frame of the elements; `crop` is the part that was validated (see `area_at`).

    Raises ElementError for frames that are missing, damaged or of another size than the source's, and SettingsError for
    an unknown space.
    """
    pictures: dict[str, Picture] = {}
    aspect, doubt, part = 1.0, None, _part(crop, frame)
    for name, element in elements.files():
        if frame not in element.frames:
            continue
        path = element.path(frame)
        read = read_frame(path)
        rgb = np.ascontiguousarray(read.rgb[part])
        if name == "source":
            aspect = read.spec.get_float_attribute("PixelAspectRatio", 1.0)
        if name == "recovery":
            whole_doubt = read.channel(DOUBT_CHANNEL)
            doubt = None if whole_doubt is None else whole_doubt[part]
        if pictures and rgb.shape != pictures["source"].shape:
            height, width, _ = pictures["source"].shape
            raise ElementError(
                f"{path}: {rgb.shape[1]}x{rgb.shape[0]} pixels; expected {width}x{height} as in the source: give a "
                "reference that is aligned, and frames that were recovered from this source"
            )
        pictures[name] = colour.converter(element.space, working_space)(rgb)
    if callable(elements.baseline):
        pictures["baseline"] = elements.baseline(pictures["source"])
    order = [name for name in ("source", "reference", "baseline", "recovery") if name in pictures]
    return FramePictures({name: pictures[name] for name in order}, aspect, doubt)


def _part(crop: str | None, frame: int) -> tuple[slice, slice]:
    """Rows and columns of the part of a frame, or of all."""
    left, top, right, bottom = area_at(crop, frame) if crop else (None,) * 4
    return slice(top, bottom), slice(left, right)
