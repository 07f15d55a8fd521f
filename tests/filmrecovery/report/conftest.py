"""The elements of a validation."""

import numpy as np
import pytest
from report_page import FRAMES, SPACE

from filmrecovery.film.elements.element import Element
from filmrecovery.film.frames.frame import frame_from_rgb
from filmrecovery.film.frames.write_frame import write_frame


@pytest.fixture(scope="module")
def elements(tmp_path_factory):
    """Flat pictures with a light square, 64x48, each element of its own colour: elements by name."""
    folder = tmp_path_factory.mktemp("elements")
    colours = {
        "source": (0.6, 0.3, 0.4),
        "reference": (0.2, 0.4, 0.6),
        "baseline": (0.4, 0.4, 0.4),
        "recovered": (0.2, 0.5, 0.6),
    }
    elements = {}
    for name, colour in colours.items():
        elements[name] = Element(str(folder / f"{name}.####.png"), tuple(FRAMES), SPACE)
        for frame in FRAMES:
            picture = np.full((48, 64, 3), colour, np.float32)
            picture[10:30, 20:40] += 0.02 * frame
            write_frame(elements[name].path(frame), frame_from_rgb(picture))
    return elements
