"""The stage: where the shots of an element begin and end, as they are found or as a list says."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from filmrecovery.film.elements.element import Element, refuse_overwriting
from filmrecovery.film.elements.scope import VERSION, Scope, read_scopes, write_scopes
from filmrecovery.film.elements.thumbnails import read_thumbnails
from filmrecovery.film.products.freshness import kept_or_made, made_from
from filmrecovery.picture.arrays import Channel, Codes
from filmrecovery.picture.luma import luma
from filmrecovery.reference.curation.shot_list import read_shots
from filmrecovery.reference.curation.shot_settings import ShotSettings
from filmrecovery.reference.matching.framing import detail

LIST_VERSION = 1
"""Counted up when `current_list` makes something else of the same list."""

_THUMBNAIL_LENGTH = 128
_RADIUS = 6.0
# The detector's frame rate only names its frames: nothing here is in seconds.
_RATE = 24.0
# Frames on either side of a cut that are compared, so that a flash of two or three frames is none.
_LOOK = 4
# How many of the last pictures are kept, since the detector finds a cut some frames after it.
_KEPT = 16
_SAME_SHOT = 0.45


def current_shots(path: Path, settings: ShotSettings, element: Element) -> tuple[Scope, ...]:
    """`find_shots`, kept in a file of scopes: found again only where settings or files changed. Raises OutputError."""
    line = made_from("shots", VERSION, settings, element)
    return kept_or_made(path, line, read_scopes, lambda: find_shots(settings, element), write_scopes)


def current_list(path: Path, listed: Path, source: Element) -> tuple[Scope, ...]:
    """The shots of a file (see `read_shots`), kept as scopes in another, for what reads no timelines.

    Raises what `read_shots` raises, and OutputError.
    """
    refuse_overwriting([path], [listed])
    line = made_from("shot list", LIST_VERSION, None, listed, source.frames)
    return kept_or_made(path, line, read_scopes, lambda: read_shots(listed, source), write_scopes)


def find_shots(settings: ShotSettings, element: Element) -> tuple[Scope, ...]:
    """The shots of an element, named shot_010, shot_020 and so on; together they hold every frame.

    PySceneDetect's adaptive detector looks at the detail of luma alone, of even contrast, so that fade, flicker and
    colour have no say, and a cut is believed where the frames before and after it are not alike: flashes and damaged
    frames are no cuts. Dissolves are not found.

    Raises SettingsError for an unknown space and ElementError for frames that are missing or damaged.
    """
    detector = AdaptiveDetector(adaptive_threshold=2.0, min_scene_len=1, min_content_val=6.0, luma_only=True)
    # The pictures of all frames of a feature would fill the memory.
    last_pictures: dict[int, Channel] = {}
    cuts: list[int] = []
    waiting: list[int] = []
    last = len(element.frames) - 1
    for index, rgb in enumerate(read_thumbnails(element, settings.working_space, _THUMBNAIL_LENGTH)):
        picture = detail(luma(rgb), _RADIUS)
        last_pictures[index] = picture
        last_pictures.pop(index - _KEPT, None)
        found = detector.process_frame(FrameTimecode(index, fps=_RATE), _as_video(picture))
        waiting += [cut.frame_num for cut in found]
        seen = [cut for cut in waiting if index in (last, cut + _LOOK - 1)]
        cuts += [cut for cut in seen if not _goes_on(last_pictures, cut)]
        waiting = [cut for cut in waiting if cut not in seen]

    starts = [0]
    for cut in cuts:
        if min(cut - starts[-1], last + 1 - cut) >= settings.minimum_length:
            starts.append(cut)
    ends = [start - 1 for start in starts[1:]] + [last]
    return tuple(
        Scope(f"shot_{10 * number:03d}", "shot", element.frames[start], element.frames[end])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    )


def _as_video(picture: Channel) -> Codes:
    """A grey 8-bit picture of detail, smoothed so that what moves a little is still alike."""
    even = cv2.GaussianBlur(picture, (0, 0), 1.5) * np.sqrt(picture.size)
    grey = np.clip(128 + 60 * even, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def _goes_on(pictures: Mapping[int, Channel], cut: int) -> bool:
    """Whether some frame shortly before a cut is like one shortly after it, wherever a camera moved it."""
    before = [pictures[index] for index in range(max(cut - _LOOK, 0), cut)]
    after = [pictures[index] for index in range(cut, cut + _LOOK) if index in pictures]
    return max(_likeness(earlier, later) for earlier in before for later in after) > _SAME_SHOT


def _likeness(one: Channel, other: Channel) -> float:
    """The best correlation over shifts of up to an eighth of the frame."""
    height, width = (side // 8 for side in one.shape)
    part = one[height:-height, width:-width]
    return float(cv2.matchTemplate(other, part, cv2.TM_CCORR_NORMED).max())
