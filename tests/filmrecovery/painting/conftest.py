"""Frames that are given out for painting."""

import numpy as np
import pytest
from painted_frames import SETTINGS, grey

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame
from filmrecovery.painting.export_for_painting import export_for_painting
from filmrecovery.picture.colour import converter


@pytest.fixture
def film(tmp_path):
    """Frames 1 and 24 in linear AP0, some values above 1, with a data window in a larger display window."""
    to_file = converter("srgb_tx", "lin_ap0")
    for number in (1, 24):
        rgb = np.repeat(grey(number)[..., np.newaxis], 3, axis=-1) * np.array([1.02, 0.98, 1.0], np.float32)
        rgb[:4, :8] = 1.2
        frame = frame_from_rgb(to_file(rgb))
        frame.spec.x, frame.spec.y, frame.spec.full_width, frame.spec.full_height = 4, 2, 170, 100
        frame.spec.attribute("PixelAspectRatio", 1.25)
        write_frame(tmp_path / f"scan.{number:04d}.exr", frame, "float")
    return Element(str(tmp_path / "scan.####.exr"), (1, 24), "lin_ap0")


@pytest.fixture
def given(film, tmp_path):
    export_for_painting(SETTINGS, film, tmp_path / "given")
    return tmp_path / "given"
