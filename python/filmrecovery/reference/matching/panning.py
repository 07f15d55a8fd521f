"""How the framing of a reference moves within a shot, as where a wide picture was panned and scanned.

Frames are told apart by what they show where, so that such a reference is matched as it would be without the motion.
"""

import cv2
import numpy as np

from filmrecovery.picture.arrays import Channels, Indices, Points
from filmrecovery.reference.matching.framing import (
    MOST_REFERENCES,
    find_framings,
    refined_framing,
    shared_area,
    spread_pictures,
)

_KEY_FRAMES = 16
# Parts of the key frames that must agree on the course of time: of arbitrary ones some four tenths do.
_LEAST_AGREEING = 0.6
# In sides of the reference's picture: less is weave, and more leaves too little that all frames show.
_LEAST_MOTION, _MOST_MOTION = 0.02, 0.5
# How far a key frame may stand off both its neighbours.
_FARTHEST_OFF = 0.06


def find_pan(source: Channels, reference: Channels) -> Points | None:
    """Where the framing of each frame of a reference lies, (frames, 2), x and y in pixels from a place that stays.

    Both are luma thumbnails (frames, height, width). None where the framing moves no farther than weave does, or where
    it cannot be told.
    """
    ours, theirs = spread_pictures(source, _KEY_FRAMES), spread_pictures(reference, MOST_REFERENCES)
    keys, others = source[ours].astype(np.float32), reference[theirs].astype(np.float32)
    found = find_framings(keys, others)
    nearest = np.array([index for index, _ in found])
    chosen = _longest_rise(nearest)
    if len(chosen) < _LEAST_AGREEING * len(keys):
        return None
    shifts = np.empty((len(chosen), 2))
    for row, key in enumerate(chosen):
        index, framing = found[key]
        refined = refined_framing(framing, keys[key : key + 1], others[index : index + 1], (6.0, 3.0))
        left, top, right, bottom = shared_area(framing, keys.shape[1:], others.shape[1:])
        middle = np.array([(left + right) / 2, (top + bottom) / 2, 1.0])
        x, y, depth = refined @ middle
        shifts[row] = np.array([x, y]) / depth - np.diag(framing)[:2] * middle[:2]
    height, width = reference.shape[1:]
    frames, shifts = _steady(theirs[nearest[chosen]], shifts, max(height, width))
    pan = np.stack([np.interp(np.arange(len(reference)), frames, course) for course in shifts.T], axis=1)
    motion = np.ptp(pan, axis=0) / (width, height)
    return pan if motion.max() > _LEAST_MOTION else None


def is_too_far(reference: Channels, pan: Points) -> bool:
    """Whether a pan leaves too little that all thumbnails of the reference show to compare the frames by it."""
    height, width = reference.shape[1:]
    return bool((np.ptp(pan, axis=0) / (width, height)).max() >= _MOST_MOTION)


def steadied(reference: Channels, pan: Points) -> Channels:
    """The thumbnails of a reference less its pan: what all of them show of the picture."""
    height, width = reference.shape[1:]
    right, down = pan.max(axis=0) - pan.min(axis=0)
    size = (int(width - right), int(height - down))
    found = np.empty((len(reference), size[1], size[0]), reference.dtype)
    for index, (picture, (x, y)) in enumerate(zip(reference, pan - pan.min(axis=0), strict=True)):
        move = np.array([[1, 0, x], [0, 1, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        found[index] = cv2.warpAffine(
            picture.astype(np.float32), move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    return found


def _longest_rise(values: Indices) -> Indices:
    """The indices of the longest series of values of which none is less than the one before."""
    length, before = np.ones(len(values), int), np.full(len(values), -1)
    for index in range(len(values)):
        earlier = np.flatnonzero(values[:index] <= values[index])
        if len(earlier):
            before[index] = earlier[np.argmax(length[earlier])]
            length[index] = length[before[index]] + 1
    chain, index = [], int(np.argmax(length))
    while index >= 0:
        chain.append(index)
        index = int(before[index])
    return np.array(chain[::-1])


def _steady(frames: Indices, shifts: Points, side: int) -> tuple[Indices, Points]:
    """One shift for each frame, in order, without those that stand off both neighbours."""
    unique = np.unique(frames)
    shifts = np.stack([np.median(shifts[frames == frame], axis=0) for frame in unique])
    if len(unique) < 3:
        return unique, shifts
    padded = np.pad(shifts, ((1, 1), (0, 0)), mode="edge")
    neighbours = np.stack([padded[:-2], padded[2:]])
    off = np.abs(neighbours - shifts).max(axis=2).min(axis=0) > _FARTHEST_OFF * side
    return (unique[~off], shifts[~off]) if (~off).sum() >= 2 else (unique, shifts)
