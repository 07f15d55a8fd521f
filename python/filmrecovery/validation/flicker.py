"""Flicker: colour that jumps from frame to frame and back, which an unstable model shows.

The mean colours of the fields of a frame are compared with those of the frames before and after it. What moves or fades
evenly cancels; grain is averaged away.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from filmrecovery.picture.arrays import Picture, Values
from filmrecovery.picture.luma import chroma, luma
from filmrecovery.picture.resize import area_averaged

_COLUMNS, _ROWS = 16, 9
# A frame whose neighbours differ by more than this, and by more than so many times the usual, lies at a cut or a flash.
_CUT, _CUT_TIMES = 0.015, 5.0
# Fields in which something turns up or passes say nothing of the model.
_TRUSTED = 0.9

Fields = Values
"""Mean Y', Cb and Cr, (9, 16, 3), of the fields of a frame."""


def mean_fields(picture: Picture) -> Fields:
    """The mean colours of the fields of a picture (height, width, 3), display-referred."""
    # Means of R'G'B' are taken first: luma and chroma are linear in them.
    means = area_averaged(picture.astype(np.float32), _COLUMNS, _ROWS)
    return np.concatenate([luma(means)[..., None], chroma(means)], axis=-1).astype(np.float64)


def comparable_frames(source: Mapping[int, Fields]) -> list[int]:
    """Frames of the source whose neighbours are there too, all three of one shot and without a flash."""
    changes = {
        frame: float(np.sqrt(np.mean(np.square(source[frame + 1] - source[frame]))))
        for frame in source
        if frame + 1 in source
    }
    if not changes:
        return []
    largest = max(_CUT, _CUT_TIMES * float(np.median(list(changes.values()))))
    return [frame for frame in changes if frame - 1 in changes and max(changes[frame - 1], changes[frame]) <= largest]


def flicker(fields: Mapping[int, Fields], frames: Iterable[int]) -> dict[int, float]:
    """The flicker of frames by themselves, as a share of white and of the chroma range.

    It is the root mean square of what a frame's fields differ by from the mean of both its neighbours', over the nine
    tenths of the fields in which that is least.
    """
    return {frame: _size(jump) for frame, jump in _jumps(fields, frames).items()}


def added_flicker(
    fields: Mapping[int, Fields], source: Mapping[int, Fields], frames: Iterable[int]
) -> dict[int, float]:
    """The flicker of frames that the source's own does not explain.

    What it explains is found over the shot: the matrix that takes jumps of the source's fields to jumps of the
    picture's, by least squares. A recovery lifts the source's own flicker as it lifts its colours, and that is not the
    model's doing.
    """
    jumps, source_jumps = (_jumps(some, frames) for some in (fields, source))
    if not jumps:
        return {}
    pictures, sources = (np.concatenate([*some.values()]).reshape(-1, 3) for some in (jumps, source_jumps))
    explained = np.linalg.lstsq(sources, pictures, rcond=None)[0]
    return {frame: _size(jump - source_jumps[frame] @ explained) for frame, jump in jumps.items()}


def _jumps(fields: Mapping[int, Fields], frames: Iterable[int]) -> dict[int, Values]:
    return {frame: fields[frame] - (fields[frame - 1] + fields[frame + 1]) / 2 for frame in frames}


def _size(jump: Values) -> float:
    sizes = np.sort(np.square(jump).sum(axis=-1), axis=None)
    return float(np.sqrt(np.mean(sizes[: max(round(_TRUSTED * sizes.size), 1)])))
