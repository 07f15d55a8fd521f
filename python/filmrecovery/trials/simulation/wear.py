"""Dirt and scratches."""

import numpy as np

from filmrecovery.picture.arrays import Channel, Picture

# Emulsion scratches cut colour print film from the top: first the magenta layer, then cyan, last yellow. So they show
# green, then yellow, then white (Read and Meyer, Restoration of Motion Picture Film, 2000).
_LAYER_FROM_TOP = np.array([1, 0, 2], dtype=np.float32)

_SCRATCHES = 5
_SPECKS = 12
_FIBRES = 1.5


def dirt(height: int, width: int, frame_width: float, amount: float, random: np.random.Generator) -> Channel:
    """Share of each pixel that dirt covers, (height, width) float32 in 0..1, in one frame.

    `amount` is wear from 0 to 1, `frame_width` the width of the film frame in mm. Specks of 20 to 60 micrometres and
    fibres of half a millimetre and more lie anywhere; their number is Poisson distributed.
    """
    cover = np.zeros((height, width), dtype=np.float32)
    pixel = frame_width / width
    for _ in range(random.poisson(_SPECKS * amount)):
        _lay(cover, length=random.uniform(0, 0.05) / pixel, radius=random.uniform(0.01, 0.03) / pixel, random=random)
    for _ in range(random.poisson(_FIBRES * amount)):
        _lay(cover, length=random.uniform(0.4, 1.2) / pixel, radius=random.uniform(0.004, 0.008) / pixel, random=random)
    return cover


def _lay(cover: Channel, length: float, radius: float, random: np.random.Generator) -> None:
    """Lays one curled thread of `length` and `radius` pixels anywhere onto `cover`; a speck is a short, thick one."""
    height, width = cover.shape
    steps = max(int(length), 3)
    heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, 0.25, steps))
    path = np.stack([np.sin(heading), np.cos(heading)], axis=1).cumsum(axis=0) * (length / steps)
    path += random.uniform((0, 0), (height, width))

    top, left = np.maximum(np.floor(path.min(axis=0) - radius - 1), 0).astype(int)
    bottom, right = np.minimum(np.ceil(path.max(axis=0) + radius + 2), (height, width)).astype(int)
    rows, columns = np.mgrid[top:bottom, left:right]
    if rows.size == 0:
        return
    distance = np.hypot(rows[..., None] - path[:, 0], columns[..., None] - path[:, 1]).min(axis=-1)
    # A thread thinner than a pixel covers only a share of it.
    thread = np.clip(radius + 0.5 - distance, 0, 1) * min(1.0, 2 * radius)
    window = cover[top:bottom, left:right]
    np.maximum(window, thread, out=window)


def scratch_losses(
    height: int, width: int, frame_width: float, amount: float, number: int, random: np.random.Generator
) -> Picture:
    """Share of cyan, magenta and yellow that running scratches have cut away, (height, width, 3) float32 in 0..1.

    `amount` is wear from 0 to 1. The scratches run along the whole film: give the same `random` for every frame, and
    they go on from the bottom of frame `number` at the top of the next, wandering a little, coming and going.
    """
    depth = np.zeros((height, width), dtype=np.float32)
    pixel = frame_width / width
    rows = np.arange(height)
    film = number + rows / height
    for _ in range(round(_SCRATCHES * amount)):
        place, wander, half_width = random.uniform(0, width), random.uniform(0.02, 0.1) / pixel, 0.008 / pixel
        period, pause = random.uniform(20, 80), random.uniform(5, 30)
        phases = random.uniform(0, 2 * np.pi, 2)
        deepest = random.uniform(0.4, 1)
        centre = place + wander * np.sin(2 * np.pi * film / period + phases[0])
        profile = deepest * np.clip(0.4 + np.sin(2 * np.pi * film / pause + phases[1]), 0, 1)
        columns = np.floor(centre).astype(int)[:, None] + np.arange(-2, 4)
        strength = np.clip(half_width + 0.5 - np.abs(columns - centre[:, None]), 0, 1) * profile[:, None]
        within = (columns >= 0) & (columns < width)
        at = np.broadcast_to(rows[:, None], columns.shape)[within], columns[within]
        depth[at] = np.maximum(depth[at], strength[within])
    return np.clip(3 * depth[..., None] - _LAYER_FROM_TOP, 0, 1)
