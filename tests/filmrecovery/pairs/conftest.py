"""Two small elements to make pairs of."""

import numpy as np
import pytest

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


@pytest.fixture
def elements(tmp_path):
    """A source of frames 1 to 4 and a reference of frames 1 to 3."""
    random = np.random.default_rng(0)
    elements = []
    for name, frames in (("source", (1, 2, 3, 4)), ("reference", (1, 2, 3))):
        element = Element(str(tmp_path / name / f"{name}.####.exr"), frames, "srgb_tx")
        for frame in frames:
            write_frame(element.path(frame), frame_from_rgb(random.uniform(0.4, 0.6, (12, 16, 3))), "float")
        elements.append(element)
    return tuple(elements)
