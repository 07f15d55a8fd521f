"""What a frame shows: its display window, for formats that have no other."""

import numpy as np

from filmrecovery.film.frames.frame import Frame
from filmrecovery.picture.arrays import Picture


def display_picture(frame: Frame) -> Picture:
    """RGB, (height, width, 3), of the display window, black where there is none."""
    spec = frame.spec
    picture = np.zeros((spec.full_height, spec.full_width, 3), np.float32)
    left, top = spec.x - spec.full_x, spec.y - spec.full_y
    into = picture[max(top, 0) : max(top + spec.height, 0), max(left, 0) : max(left + spec.width, 0)]
    into[...] = frame.rgb[max(-top, 0) :, max(-left, 0) :][: into.shape[0], : into.shape[1]]
    return picture
