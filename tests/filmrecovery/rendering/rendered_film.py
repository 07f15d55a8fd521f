"""Frames to render, with all that a frame can have beside its colour."""

import numpy as np
import OpenImageIO

from filmrecovery.film.frames.frame import Frame
from filmrecovery.rendering.render_settings import RenderSettings

FRAMES = (1, 2, 3, 4)
SETTINGS = RenderSettings(output_space="srgb_tx", encoding="float", device="cpu")


def picture(seed):
    """Values as of a scan, some of them outside 0..1."""
    return np.random.default_rng(seed).uniform(-0.2, 1.3, (50, 70, 3)).astype(np.float32)


def plate(rgb, display=(80, 60)):
    """A frame with alpha, an infrared channel, a data window inside a larger display window, and metadata."""
    height, width, _ = rgb.shape
    spec = OpenImageIO.ImageSpec(width, height, 5, OpenImageIO.FLOAT)
    spec.x, spec.y, spec.full_width, spec.full_height = 3, 2, *display
    spec.attribute("FilmTitle", "Mission")
    others = np.full((height, width, 2), (1.0, 0.25), np.float32)
    return Frame(np.concatenate([rgb, others], axis=-1), ("R", "G", "B", "A", "IR"), spec)
