"""The demo shot: an astronaut drifts past a launch pad at dusk while the camera moves in.

Two photographs that lie inside the scikit-image wheel are composed at run time, so nothing is downloaded and nothing is
shipped: NASA's portrait of Eileen Collins (`skimage.data.astronaut`, no known copyright restrictions, public domain)
and SpaceX's launch pad of DSCOVR (`skimage.data.rocket`, released into the public domain).
"""

import functools
import math

import numpy as np
from scipy import ndimage, sparse
from skimage import data, draw

from filmrecovery.picture.arrays import Picture

DEMO_SPACE = "srgb_tx"
"""OCIO colour space of the shot, and of what is simulated from it."""

# Her silhouette in pixels (x, y) of the 512 x 512 portrait, drawn by hand from the left sleeve round to the helmet.
_OUTLINE = (
    # left sleeve and shoulder
    (36, 512), (33, 503), (27, 480), (24, 450), (22, 428), (24, 404), (25, 370), (27, 340), (33, 319), (40, 300),
    (45, 280), (56, 263), (70, 243), (94, 225), (110, 209), (115, 205),
    # rim of the collar
    (114, 188), (120, 186), (125, 180), (128, 170), (137, 160), (150, 152), (160, 149), (176, 148), (183, 150),
    # jaw and hair
    (182, 134), (178, 130), (173, 122), (163, 111), (157, 102), (155, 88), (154, 74), (157, 60), (168, 47), (185, 38),
    (191, 32), (202, 24), (218, 18), (232, 16), (252, 19), (270, 28), (282, 37), (289, 47), (294, 57), (298, 67),
    (301, 82), (299, 98), (292, 115), (281, 126), (276, 135), (266, 139), (262, 152), (258, 165), (256, 176),
    # rim of the collar, right shoulder and sleeve
    (271, 184), (286, 199), (298, 218), (305, 236), (323, 248), (340, 263), (348, 285), (355, 308), (360, 336),
    (363, 349),
    # helmet
    (375, 346), (398, 343), (420, 345), (435, 349), (450, 357), (465, 370), (478, 385), (487, 401), (493, 418),
    (496, 437), (497, 451), (504, 457), (508, 472), (510, 512),
)  # fmt: skip


def demo_frame(number: int, width: int = 960, height: int = 540) -> Picture:
    """Frame `number` of the demo shot, (height, width, 3) float32 in 0..1, display-referred Rec.709.

    The moves are slow oscillations, so every frame number gives a picture and 48 frames on end show one smooth move.
    Made for pictures of about 16:9.
    """
    phase = 2 * math.pi * number / 128
    zoom = width / 560 * (1.03 - 0.03 * math.cos(phase))
    pad = resample(_launch_pad(), width, height, (322 + 28 * math.cos(phase), 258 + 6 * math.sin(phase)), zoom)

    size = height / 512 * (1.08 - 0.05 * math.cos(phase))
    position = (358 - 48 * math.cos(phase), 245 - 4 * math.sin(3 * phase))
    astronaut = resample(_astronaut(), width, height, position, size)
    colour, cover = astronaut[..., :3], np.clip(astronaut[..., 3:], 0, 1)
    return np.clip(colour + (1 - cover) * pad, 0, 1)


@functools.lru_cache(maxsize=1)
def _launch_pad() -> Picture:
    """The background, opened up by one stop in linear light so that the dusk holds colour."""
    picture = data.rocket().astype(np.float32) / 255
    light = 2 * picture**2.4
    return (light / (1 + light * 0.5)) ** (1 / 2.4)


@functools.lru_cache(maxsize=1)
def _astronaut() -> Picture:
    """The cut-out astronaut, (512, 512, 4): colour premultiplied by the cover, and the cover."""
    picture = data.astronaut().astype(np.float32) / 255
    columns, rows = np.array(_OUTLINE, dtype=float).T
    oversampling = 4
    fine = draw.polygon2mask((512 * oversampling,) * 2, np.stack([rows, columns], axis=1) * oversampling)
    inside = fine.reshape(512, oversampling, 512, oversampling).mean(axis=(1, 3))
    cover = ndimage.gaussian_filter(inside, 0.9, mode="nearest").astype(np.float32)

    # The studio wall shines through the outermost two pixels: they take the colour of the nearest pixel within.
    core = ndimage.binary_erosion(inside > 0.5, iterations=2, border_value=1)
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    colour = picture[tuple(nearest)]
    return np.concatenate([colour * cover[..., None], cover[..., None]], axis=-1)


def resample(picture: Picture, width: int, height: int, centre: tuple[float, float], scale: float) -> Picture:
    """The picture `scale` times as large with its point `centre` (x, y) in the middle of a width x height frame."""
    rows = _resampling_weights(height, picture.shape[0], centre[1], scale)
    columns = _resampling_weights(width, picture.shape[1], centre[0], scale)
    channels = picture.shape[2]
    tall = (rows @ picture.reshape(picture.shape[0], -1)).reshape(height, -1, channels)
    wide = columns @ tall.transpose(1, 0, 2).reshape(-1, height * channels)
    return wide.reshape(width, height, channels).transpose(1, 0, 2)


def _resampling_weights(length: int, source_length: int, centre: float, scale: float) -> sparse.csr_array:
    """Weights (length, source_length) of cubic convolution (Keys, IEEE Trans. ASSP 29, 1981); empty outside."""
    at = (np.arange(length) - (length - 1) / 2) / scale + centre
    taps = np.floor(at).astype(int)[:, None] + np.arange(-1, 3)
    distance = np.abs(at[:, None] - taps)
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance < 1, near, far).astype(np.float32)
    within = (taps >= 0) & (taps < source_length)
    outputs = np.broadcast_to(np.arange(length)[:, None], taps.shape)
    return sparse.csr_array((weights[within], (outputs[within], taps[within])), shape=(length, source_length))
