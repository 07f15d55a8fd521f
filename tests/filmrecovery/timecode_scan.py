"""Scans whose headers count a timecode."""

import numpy as np
import OpenImageIO

from filmrecovery.film.elements.element import find_element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


def scan(folder, numbers, rate=(24, 1), first="01:00:00:00", suffix="exr", missing=()):
    """Files whose first has a timecode, counted on by whole frames of 24 or 25 a second."""
    hours, minutes, seconds, frames = map(int, first.split(":"))
    whole = round(rate[0] / rate[1])
    for index, number in enumerate(numbers):
        frame = frame_from_rgb(np.full((4, 6, 3), 0.5, np.float32))
        count = frames + index
        digits = f"{hours:02}{minutes:02}{seconds + count // whole:02}{count % whole:02}"
        if number not in missing:
            packed = int(digits, 16)
            frame.spec.attribute("smpte:TimeCode", OpenImageIO.TypeDesc("timecode"), (packed, 0))
        frame.spec.attribute("FramesPerSecond", OpenImageIO.TypeDesc("rational"), rate)
        write_frame(folder / f"print.{number:04}.{suffix}", frame)
    return find_element(str(folder / f"print.####.{suffix}"))
